import API
import Machinery
import Sandbox

/// `exec`: runs a program in a container.
package struct Exec: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Run a program in a container.",
        usage: "swkube exec (POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...]",
        discussion: "Ends with the program's exit code.")

    @Argument(help: "A pod, or a workload whose pod is meant: web-1, deploy/web.", value: "pod")
    var word: String?

    @Argument(isHidden: true)
    var misplaced: String?

    @Argument(.behindDashes, help: "The program and its arguments.", value: "command")
    var command: [String] = []

    @Option("filename", "f", help: "File or URL that names the pod or workload.", value: "file")
    var filenames: [String] = []

    @OptionGroup var streams: ProgramOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        var word: String? = self.word
        if word == nil, filenames.isEmpty {
            throw Failure("pod, type/name or --filename must be specified")
        }
        if misplaced != nil {
            throw Failure(
                "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead\n"
                    + "See '\(CLI.program) exec -h' for help and examples")
        }
        if word != nil, !filenames.isEmpty { throw Failure("resource/name arguments cannot be provided when a path is specified") }
        guard !command.isEmpty else { throw Failure("you must specify at least one command for the container") }
        let wait: Duration = try streams.wait(Self.commandName)
        let session: Session = try connection.session(shell)
        if !filenames.isEmpty {
            let named: [Manifest] = try await ManifestReader(session: session).read(filenames, recursive: false)
            guard let first = named.first else { throw Failure("the file names no object") }
            if named.count > 1 { throw Failure("cannot exec into multiple objects at a time") }
            word = first.shown
        }
        let choice = PodChoice(session: session, wait: wait)
        let pod: View<Pod> = try await choice.pod(word ?? "")
        if pod.isFinished {
            throw Failure("cannot exec into a container in a completed pod; current phase is \(pod.status.phase)")
        }
        let name: String = try choice.container(of: pod, streams.container, isQuiet: streams.quiet)
        let hasTerminal: Bool = try TerminalWish.isGranted(streams.tty, hasInput: streams.stdin, isQuiet: streams.quiet, shell)
        let program = try await RemoteProgram(
            .init(pod: pod.key, container: name, command: command, hasInput: streams.stdin, hasTerminal: hasTerminal), session)
        try await program.interact(hasInput: streams.stdin, hasTerminal: hasTerminal, shell.output)
        try session.finish()
    }
}

/// Whether a verb that was asked for a terminal can have one.
enum TerminalWish {
    /// False, with a word of why, where standard input is none. Source: `SetupTTY` of k8s.io/kubectl/pkg/cmd/exec.
    static func isGranted(_ isWanted: Bool, hasInput: Bool, isQuiet: Bool, _ shell: Shell) throws -> Bool {
        guard isWanted else { return false }
        // Without input there are no keys, and so nothing that needs a terminal here.
        guard hasInput else { return false }
        if Terminal.isTerminal(0) { return true }
        if !isQuiet { shell.output.note("Unable to use a TTY - input is not a terminal or the right kind of file") }
        shell.output.flush()
        return false
    }
}
