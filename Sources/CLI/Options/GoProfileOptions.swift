/// Flags by which kubectl writes profiles of itself, as the Go runtime makes them; scripts hand them on with `none`.
///
/// No verb has them: ``VerbParser`` reads them and leaves them out.
struct GoProfileOptions: FlagGroup {
    @Option("profile", help: "none: this program makes no profiles of itself.", value: "go-profile")
    var profile: GoProfile?

    @Option("profile-output", help: "Where a profile would go.", value: "file")
    var profileOutput: String?
}

/// The profile that is not made.
struct GoProfile: FlagValue {
    let flagText = "none"

    init(flag name: String) throws {
        if name == "none" { return }
        let known: Set<String> = ["cpu", "heap", "goroutine", "threadcreate", "block", "mutex", "trace"]
        guard known.contains(name) else { throw Failure("unknown profile '\(name)'") }
        throw Failure(
            "--profile=\(name) is of the Go runtime, and this program has none; measure it from outside: perf record \(CLI.program) …")
    }
}
