import CSandbox
import Glibc
import Synchronization

/// One connection to a sandbox parent: requests go out with a tag, answers come back by tag, events without one.
final class Connection: ReactorMember {
    /// Gets an answer or the connection's end; returns whether further answers of this tag follow.
    typealias Handler = @Sendable (Result<Message, SandboxError>) -> Bool

    private struct Outgoing {
        var bytes: ArraySlice<UInt8>
        var descriptors: [Int32]  // owned; they travel with the first byte
    }

    private struct State {
        var waiting: [Outgoing] = []
        var pending: [UInt32: Handler] = [:]
        var lastTag: UInt32 = 0
        var isClosed = false
        var failure = SandboxError.gone
    }

    let fd: Int32
    private let reactor: Reactor
    private let state = Mutex(State())
    private let incoming = Mutex((bytes: ArraySlice<UInt8>(), descriptors: [Descriptor]()))
    private let onEvent: @Sendable (Message) -> Void
    private let onEnd: @Sendable () -> Void

    /// Takes over `fd`, a unix socket.
    init(
        fd: Int32, reactor: Reactor, onEvent: @escaping @Sendable (Message) -> Void, onEnd: @escaping @Sendable () -> Void
    ) {
        self.fd = fd
        self.reactor = reactor
        self.onEvent = onEvent
        self.onEnd = onEnd
        _ = fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK)
        reactor.add(self)
    }

    /// Sends a request. Descriptors are copied, so the caller may close its own at once.
    func send(
        _ type: sandbox_message, descriptors: [Int32] = [], _ fill: (inout FieldWriter) -> Void, handler: @escaping Handler
    ) {
        var writer = FieldWriter()
        fill(&writer)
        guard writer.bytes.count <= Int(SANDBOX_FRAME_LIMIT) else {
            _ = handler(.failure(.setup(stage: "exec", errno: E2BIG, path: "arguments and environment")))
            return
        }
        let copies: [Int32] = descriptors.map { fcntl($0, F_DUPFD_CLOEXEC, 3) }
        let failure: SandboxError? = state.withLock { state in
            guard !state.isClosed else { return state.failure }
            state.lastTag &+= state.lastTag == .max ? 2 : 1
            state.pending[state.lastTag] = handler
            let bytes: [UInt8] = Message.bytes(type, tag: state.lastTag) { $0 = writer }
            state.waiting.append(Outgoing(bytes: bytes[...], descriptors: copies))
            if state.waiting.count == 1, push(&state) { reactor.setWriting(self, true) }
            return nil
        }
        if let failure {
            for copy in copies { Glibc.close(copy) }
            _ = handler(.failure(failure))
        }
    }

    /// Sends a request and waits for its one answer.
    func request(
        _ type: sandbox_message, descriptors: [Int32] = [], _ fill: (inout FieldWriter) -> Void = { _ in }
    ) async throws(SandboxError) -> Message {
        let result: Result<Message, SandboxError> = await withCheckedContinuation { continuation in
            send(type, descriptors: descriptors, fill) { result in
                continuation.resume(returning: result)
                return false
            }
        }
        return try result.get()
    }

    /// Writes what the kernel takes now; returns whether something is left.
    private func push(_ state: inout State) -> Bool {
        while let first = state.waiting.first {
            let sent: Int = first.bytes.withUnsafeBytes { bytes in
                swkube_send(fd, bytes.baseAddress, bytes.count, first.descriptors, Int32(first.descriptors.count))
            }
            if sent == -Int(EINTR) { continue }
            if sent < 0 { return sent == -Int(EAGAIN) }  // any other failure shows as the connection's end
            for descriptor in first.descriptors { Glibc.close(descriptor) }
            state.waiting[0].descriptors = []
            state.waiting[0].bytes = first.bytes.dropFirst(sent)
            if state.waiting[0].bytes.isEmpty { state.waiting.removeFirst() }
        }
        return false
    }

    func isReady(toRead: Bool, toWrite: Bool) {
        if toWrite { flush() }
        if toRead { receive() }
    }

    /// On the reactor's thread: the kernel takes bytes again.
    func flush() {
        state.withLock { state in
            if !state.isClosed, !push(&state) { reactor.setWriting(self, false) }
        }
    }

    /// On the reactor's thread: bytes have come, or the end.
    func receive() {
        var buffer = [UInt8](repeating: 0, count: 16384)
        var descriptors = [Int32](repeating: -1, count: 4)
        while true {
            var passed = Int32(descriptors.count)
            let count: Int = swkube_receive(fd, &buffer, buffer.count, &descriptors, &passed)
            if count == -Int(EINTR) { continue }
            if count == -Int(EAGAIN) { return }
            guard count > 0 else { return close() }
            let messages: [Message] = incoming.withLock { incoming in
                incoming.bytes.append(contentsOf: buffer[..<count])
                incoming.descriptors += descriptors[..<Int(passed)].map { Descriptor($0) }
                var messages: [Message] = []
                while var message = Message(takenFrom: &incoming.bytes) {
                    // They come in the order of the frames that they belong to.
                    if !incoming.descriptors.isEmpty, (FieldReader(message.fields).number(SANDBOX_DESCRIPTORS) ?? 0) > 0 {
                        message.descriptor = incoming.descriptors.removeFirst()
                    }
                    messages.append(message)
                }
                if incoming.bytes.isEmpty { incoming.bytes = [] }
                return messages
            }
            for message in messages { deliver(message) }
        }
    }

    private func deliver(_ message: Message) {
        if message.tag == 0 {
            // Without a tag a failure is that of the parent's own birth: it answers all that was asked.
            if message.type == SANDBOX_FAILED { return end(with: failure(in: message)) }
            return onEvent(message)
        }
        // Taken out before it runs: what it wakes may end the connection at once, and no handler may hear twice.
        guard let handler = state.withLock({ $0.pending.removeValue(forKey: message.tag) }) else { return }
        let result: Result<Message, SandboxError> =
            message.type == SANDBOX_FAILED ? .failure(failure(in: message)) : .success(message)
        guard handler(result) else { return }
        let ended: SandboxError? = state.withLock { state in
            if state.isClosed { return state.failure }
            state.pending[message.tag] = handler
            return nil
        }
        if let ended { _ = handler(.failure(ended)) }
    }

    private func failure(in message: Message) -> SandboxError {
        let fields = FieldReader(message.fields)
        return .setup(
            stage: fields.text(SANDBOX_STAGE), errno: Int32(clamping: fields.number(SANDBOX_ERRNO) ?? 0), path: fields.text(SANDBOX_PATH))
    }

    var isOpen: Bool { state.withLock { !$0.isClosed } }

    /// Ends the connection; everything that waits learns that the parent is gone. The sandbox itself lives on.
    func close() { end(with: .gone) }

    private func end(with failure: SandboxError) {
        let handlers: [Handler]? = state.withLock { state -> [Handler]? in
            guard !state.isClosed else { return nil }
            state.isClosed = true
            state.failure = failure
            for outgoing in state.waiting { for descriptor in outgoing.descriptors { Glibc.close(descriptor) } }
            state.waiting = []
            defer { state.pending = [:] }
            // Under the lock, so that nobody writes to the number once it may be another file's.
            reactor.remove(self)
            shutdown(fd, Int32(SHUT_RDWR))
            return Array(state.pending.values)
        }
        guard let handlers else { return }
        for handler in handlers { _ = handler(.failure(failure)) }
        onEnd()
    }

    deinit { Glibc.close(fd) }
}
