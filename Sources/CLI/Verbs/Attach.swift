import API
import Machinery

/// `attach`: sees what a container writes, and types into it.
package struct Attach: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "attach", abstract: "See what a container writes from now on, and type into it.",
        usage: "swkube attach (POD | TYPE/NAME) [-c CONTAINER] [flags]")

    @Argument(help: "A pod, or a workload whose pod is meant: web-1, deploy/web.", value: "pod")
    var words: [String] = []

    @OptionGroup var program: ProgramOptions
    @OptionGroup var detaching: DetachOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        guard !words.isEmpty else { throw Failure("at least 1 argument is required for attach") }
        guard words.count <= 2 else {
            throw Failure(
                "expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw \(words.count): [\(words.joined(separator: " "))]")
        }
        let word: String = words.joined(separator: "/")
        let wait: Duration = try program.wait(Self.commandName)
        let session: Session = try connection.session(shell)
        let choice = PodChoice(session: session, wait: wait)
        let pod: View<Pod> = try await choice.pod(word)
        if pod.isFinished { throw Failure("cannot attach a container in a completed pod; current phase is \(pod.status.phase)") }
        let name: String
        do { name = try choice.container(of: pod, program.container, isQuiet: program.quiet) } catch let failure as Failure {
            throw Failure("cannot attach to the container: \(failure)")
        }
        try await Attachment(
            session: session, pod: pod, container: name, hasInput: program.stdin, wantsTerminal: program.tty, isQuiet: program.quiet,
            detachKeys: try detaching.keys()
        ).run()
        try session.finish()
    }
}

/// Being attached to a container, which `attach`, `run` and `debug` have in common.
///
/// Source: k8s.io/kubectl/pkg/cmd/attach.
struct Attachment {
    let session: Session
    let pod: View<Pod>
    let container: String
    let hasInput: Bool
    let wantsTerminal: Bool
    let isQuiet: Bool
    /// nil for `debug`, which has none.
    var detachKeys: DetachKeys?

    /// Attaches, and shows the log of a container that ended too soon for that.
    func runOrShowLog() async throws {
        do {
            try await run()
        } catch let failure as Failure where failure.isComplete {
            throw failure
        } catch {
            if !isQuiet {
                session.output.note(
                    "warning: couldn't attach to pod/\(pod.name), falling back to streaming logs: \(Failure(error).description)")
            }
            try await showLog()
        }
    }

    /// What the container has written, and writes until its end.
    func showLog() async throws {
        var options = RequestOptions()
        options.other.append((name: "follow", value: "true"))
        try await LogReader(session: session, style: .plain, ignoresErrors: false, options: options)
            .show(ContainerLog(pod: pod.key, container: container))
    }

    func run() async throws {
        let ephemeral: View<EphemeralContainer>? = pod.spec.ephemeralContainers.first { $0.name == container }
        let hasTerminal: Bool =
            (pod.spec.containers + pod.spec.initContainers).first { $0.name == container }?.tty ?? ephemeral?.tty ?? false
        let output: Output = session.output
        if wantsTerminal, !hasTerminal, !isQuiet {
            output.note("error: Unable to use a TTY - container \(container) did not allocate one")
        }
        // A container that has a terminal has one output only, whatever was asked for.
        let isRaw: Bool = try hasTerminal && TerminalWish.isGranted(true, hasInput: hasInput, isQuiet: isQuiet, session.shell)
        if !isQuiet {
            output.note(
                "All commands and output from this session will be recorded in container logs, including credentials and sensitive "
                    + "information passed through the command prompt.")
            output.note("If you don't see a command prompt, try pressing enter.")
        }
        let program = try await RemoteProgram(
            .init(pod: pod.key, container: container, hasInput: hasInput, hasTerminal: hasTerminal), session)
        try await program.interact(hasInput: hasInput, hasTerminal: isRaw, redraws: true, detachKeys: detachKeys, output)
        if let text = farewell(isRaw: isRaw, isEphemeral: ephemeral != nil) { output.line(text) }
    }

    private func farewell(isRaw: Bool, isEphemeral: Bool) -> String? {
        guard !isQuiet, hasInput, isRaw else { return nil }
        let command = "\(CLI.program) attach \(pod.name) -c \(container) -n \(pod.namespace) -i -t"
        return isEphemeral
            ? "Session ended, the ephemeral container will not be restarted but may be reattached using '\(command)' if it is still running"
            : "Session ended, resume using '\(command)' command"
    }
}
