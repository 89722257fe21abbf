import API
import Client
import Machinery
import Sandbox

/// `cp`: copies files and folders to and from containers, which must have `tar`.
package struct Copy: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "cp", abstract: "Copy files and folders to and from containers.",
        usage: "swkube cp <file-spec-src> <file-spec-dest> [-c CONTAINER]",
        discussion: "A file-spec is a path here, or [namespace/]pod:path. The container needs tar. Links are not made here.")

    @Argument(help: "From and to: ./page.html web-1:/srv, web-1:/var/log/x ./x.", value: "file-spec")
    var words: [String] = []

    @Option("container", "c", help: "The container.", value: "name")
    var container: String?

    @Flag("no-preserve", help: "Don't keep owners and permissions in the container.")
    var noPreserve = false

    @Option("retries", help: "How often to go on when the connection breaks while copying from a container; -1 for ever.", value: "int")
    var retries = 0

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package var doing: String? { "copying \(words.joined(separator: " to "))" }

    package func run(in shell: Shell) async throws {
        guard words.count == 2 else {
            throw Failure("source and destination are required")
        }
        let (source, target): (FileSpec, FileSpec) = (try FileSpec(words[0]), try FileSpec(words[1]))
        guard (source.pod == nil) != (target.pod == nil) else {
            throw Failure("one of src or dest must be a \(source.pod == nil ? "remote" : "local") file specification")
        }
        if source.path.isEmpty || target.path.isEmpty { throw Failure("filepath can not be empty") }
        let session: Session = try connection.session(shell)
        let remote: FileSpec = source.pod == nil ? target : source
        let choice = PodChoice(session: session, wait: .zero)
        let key = ObjectKey(namespace: remote.namespace ?? session.namespace, name: remote.pod ?? "")
        let pod = View<Pod>(try await session.send(APIRequest(.get, Pod.names.resource, namespace: key.namespace, name: key.name)))
        if pod.isFinished { throw Failure("cannot exec into a container in a completed pod; current phase is \(pod.status.phase)") }
        let tar = RemoteTar(session: session, pod: key, container: try choice.container(of: pod, container))
        if source.pod == nil {
            try await tar.send(source.path, to: target.path, preserves: !noPreserve)
        } else {
            try await tar.fetch(source.path, to: target.path, retries: retries)
        }
        try session.finish()
    }
}

/// The `tar` of a container, by which files come and go. Source: k8s.io/kubectl/pkg/cmd/cp.
struct RemoteTar: Sendable {
    let session: Session
    let pod: ObjectKey
    let container: String

    /// Copies a path of this machine into the container. Into a folder, when there is one under the target's name.
    func send(_ path: String, to target: String, preserves: Bool) async throws {
        let path: String = FileSpec.cleaned(path)
        guard LocalFile.exists(path) else { throw Failure("\(path) doesn't exist in local filesystem") }
        var target: String = FileSpec.cleaned(target)
        if await isFolder(target) { target = (target == "/" ? "" : target) + "/" + FileSpec.name(of: path) }
        let options: [String] = preserves ? ["-xmf", "-"] : ["--no-same-permissions", "--no-same-owner", "-xmf", "-"]
        let program = try await run(["tar"] + options + ["-C", FileSpec.folder(of: target)], hasInput: true)
        let pipe = try LocalPipe(threadWrites: true)
        let output: Output = session.output
        let name: String = FileSpec.name(of: target)
        async let packing: Void = pipe.inThread { try LocalTree(output: output).pack(path, as: name, to: $0) }
        let sending = Task {
            while let bytes = await pipe.read(), await program.write(bytes) {}
            // When tar ended early nobody reads any more: the packing thread is to notice.
            pipe.close()
            program.finishInput()
        }
        do {
            try await show(program)
        } catch {
            pipe.close()
            _ = try? await packing  // what tar said is the better reason
            throw error
        }
        await sending.value
        try await packing
    }

    /// Copies a path of the container here.
    func fetch(_ path: String, to target: String, retries: Int) async throws {
        let path: String = FileSpec.cleaned(path)
        let target: String = FileSpec.cleaned(target)
        let pipe = try LocalPipe(threadWrites: false)
        let output: Output = session.output
        // As tar writes names: without the slash at the front.
        let prefix = String(path.drop { $0 == "/" })
        let source: String = pod.name
        async let unpacking: Void = pipe.inThread {
            try LocalTree(output: output).unpack(from: $0, prefix: prefix, to: target, source: source)
        }
        var received = 0
        var attempt = 0
        while true {
            let command: [String] =
                received == 0 ? ["tar", "cf", "-", path] : ["sh", "-c", "tar cf - \(Self.shellQuoted(path)) | tail -c+\(received + 1)"]
            do {
                try await run(command, hasInput: false).receive { bytes, isError in
                    // As kubectl: what tar says goes with the output.
                    guard !isError else { return output.write(bytes) }
                    received += bytes.count
                    await pipe.write(bytes)
                }
                break
            } catch let failure as Failure where failure.isComplete {
                // tar itself failed: trying again would change nothing.
                pipe.close()
                _ = try? await unpacking
                throw failure
            } catch {
                guard retries < 0 || attempt < retries else {
                    pipe.close()
                    _ = try? await unpacking
                    throw error
                }
                attempt += 1
                output.note("Resuming copy at \(received) bytes, retry \(attempt)\(retries < 0 ? "" : "/\(retries)")")
            }
        }
        pipe.close()
        try await unpacking
    }

    private func isFolder(_ path: String) async -> Bool {
        do {
            try await run(["test", "-d", path], hasInput: false).receive { _, _ in }
            return true
        } catch {
            return false
        }
    }

    private func run(_ command: [String], hasInput: Bool) async throws -> RemoteProgram {
        try await RemoteProgram(.init(pod: pod, container: container, command: command, hasInput: hasInput), session)
    }

    private func show(_ program: RemoteProgram) async throws {
        try await program.receive { bytes, isError in session.output.write(bytes, to: isError ? .error : .out) }
    }

    private static func shellQuoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
}
