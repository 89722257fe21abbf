package import API
package import APIServer
import Client
import Synchronization

/// The way from a part of the cluster to the API server in the same process: no socket, but the same authorization, admission and
/// validation as from outside.
package struct LocalTransport: Transport {
    private let server: APIServer
    private let user: UserInfo

    package init(_ server: APIServer, as user: UserInfo) {
        self.server = server
        self.user = user
    }

    package func send(_ request: APIRequest) async throws -> APIResponse {
        switch try await perform(request) {
        case .document(let code, let pieces, let warnings):
            return APIResponse(code: code, body: pieces.count == 1 ? Array(pieces[0]) : Array(pieces.joined()), warnings: warnings)
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
        case .watch(let watcher): return follow(watcher)
        }
    }

    package func raw(_ path: String, accept: String) async throws -> APIResponse {
        let parts: [Substring] = path.split(separator: "?", maxSplits: 1)
        let query: String? = parts.count > 1 ? String(parts[1]) : nil
        let target: Route.Target = try Route.target(method: "GET", path: String(parts.first ?? "/"), query: query)
        return APIResponse(code: 200, body: try server.document(target, query: query, accept: accept, as: user).bytes)
    }

    private func perform(_ request: APIRequest) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            server.perform(request, as: user) { result in
                continuation.resume(with: result.mapError { $0 as any Error })
            }
        }
    }

    /// Events are written into the stream where the store wakes us: readers in this process keep up or hold memory, they never block.
    private func follow(_ watcher: Watcher) -> AsyncThrowingStream<[UInt8], any Error> {
        AsyncThrowingStream { continuation in
            // The writer's wake and the watch's timer may come at once: one at a time keeps the order.
            let turn = Turn()
            let pump: @Sendable () -> Void = {
                turn.take {
                    while true {
                        let batch: Watcher.Batch = watcher.next()
                        if !batch.pieces.isEmpty { continuation.yield(Self.joined(batch.pieces)) }
                        if batch.isEnd { return continuation.finish() }
                        if batch.pieces.isEmpty { return }
                    }
                }
            }
            let registration: WatchRegistration = server.watches.register(
                watcher, group: .single(ObjectIdentifier(watcher)), execute: { $0() }, pump: pump)
            continuation.onTermination = { _ in registration.end() }
        }
    }
}

extension LocalTransport {
    private static func joined(_ pieces: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(pieces.reduce(0) { $0 + $1.count })
        for piece in pieces { bytes += piece }
        return bytes
    }
}

/// Lets one thread in at a time.
private final class Turn: Sendable {
    private let lock = Mutex(())

    func take(_ body: () -> Void) { lock.withLock { _ in body() } }
}
