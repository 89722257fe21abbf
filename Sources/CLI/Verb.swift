/// A verb of the command line: its flags are its stored properties. One file each in `Verbs/`.
package protocol Verb: FlagGroup {
    static var configuration: CommandConfiguration { get }
    /// True for a word with verbs of its own behind it.
    static var isFamily: Bool { get }
    /// The verb itself where it needs no network and no waiting with these flags.
    var local: (any LocalVerb)? { get }
    /// What it does meanwhile, for people who have waited for a second: `stopping cluster swkube`; nil for verbs that say what they do.
    var doing: String? { get }
    func run(in shell: Shell) async throws
}

extension Verb {
    package static var isFamily: Bool { false }
    package var local: (any LocalVerb)? { nil }
    package var doing: String? { nil }
    /// One word, or with its family's word before it: `create secret tls`.
    static var commandName: String { configuration.commandName }
}

/// What the help says of a verb beside its flags.
package struct CommandConfiguration: Sendable {
    package let commandName: String
    /// One sentence.
    package let abstract: String
    /// How a command line looks; empty for the verb with its flags.
    package let usage: String
    /// Made when it is asked for: some tell of lists that are long.
    private let about: @Sendable () -> String
    /// Other names that mean the same.
    package let aliases: [String]

    package init(
        commandName: String, abstract: String, usage: String = "", discussion: @autoclosure @escaping @Sendable () -> String = "",
        aliases: [String] = []
    ) {
        self.commandName = commandName
        self.abstract = abstract
        self.usage = usage
        about = discussion
        self.aliases = aliases
    }

    package var discussion: String { about() }
}

/// A verb that needs no network and no waiting: it runs on the main thread, and no other is started.
package protocol LocalVerb: Verb {
    /// False when the flags ask for something that needs more after all.
    var isLocal: Bool { get }
    func runLocally(in shell: Shell) throws
}

extension LocalVerb {
    package var isLocal: Bool { true }
    package var local: (any LocalVerb)? { isLocal ? self : nil }
    package func run(in shell: Shell) async throws { try runLocally(in: shell) }
}
