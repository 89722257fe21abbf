import ArgumentParser

/// Which container of a pod is meant, and how its streams are connected: flags of `exec` and `attach`.
package struct ProgramOptions: ParsableArguments, Sendable {
    @Option(name: [.customShort("c"), .customLong("container")], help: ArgumentHelp("The container.", valueName: "name"))
    var container: String?

    @Flag(name: [.customShort("i"), .customLong("stdin")], help: "Give standard input to the program.")
    var stdin = false

    @Flag(name: [.customShort("t"), .customLong("tty")], help: "Give the program a terminal; of attach: standard input is one.")
    var tty = false

    @Flag(name: [.customShort("q"), .customLong("quiet")], help: "Show nothing but the program's own output.")
    var quiet = false

    @Option(
        name: .customLong("pod-running-timeout"), help: ArgumentHelp("How long to wait for a workload's first pod.", valueName: "duration"))
    var podRunningTimeout = Span(.seconds(60))

    package init() {}
}

/// Keys by which a user leaves a container that has a terminal: flag of `attach` and `run`.
package struct DetachOptions: ParsableArguments, Sendable {
    @Option(
        name: .customLong("detach-keys"),
        help: ArgumentHelp("Keys that leave a container with a terminal and let it run on.", valueName: "keys"))
    var detachKeys = "ctrl-p,ctrl-q"

    package init() {}

    func keys() throws -> DetachKeys { try DetachKeys(detachKeys) }
}
