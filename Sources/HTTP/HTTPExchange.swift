import NIOCore

/// Names one of the server's event loops: exchanges with the same value are served by the same thread.
package struct LoopID: Hashable, Sendable {
    let index: Int
}

/// The answer to one request.
///
/// Either ``respond(_:_:_:)`` once, or ``start(_:_:)``, any number of ``send(_:)`` and ``end()``. All methods may be called from
/// any thread: on the exchange's event loop they act at once, elsewhere they hop to it and keep their order. After the answer
/// ended or the client left, further calls do nothing.
///
/// Invariant: mutable state is read and changed on `eventLoop` only, which is what makes the class `Sendable`.
package final class HTTPExchange: @unchecked Sendable {
    private enum Phase {
        case waiting, streaming
        /// All was said, and the connection writes the rest of it.
        case ending
        case done
    }

    /// The event loop that serves this exchange.
    package let loop: LoopID
    let eventLoop: any EventLoop
    private let channel: any Channel
    private let connection: ServerConnection
    private var stream: ServerStreamHandler?
    private var phase: Phase = .waiting
    private var closeObservers: [@Sendable () -> Void] = []
    private var writableObservers: [@Sendable () -> Void] = []

    init(stream: ServerStreamHandler, channel: any Channel, table: ConnectionTable) {
        self.stream = stream
        self.channel = channel
        self.eventLoop = channel.eventLoop
        self.connection = stream.connection
        self.loop = table.loop
    }

    /// Puts a field into the head of the answer, whatever that will be. Call before the answer begins.
    package func stamp(_ name: String, _ value: String) {
        execute { [self] in stream?.stamps.append((name, value)) }
    }

    /// Sends a whole answer; adds `Content-Length` and `Date`.
    package func respond(_ status: Int, _ headers: HTTPHeaders, _ body: [UInt8]) {
        respond(status, headers, pieces: [body[...]])
    }

    /// Sends a whole answer whose body is these pieces one after the other: lists splice stored bytes without joining them first.
    ///
    /// A long one leaves in slices, between which other connections have their turn, as the client takes it.
    package func respond(_ status: Int, _ headers: HTTPHeaders, pieces: [ArraySlice<UInt8>]) {
        execute { [self] in
            guard finish(from: .waiting) else { return }
            take()?.write(status, headers, pieces)
        }
    }

    /// Begins an answer of unknown length and sends its head at once.
    package func start(_ status: Int, _ headers: HTTPHeaders) {
        execute { [self] in
            guard phase == .waiting else { return }
            phase = .streaming
            stream?.writeHead(status, headers)
        }
    }

    /// Sends these pieces as one part of a started answer, at once. Look at ``isWritable`` first where the client may be slow.
    package func send(_ pieces: [[UInt8]]) {
        execute { [self] in
            guard phase == .streaming else { return }
            stream?.writePart(pieces)
        }
    }

    /// Ends a started answer.
    package func end() {
        execute { [self] in
            guard finish(from: .streaming) else { return }
            take()?.writeEnd()
        }
    }

    /// Sends a whole answer from bytes of another connection. On the event loop.
    func respond(_ status: Int, _ headers: HTTPHeaders, buffer: ByteBuffer) {
        guard finish(from: .waiting) else { return }
        take()?.write(status, headers, [ArraySlice(buffer.readableBytesView)])
    }

    /// Sends bytes of another connection as one part of a started answer. On the event loop.
    func send(buffer: ByteBuffer) {
        guard phase == .streaming else { return }
        stream?.writePart(buffer)
    }

    /// Breaks off: the client sees that the answer is not whole. On the event loop.
    func abort() {
        guard phase != .done else { return }
        phase = .done
        take()?.abort()
        closed()
    }

    /// Whether the connection left HTTP.
    private(set) var isUpgraded = false

    /// Answers 101 with these fields and takes the connection out of HTTP: from here on it is `use`'s, which is called on the event loop.
    ///
    /// Only what the client asked for may be agreed to, and only HTTP/1.1 can; elsewhere the answer is 400. What a handler answers instead
    /// to a client that asked is the connection's last answer.
    package func upgrade(
        _ headers: HTTPHeaders, to framing: UpgradedConnection.Framing, _ use: @escaping @Sendable (UpgradedConnection) -> Void
    ) {
        execute { [self] in
            guard let upgraded = stream?.upgrade(headers, to: framing) else {
                return respond(400, ["Content-Type": "text/plain"], Array("this connection cannot be upgraded\n".utf8))
            }
            guard phase == .waiting else { return upgraded.close() }
            phase = .done
            isUpgraded = true
            stream = nil
            use(upgraded)
            closed()
        }
    }

    /// Calls `f` once, on the event loop, when the answer ended or the client left; at once, on this thread, if the connection is gone.
    package func onClose(_ f: @escaping @Sendable () -> Void) {
        guard eventLoop.inEventLoop || channel.isActive else { return f() }
        execute { [self] in
            if phase == .done { f() } else { closeObservers.append(f) }
        }
    }

    /// Whether the client takes what is sent; false while more than some 64 KiB wait for it. May be asked from any thread.
    package var isWritable: Bool { channel.isWritable }

    /// Calls `f` once, on the event loop, when ``isWritable`` is true; never after the exchange closed. When it is true already the call
    /// comes in a later turn of the loop, so that what was sent leaves first and other connections have theirs.
    package func onWritable(_ f: @escaping @Sendable () -> Void) {
        execute { [self] in
            guard phase != .done else { return }
            if channel.isWritable { connection.table.turns.later(for: connection, f) } else { writableObservers.append(f) }
        }
    }

    /// Calls `f` on the event loop when so much time has gone by; not when its server has ended.
    package func after(_ time: Duration, _ f: @escaping @Sendable () -> Void) { eventLoop.scheduleTask(in: TimeAmount(time), f) }

    /// Runs `f` on the event loop after what is ready there on other connections; elsewhere at once.
    package func afterTurn(_ f: @escaping @Sendable () -> Void) {
        // A loop does what it was given to execute when it has gone through all of its sockets that are ready.
        if eventLoop.inEventLoop { eventLoop.execute(f) } else { f() }
    }

    /// Returns when the client takes more, or has left.
    package func writable() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let once = Once(continuation)
            onWritable { once.resume() }
            onClose { once.resume() }
        }
    }

    /// Runs `f` on this exchange's event loop: at once when called there, and not at all when the connection is gone, whose loop may
    /// have ended with the server. Returns whether it runs.
    @discardableResult
    package func execute(_ f: @escaping @Sendable () -> Void) -> Bool {
        if eventLoop.inEventLoop {
            f()
        } else if channel.isActive {
            eventLoop.execute(f)
        } else {
            return false
        }
        return true
    }

    // MARK: - From the connection, on the event loop

    /// Whether an answer without end is under way (a watch, a followed log).
    var isStreaming: Bool { phase == .streaming }

    /// The client can take more.
    func becameWritable() {
        let observers: [@Sendable () -> Void] = writableObservers
        writableObservers = []
        for observer: @Sendable () -> Void in observers { observer() }
    }

    /// The last bytes of the answer are written.
    func ended() {
        guard phase == .ending else { return }
        phase = .done
        closed()
    }

    /// The client left before the end.
    func clientLeft() {
        guard phase != .done else { return }
        phase = .done
        stream = nil
        closed()
    }

    // MARK: - Details

    private func finish(from expected: Phase) -> Bool {
        guard phase == expected else { return false }
        phase = .ending
        return true
    }

    /// The stream for the last write: let go of first, because the write may begin the connection's next request.
    private func take() -> ServerStreamHandler? {
        defer { stream = nil }
        return stream
    }

    private func closed() {
        writableObservers = []
        guard !closeObservers.isEmpty else { return }
        let observers: [@Sendable () -> Void] = closeObservers
        closeObservers = []
        for observer: @Sendable () -> Void in observers { observer() }
    }
}
