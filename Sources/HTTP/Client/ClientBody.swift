import NIOCore
import Synchronization

/// The body of a streamed answer between the event loop, which brings parts, and the task that takes them.
///
/// When more than 1 MiB waits, the connection is not read until half of it is taken: a slow reader slows the sender, not our memory.
final class ClientBody: Sendable {
    private struct State {
        var parts: [[UInt8]] = []
        var size: Int = 0
        var isPaused: Bool = false
        var end: Result<Void, any Error>?
        /// The whole answer has come: the connection is no longer this body's.
        var isComplete: Bool = false
        var reader: CheckedContinuation<[UInt8]?, any Error>?
    }

    private enum Taken { case part([UInt8], resume: Bool), end(Result<Void, any Error>), wait }

    private static let most: Int = 1024 * 1024
    private let channel: any Channel
    private let pool: ClientPool
    private let state: Mutex<State> = Mutex(State())

    init(channel: any Channel, pool: ClientPool) {
        self.channel = channel
        self.pool = pool
    }

    /// The parts as a sequence for one reader; the connection closes when it is let go of before the end. Keeps the client alive.
    func sequence(of client: HTTPClient) -> HTTPBody {
        let reader = ClientBodyReader(body: self, client: client)
        return AsyncThrowingStream { try await reader.body.next() }
    }

    // MARK: - On the event loop

    func received(_ part: [UInt8]) {
        let (reader, pauses): (CheckedContinuation<[UInt8]?, any Error>?, Bool) = state.withLock { state in
            if let reader = state.reader {
                state.reader = nil
                return (reader, false)
            }
            state.parts.append(part)
            state.size += part.count
            guard state.size > Self.most, !state.isPaused else { return (nil, false) }
            state.isPaused = true
            return (nil, true)
        }
        reader?.resume(returning: part)
        if pauses { setReading() }
    }

    /// The answer ended, or will not come to its end.
    func finish(_ error: (any Error)?) {
        let end: Result<Void, any Error> = error.map { .failure($0) } ?? .success(())
        let (reader, wasPaused): (CheckedContinuation<[UInt8]?, any Error>?, Bool) = state.withLock { state in
            if state.end == nil { state.end = end }
            if error == nil { state.isComplete = true }
            defer { state.reader = nil; state.isPaused = false }
            return (state.reader, state.isPaused)
        }
        reader?.resume(with: end.map { nil })
        if wasPaused, error == nil { setReading() }
    }

    // MARK: - In the reader's task

    /// The next part; nil at the end.
    func next() async throws -> [UInt8]? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let taken: Taken = state.withLock { state in
                    if !state.parts.isEmpty { return take(&state) }
                    if let end = state.end { return .end(end) }
                    state.reader = continuation
                    return .wait
                }
                switch taken {
                case .part(let part, let resume):
                    if resume { setReading() }
                    continuation.resume(returning: part)
                case .end(let end): continuation.resume(with: end.map { nil })
                case .wait: break
                }
            }
        } onCancel: {
            cancel()
        }
    }

    /// All that waits as one part.
    private func take(_ state: inout State) -> Taken {
        var part: [UInt8] = state.parts[0]
        if state.parts.count > 1 {
            part.reserveCapacity(state.size)
            for other: [UInt8] in state.parts.dropFirst() { part += other }
        }
        state.parts = []
        state.size = 0
        let resume: Bool = state.isPaused
        state.isPaused = false
        return .part(part, resume: resume)
    }

    /// Nobody reads any more: closes the connection unless the answer is complete.
    ///
    /// The last part may be on its way at this moment. Only the event loop knows whether the connection carries another call by then.
    func cancel() {
        let isOpen: Bool = state.withLock { $0.end == nil }
        finish(CancellationError())
        guard isOpen else { return }
        pool.execute { [self] in
            if state.withLock({ $0.isComplete }) { setReading() } else { channel.close(promise: nil) }
        }
    }

    /// Reads the connection, or stops, as the state is when the event loop comes to it. A reader and the loop may ask for opposite things
    /// at one moment, and their requests may arrive in the other order than their changes of the state were made.
    private func setReading() {
        pool.execute { [self] in
            let reads: Bool = state.withLock { !$0.isPaused }
            // It fails only when the connection is gone, and then there is nothing to read.
            channel.setOption(.autoRead, value: reads).whenFailure { _ in }
        }
    }
}

/// Closes the connection of a body whose reader was let go of.
private final class ClientBodyReader: Sendable {
    let body: ClientBody
    private let client: HTTPClient

    init(body: ClientBody, client: HTTPClient) {
        self.body = body
        self.client = client
    }

    deinit { body.cancel() }
}
