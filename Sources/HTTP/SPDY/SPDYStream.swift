import Synchronization

/// One stream of a ``SPDYSession``: bytes in both directions, each of which ends by itself.
package final class SPDYStream: Sendable {
    private struct State {
        var parts: [[UInt8]] = []
        var size = 0
        var hasEnded = false
        var hasFinished = false
        var wasReset = false
        var reader: CheckedContinuation<[UInt8]?, Never>?
        var deliverer: CheckedContinuation<Void, Never>?
    }

    private enum Taken { case part([UInt8], CheckedContinuation<Void, Never>?), end, wait }

    private static let most: Int = 256 * 1024
    private static let piece: Int = 64 * 1024
    package let id: UInt32
    /// The head that it was opened with.
    package let headers: [SPDYHeader]
    private let session: SPDYSession
    private let state = Mutex(State())

    init(id: UInt32, headers: [SPDYHeader], session: SPDYSession) {
        self.id = id
        self.headers = headers
        self.session = session
    }

    /// The first value of a field of the head; nil without one. - Parameter name: in small letters.
    package subscript(name: String) -> String? { headers.first { $0.name == name }?.value }

    /// Tells the other side, which opened the stream, that it is taken.
    package func accept() { session.reply(to: id) }

    /// What has come; nil when the other side is done or the stream is gone. For one reader.
    package func read() async -> [UInt8]? {
        await withCheckedContinuation { continuation in
            let taken: Taken = state.withLock { state in
                if !state.parts.isEmpty {
                    let part: [UInt8] = state.parts.count == 1 ? state.parts[0] : Array(state.parts.joined())
                    state.parts = []
                    state.size = 0
                    defer { state.deliverer = nil }
                    return .part(part, state.deliverer)
                }
                if state.hasEnded || state.wasReset { return .end }
                state.reader = continuation
                return .wait
            }
            switch taken {
            case .part(let part, let deliverer):
                deliverer?.resume()
                continuation.resume(returning: part)
            case .end: continuation.resume(returning: nil)
            case .wait: break
            }
        }
    }

    /// Sends bytes and returns when more can be sent. Throws ``HTTPError/closed(_:)`` when nobody takes them.
    package func write(_ bytes: [UInt8]) async throws(HTTPError) {
        var rest: ArraySlice<UInt8> = bytes[...]
        while !rest.isEmpty {
            guard state.withLock({ !$0.wasReset && !$0.hasFinished }) else { throw HTTPError.closed("the other side of the stream") }
            try await session.send(.data(stream: id, bytes: rest.prefix(Self.piece), isLast: false))
            rest = rest.dropFirst(Self.piece)
        }
    }

    /// Says that nothing more will be sent.
    package func finish() {
        let (isFirst, isDone): (Bool, Bool) = state.withLock { state in
            defer { state.hasFinished = true }
            return (!state.hasFinished && !state.wasReset, state.hasEnded)
        }
        guard isFirst else { return }
        session.post(.data(stream: id, bytes: [], isLast: true))
        if isDone { session.forget(id) }
    }

    /// Reads no further: who reads here gets the end, and what still comes is thrown away. The other side is not told.
    package func abandon() { wasReset() }

    /// Ends both directions at once.
    package func reset() {
        guard state.withLock({ !$0.wasReset }) else { return }
        session.post(.reset(stream: id, status: 5))  // cancelled
        wasReset()
    }

    // MARK: - From the session

    /// Returns when there is room for more.
    func received(_ bytes: [UInt8]) async {
        await withCheckedContinuation { continuation in
            let (reader, waits): (CheckedContinuation<[UInt8]?, Never>?, Bool) = state.withLock { state in
                guard !state.wasReset, !state.hasEnded else { return (nil, false) }
                if let reader = state.reader {
                    state.reader = nil
                    return (reader, false)
                }
                state.parts.append(bytes)
                state.size += bytes.count
                guard state.size > Self.most else { return (nil, false) }
                state.deliverer = continuation
                return (nil, true)
            }
            reader?.resume(returning: bytes)
            if !waits { continuation.resume() }
        }
    }

    /// The other side is done.
    func ended() {
        let (reader, isDone): (CheckedContinuation<[UInt8]?, Never>?, Bool) = state.withLock { state in
            state.hasEnded = true
            defer { state.reader = nil }
            return (state.reader, state.hasFinished)
        }
        reader?.resume(returning: nil)
        if isDone { session.forget(id) }
    }

    /// The stream is gone, by the other side's wish or with the connection. What came before can still be read.
    func wasReset() {
        let (reader, deliverer) = state.withLock { state in
            state.wasReset = true
            defer {
                state.reader = nil
                state.deliverer = nil
            }
            return (state.reader, state.deliverer)
        }
        reader?.resume(returning: nil)
        deliverer?.resume()
        session.forget(id)
    }
}
