package import ArgumentParser

/// A verb of the command line: its flags are its stored properties. One file each in `Verbs/`.
package protocol Verb: ParsableCommand, Sendable {
    func run(in shell: Shell) async throws
}

/// A verb that needs no network and no waiting: it runs on the main thread, and no other is started.
package protocol LocalVerb: Verb {
    /// False when the flags ask for something that needs more after all.
    var isLocal: Bool { get }
    func runLocally(in shell: Shell) throws
}

extension LocalVerb {
    package var isLocal: Bool { true }
    package func run(in shell: Shell) async throws { try runLocally(in: shell) }
}
