import NIOCore
import NIOWebSocket
import Synchronization

/// A connection that both sides agreed to use for something else than HTTP: messages in both directions, each at the pace of its reader.
///
/// What a message is depends on the agreement: one of WebSocket, or a piece of a byte stream of any size. Reading is for one task; sending
/// may be done from any thread. While more than some 256 KiB wait for the reader here the other side is not read from; while as much
/// waits for the other side, ``send(_:)`` waits.
package final class UpgradedConnection: Sendable {
    package struct Message: Sendable, Equatable {
        package var bytes: [UInt8]
        /// Of WebSocket's two kinds: text, which is UTF-8, or bytes. Without WebSocket always false.
        package var isText: Bool

        package init(_ bytes: [UInt8], isText: Bool = false) {
            self.bytes = bytes
            self.isText = isText
        }
    }

    /// What travels over the connection.
    package enum Framing: Sendable { case webSocket, bytes }

    /// How the connection came to its end.
    package enum Ending: Sendable, Equatable {
        /// The other side said that it is done; `code` is WebSocket's, nil where it gave none or speaks none.
        case finished(code: UInt16?, reason: String)
        /// The other side was gone without a word.
        case lost
        /// The other side broke the protocol. In words.
        case malformed(String)
        /// This side closed.
        case closed
    }

    private struct State {
        var messages: [Message] = []
        var size = 0
        var isPaused = false
        var ending: Ending?
        var reader: CheckedContinuation<Message?, Never>?
        /// Bytes that were sent and that the kernel has not taken.
        var unsent = 0
        var writers: [@Sendable () -> Void] = []
        var closeObservers: [@Sendable () -> Void] = []
    }

    private enum Taken { case message(Message, resume: Bool), end, wait }

    private static let most: Int = 256 * 1024
    private let channel: any Channel
    private let state = Mutex(State())

    init(channel: any Channel) {
        self.channel = channel
    }

    // MARK: - Reading

    /// The next message; nil at the end, which ``ending`` then explains. A cancelled task closes the connection.
    package func next() async -> Message? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let taken: Taken = state.withLock { state in
                    if !state.messages.isEmpty { return Self.take(&state) }
                    if state.ending != nil { return .end }
                    state.reader = continuation
                    return .wait
                }
                switch taken {
                case .message(let message, let resume):
                    if resume { setReading(true) }
                    continuation.resume(returning: message)
                case .end: continuation.resume(returning: nil)
                case .wait: break
                }
            }
        } onCancel: {
            close()
        }
    }

    /// How it ended; nil while it is open.
    package var ending: Ending? { state.withLock { $0.ending } }

    private static func take(_ state: inout State) -> Taken {
        let message: Message = state.messages.removeFirst()
        state.size -= message.bytes.count
        let resume: Bool = state.isPaused && state.size <= most / 2
        if resume { state.isPaused = false }
        return .message(message, resume: resume)
    }

    private func setReading(_ reads: Bool) {
        // It fails only when the connection is gone, and then there is nothing to read.
        channel.setOption(.autoRead, value: reads).whenFailure { _ in }
    }

    // MARK: - Sending

    /// Sends a message and returns when the connection can take another one. Throws ``HTTPError/closed(_:)`` when it is over.
    package func send(_ message: Message) async throws(HTTPError) {
        post(message)
        if !isWritable { await writable() }
        if ending != nil { throw HTTPError.closed("the other side") }
    }

    /// Sends a message without waiting; look at ``isWritable`` first. After the end it does nothing.
    package func post(_ message: Message) {
        let size: Int = message.bytes.count + 16
        let isOpen: Bool = state.withLock { state in
            guard state.ending == nil else { return false }
            state.unsent += size
            return true
        }
        guard isOpen else { return }
        let sent: EventLoopPromise<Void> = channel.eventLoop.makePromise()
        sent.futureResult.whenComplete { [self] _ in left(size) }
        channel.writeAndFlush(message, promise: sent)
    }

    /// Whether the other side takes what is sent.
    package var isWritable: Bool { state.withLock { $0.unsent <= Self.most } }

    /// Calls `f` once when ``isWritable`` is true, at once if it is, or when the connection is over. On any thread.
    package func onWritable(_ f: @escaping @Sendable () -> Void) {
        let isNow: Bool = state.withLock { state in
            guard state.ending == nil, state.unsent > Self.most else { return true }
            state.writers.append(f)
            return false
        }
        if isNow { f() }
    }

    private func writable() async {
        await withCheckedContinuation { continuation in onWritable { continuation.resume() } }
    }

    private func left(_ size: Int) {
        let writers: [@Sendable () -> Void] = state.withLock { state in
            state.unsent -= size
            guard state.unsent <= Self.most / 2 else { return [] }
            defer { state.writers = [] }
            return state.writers
        }
        for writer in writers { writer() }
    }

    // MARK: - End

    /// Ends the connection after what was sent has left. WebSocket's code says why: 1000 when all is well.
    ///
    /// The other side is given a moment to read and to close: closing first, with bytes of it unread, would throw away what it has not
    /// read yet.
    package func close(code: UInt16 = 1000, reason: String = "") {
        end(.closed)
        channel.triggerUserOutboundEvent(UpgradedHandler.Close(code: code, reason: reason), promise: nil)
    }

    /// Calls `f` once when the connection is over, at once if it is. On any thread.
    package func onClose(_ f: @escaping @Sendable () -> Void) {
        let isOver: Bool = state.withLock { state in
            guard state.ending == nil else { return true }
            state.closeObservers.append(f)
            return false
        }
        if isOver { f() }
    }

    /// Carries all messages of each to the other, until one of them ends; then both do.
    package static func join(_ one: UpgradedConnection, _ other: UpgradedConnection) async {
        async let there: Void = one.carry(to: other)
        await other.carry(to: one)
        await there
    }

    private func carry(to target: UpgradedConnection) async {
        while let message = await next() {
            do { try await target.send(message) } catch { break }
        }
        close()
        target.close()
    }

    // MARK: - From the event loop

    /// The handlers of such a connection, for the end of its pipeline.
    func handlers(_ framing: Framing, isClient: Bool) -> [any ChannelHandler] {
        let framed: [any ChannelHandler] =
            switch framing {
            case .bytes: [ByteMessages()]
            case .webSocket:
                [
                    WebSocketFrameEncoder(), ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: WebSocketMessages.limit)),
                    WebSocketMessages(isClient: isClient),
                ]
            }
        return framed + [UpgradedHandler(self, framing)]
    }

    /// Reads what the handlers before may have held back.
    func begin() { channel.read() }

    func received(_ message: Message) {
        let (reader, pauses): (CheckedContinuation<Message?, Never>?, Bool) = state.withLock { state in
            guard state.ending == nil else { return (nil, false) }
            if let reader = state.reader {
                state.reader = nil
                return (reader, false)
            }
            state.messages.append(message)
            state.size += message.bytes.count
            guard state.size > Self.most, !state.isPaused else { return (nil, false) }
            state.isPaused = true
            return (nil, true)
        }
        reader?.resume(returning: message)
        if pauses { setReading(false) }
    }

    /// Notes the end, once, and tells all who wait. What came before it can still be read.
    func end(_ ending: Ending) {
        let (reader, writers, observers, wasPaused) = state.withLock { state in
            guard state.ending == nil else {
                return (nil as CheckedContinuation<Message?, Never>?, [] as [@Sendable () -> Void], [] as [@Sendable () -> Void], false)
            }
            state.ending = ending
            if ending == .closed { state.messages = [] }
            defer {
                state.reader = nil
                state.writers = []
                state.closeObservers = []
                state.isPaused = false
            }
            return (state.reader, state.writers, state.closeObservers, state.isPaused)
        }
        reader?.resume(returning: nil)
        for writer in writers { writer() }
        for observer in observers { observer() }
        // What still comes is thrown away.
        if wasPaused { setReading(true) }
    }
}
