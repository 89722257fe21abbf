import CSandbox
import Glibc

/// The streams of a program in a container, as whoever runs or watches it has them.
package struct ProgramStreams: Sendable {
    /// Which of them are wanted. Of a terminal stdout brings all output.
    package struct Choice: Sendable, Equatable {
        package var input: Bool
        package var output: Bool
        package var error: Bool

        package init(input: Bool, output: Bool, error: Bool) {
            self.input = input
            self.output = output
            self.error = error
        }
    }

    package let input: DescriptorStream?
    package let output: DescriptorStream?
    package let error: DescriptorStream?
    /// The program that was run; nil where a container was attached to.
    package let session: ExecSession?
    private let setWindow: @Sendable (WindowSize) async -> Void

    init(
        input: DescriptorStream?, output: DescriptorStream?, error: DescriptorStream?, session: ExecSession? = nil,
        setWindow: @escaping @Sendable (WindowSize) async -> Void = { _ in }
    ) {
        self.input = input
        self.output = output
        self.error = error
        self.session = session
        self.setWindow = setWindow
    }

    /// Gives the terminal a window of this size; a program without one is not told.
    package func resize(_ size: WindowSize) async { await setWindow(size) }

    /// Lets all streams go. A program on a terminal hears SIGHUP, others find their stdin ended and their stdout broken.
    package func close() {
        input?.close()
        output?.close()
        error?.close()
    }
}

extension Sandbox {
    /// Runs a program beside those of a running container and hands over the other sides of its streams.
    ///
    /// With ``ContainerProcess/terminal`` they are one terminal in the container's own /dev/pts, which the program and its children are
    /// controlled by.
    package func exec(_ process: ContainerProcess, streams choice: ProgramStreams.Choice) async throws(SandboxError) -> ProgramStreams {
        if process.terminal != nil {
            let session: ExecSession = try await exec(process, descriptors: [])
            guard let terminal = session.takeTerminal().map({ fcntl($0.number, F_DUPFD_CLOEXEC, 3) }), terminal >= 0 else {
                throw SandboxError.system(call: "terminal", errno: errno, path: "")
            }
            let stream = DescriptorStream(terminal, reactor: reactor)
            return ProgramStreams(
                input: choice.input ? stream : nil, output: stream, error: nil, session: session, setWindow: { stream.resize($0) })
        }
        let pipes = try Pipes(choice, reactor)
        let session: ExecSession
        do throws(SandboxError) {
            session = try await exec(process, descriptors: pipes.inner.map { $0?.number ?? pipes.null.number })
        } catch {
            pipes.close()
            throw error
        }
        return ProgramStreams(input: pipes.input, output: pipes.output, error: pipes.error, session: session)
    }

    /// Joins those who see what a container writes from now on, and may type into it where it takes that.
    ///
    /// The streams end with the container. While one is not read, the container waits when its own pipe is full.
    package func attach(_ container: String, streams choice: ProgramStreams.Choice) async throws(SandboxError) -> ProgramStreams {
        let pipes = try Pipes(choice, reactor)
        let bits: Int64 = (choice.input ? 1 : 0) | (choice.output ? 2 : 0) | (choice.error ? 4 : 0)
        do throws(SandboxError) {
            _ = try await connection.request(SANDBOX_ATTACH, descriptors: pipes.inner.compactMap { $0?.number }) {
                $0.text(SANDBOX_ID, container)
                $0.number(SANDBOX_STREAMS, bits)
            }
        } catch {
            pipes.close()
            throw error
        }
        return ProgramStreams(input: pipes.input, output: pipes.output, error: pipes.error) { [self] size in
            // A container without a terminal has no window, and one that has ended needs none.
            _ = try? await connection.request(SANDBOX_RESIZE) {
                $0.text(SANDBOX_ID, container)
                $0.number(SANDBOX_ROWS, Int64(size.rows))
                $0.number(SANDBOX_COLUMNS, Int64(size.columns))
            }
        }
    }

    /// Connects to an address and port as the pod's processes would.
    ///
    /// Throws ``SandboxError/setup(stage:errno:path:)`` with the stage `connect`.
    package func connect(to address: String, port: Int) async throws(SandboxError) -> DescriptorStream {
        let answer: Message = try await connection.request(SANDBOX_CONNECT) {
            $0.text(SANDBOX_ADDRESS, address)
            $0.number(SANDBOX_PORT, Int64(port))
        }
        guard let socket = answer.descriptor.map({ fcntl($0.number, F_DUPFD_CLOEXEC, 3) }), socket >= 0 else {
            throw SandboxError.system(call: "connect", errno: errno, path: address)
        }
        let stream = DescriptorStream(socket, reactor: reactor)
        let failure: Int32 = await stream.connected()
        guard failure == 0 else {
            stream.close()
            throw SandboxError.setup(stage: "connect", errno: failure, path: address)
        }
        return stream
    }
}

/// A pipe for each stream that is wanted: the inner sides go to the program, the outer ones stay.
private struct Pipes {
    let input: DescriptorStream?
    let output: DescriptorStream?
    let error: DescriptorStream?
    /// Of stdin, stdout and stderr; nil for one that is not wanted.
    let inner: [Descriptor?]
    let null: Descriptor

    init(_ choice: ProgramStreams.Choice, _ reactor: Reactor) throws(SandboxError) {
        null = Descriptor(open("/dev/null", O_RDWR | O_CLOEXEC))
        var outer: [DescriptorStream?] = [nil, nil, nil]
        var inner: [Descriptor?] = [nil, nil, nil]
        for (index, isWanted) in [choice.input, choice.output, choice.error].enumerated() where isWanted {
            var ends: [Int32] = [-1, -1]
            let failure: Int32 = swkube_pipe(&ends)
            guard failure == 0 else {
                for stream in outer { stream?.close() }
                throw SandboxError.system(call: "pipe", errno: failure, path: "")
            }
            outer[index] = DescriptorStream(ends[index == 0 ? 1 : 0], reactor: reactor)
            inner[index] = Descriptor(ends[index == 0 ? 0 : 1])
        }
        (input, output, error) = (outer[0], outer[1], outer[2])
        self.inner = inner
    }

    func close() {
        input?.close()
        output?.close()
        error?.close()
    }
}
