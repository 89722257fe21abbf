package import ArgumentParser

/// A verb of the command line: its flags are its stored properties. One file each in `Verbs/`.
package protocol Verb: ParsableCommand, Sendable {
    func run(in shell: Shell) async throws
}

/// A verb that needs no network and no waiting: it runs on the main thread, and no other is started.
package protocol LocalVerb: Verb {
    func runLocally(in shell: Shell) throws
}

extension LocalVerb {
    package func run(in shell: Shell) async throws { try runLocally(in: shell) }
}
