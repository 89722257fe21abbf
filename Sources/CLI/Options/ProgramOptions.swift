/// Which container of a pod is meant, and how its streams are connected: flags of `exec` and `attach`.
package struct ProgramOptions: FlagGroup {
    @Option("container", "c", help: "The container.", value: "name")
    var container: String?

    @Flag("stdin", "i", help: "Give standard input to the program.")
    var stdin = false

    @Flag("tty", "t", help: "Give the program a terminal; of attach: standard input is one.")
    var tty = false

    @Flag("quiet", "q", help: "Show nothing but the program's own output.")
    var quiet = false

    @Option("pod-running-timeout", help: "How long to wait for a workload's first pod.", value: "duration")
    var podRunningTimeout = Span(.seconds(60))

    package init() {}

    /// How long to wait for a pod. Throws kubectl's text for no time at all.
    func wait(_ verb: String) throws -> Duration {
        guard podRunningTimeout.duration > .zero else { throw Self.noTime(verb) }
        return podRunningTimeout.duration
    }

    static func noTime(_ verb: String) -> Failure {
        Failure("--pod-running-timeout must be higher than zero\nSee '\(CLI.program) \(verb) -h' for help and examples")
    }
}

/// Keys by which a user leaves a container that has a terminal: flag of `attach` and `run`.
package struct DetachOptions: FlagGroup {
    @Option("detach-keys", help: "Keys that leave a container with a terminal and let it run on.", value: "keys")
    var detachKeys = "ctrl-p,ctrl-q"

    package init() {}

    func keys() throws -> DetachKeys { try DetachKeys(detachKeys) }
}
