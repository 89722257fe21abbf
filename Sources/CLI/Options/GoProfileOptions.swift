import ArgumentParser

/// Flags by which kubectl writes profiles of itself, as the Go runtime makes them; scripts hand them on with `none`.
///
/// No verb has them: ``VerbParser`` reads them and leaves them out.
struct GoProfileOptions: ParsableArguments {
    @Option(help: ArgumentHelp("none: this program makes no profiles of itself.", valueName: "go-profile"))
    var profile = "none"

    @Option(name: .customLong("profile-output"), help: ArgumentHelp("Where a profile would go.", valueName: "file"))
    var profileOutput: String?

    static func dialect() throws -> FlagDialect { try FlagDialect(dump: _dumpHelp(), verb: "help") }

    /// Why a profile other than `none` is not made.
    static func refusal(_ name: String) -> Failure {
        let known: Set<String> = ["cpu", "heap", "goroutine", "threadcreate", "block", "mutex", "trace"]
        guard known.contains(name) else { return Failure("unknown profile '\(name)'") }
        return Failure(
            "--profile=\(name) is of the Go runtime, and this program has none; measure it from outside: perf record \(CLI.program) …")
    }
}
