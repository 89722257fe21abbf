package import API
package import APIServer
package import Client
import Synchronization

/// The way from a part of the cluster to the API server in the same process: no socket, but the same authorization, admission and
/// validation as from outside.
package struct LocalTransport: Transport {
    private let server: APIServer
    private let user: UserInfo
    private let departure: Departure

    /// - Parameter departure: nil lets writes set off behind the tasks that are ready: what these are about to write goes with them.
    package init(_ server: APIServer, as user: UserInfo, departure: Departure? = nil) {
        self.server = server
        self.user = user
        self.departure = departure ?? { depart in Task { depart() } }
    }

    package func send(_ request: APIRequest) async throws -> APIResponse {
        switch try await perform(request) {
        case .document(let code, let pieces, let warnings):
            return APIResponse(code: code, body: pieces.joinedBytes, warnings: warnings)
        case .watch, .stream, .connect:
            throw APIStatus.badRequest("\(request.verb.rawValue) of \(request.path) is a stream")
        }
    }

    package func stream(_ request: APIRequest) async throws -> AsyncThrowingStream<[UInt8], any Error> {
        switch try await perform(request) {
        case .document(_, let pieces, _):
            return AsyncThrowingStream { continuation in
                for piece in pieces { continuation.yield(Array(piece)) }
                continuation.finish()
            }
        case .stream(let bytes): return bytes
        case .connect: throw APIStatus.badRequest("\(request.path) needs a connection of its own")
        case .watch(let watcher, _): return lines(of: watcher)
        }
    }

    package func raw(_ path: String, accept: String) async throws -> APIResponse {
        let parts: [Substring] = path.split(separator: "?", maxSplits: 1)
        let query: String? = parts.count > 1 ? String(parts[1]) : nil
        let target: Route.Target = try Route.target(method: "GET", path: String(parts.first ?? "/"), query: query)
        return APIResponse(code: 200, body: try server.document(target, query: query, accept: accept, as: user).bytes)
    }

    private func perform(_ request: APIRequest) async throws -> Answer {
        let began: ContinuousClock.Instant = .now
        return try await withCheckedThrowingContinuation { continuation in
            server.answer(request, as: user, later: departure) {
                [clients = server.clientMetrics, verb = request.verb] result in
                clients.observe(verb, code: Self.code(of: result), began.duration(to: .now))
                continuation.resume(with: result.mapError { $0 as any Error })
            }
        }
    }

    /// What a connection would have said.
    private static func code(of result: Result<Answer, APIStatus>) -> Int {
        switch result {
        case .success(.document(let code, _, _)): code
        case .success: 200
        case .failure(let status): status.code
        }
    }

    package func events(_ request: APIRequest) async throws -> WatchEvents {
        let answer: Answer = try await perform(request)
        if case .stream(let bytes) = answer, request.verb == .watch { return WatchEvents(bytes) }
        guard case .watch(let watcher, _) = answer else { throw APIStatus.badRequest("\(request.path) is no watch") }
        guard watcher.tellsTrees else { return WatchEvents(lines(of: watcher)) }
        let news = News(of: watcher, server.watches)
        let omitsManagedFields: Bool = request.omitsManagedFields
        return WatchEvents(
            batches: AsyncThrowingStream {
                while await news.wait() {
                    let (changes, isEnd) = try watcher.changes(omitsManagedFields: omitsManagedFields)
                    if isEnd { news.end() }
                    if changes.isEmpty { continue }
                    // There may be more than one batch.
                    news.ring()
                    return changes.compactMap { change in
                        WatchEvent.Kind(rawValue: change.kind).map { WatchEvent(kind: $0, object: change.object) }
                    }
                }
                return nil
            },
            askForBookmark: { [weak news] in
                watcher.owesBookmark()
                news?.ring()
            })
    }

    private func lines(of watcher: Watcher) -> AsyncThrowingStream<[UInt8], any Error> {
        let news = News(of: watcher, server.watches)
        return AsyncThrowingStream {
            while await news.wait() {
                let batch: Watcher.Batch = watcher.next()
                if batch.isEnd { news.end() }
                if batch.pieces.isEmpty { continue }
                news.ring()
                return batch.pieces.joinedBytes
            }
            return nil
        }
    }
}

/// Lets one reader wait for news of a watch, which ends with it.
///
/// The store's thread only wakes the reader, who then takes what is there: no writer waits for it, and what it does not take stays in
/// the store.
private final class News: Sendable {
    private struct State {
        /// News that came while the reader was awake.
        var isRung = true
        var isEnded = false
        var waiter: CheckedContinuation<Bool, Never>?
        var registration: WatchRegistration?
    }

    private let state = Mutex(State())

    init(of watcher: Watcher, _ hub: WatchHub) {
        let registration: WatchRegistration = hub.register(
            watcher, group: .single(ObjectIdentifier(watcher)),
            execute: { run in
                run()
                return true
            }, pump: { [weak self] in self?.ring() })
        state.withLock { $0.registration = registration }
    }

    deinit { state.withLock { $0.registration }?.end() }

    /// There is something new, or may be.
    func ring() {
        let waiter: CheckedContinuation<Bool, Never>? = state.withLock { state in
            state.isRung = state.waiter == nil
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: true)
    }

    /// Nothing comes after this.
    func end() {
        let waiter: CheckedContinuation<Bool, Never>? = state.withLock { state in
            state.isEnded = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: false)
    }

    /// Returns true when there may be news; false after the end, and when the task is cancelled.
    func wait() async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady: Bool? = state.withLock { state in
                    if state.isEnded { return false }
                    if state.isRung {
                        state.isRung = false
                        return true
                    }
                    state.waiter = continuation
                    return nil
                }
                if let isReady { continuation.resume(returning: isReady) }
            }
        } onCancel: {
            end()
        }
    }
}
