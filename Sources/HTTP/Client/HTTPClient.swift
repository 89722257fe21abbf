import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// One request to send.
package struct HTTPClientRequest: Sendable {
    package var method: String
    /// Path and query, percent-encoded: `/api/v1/pods?limit=500`.
    package var target: String
    /// `Host` and `Content-Length` are added.
    package var headers: HTTPHeaders
    package var body: [UInt8]
    /// For the whole answer of ``HTTPClient/send(_:)``, or the head of ``HTTPClient/stream(_:)``; nil waits without end.
    package var timeout: Duration?
    /// Sending it twice does no harm although its method does not say so: it is sent again when a kept connection turns out to be
    /// closed before anything of the answer came.
    package var isRepeatable: Bool = false

    package init(method: String = "GET", target: String, headers: HTTPHeaders = [:], body: [UInt8] = [], timeout: Duration? = nil) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.timeout = timeout
    }
}

/// The parts of an answer, as they arrive; ends with the answer, throws ``HTTPError`` when the connection ends before.
package typealias HTTPBody = AsyncThrowingStream<[UInt8], any Error>

/// An HTTP/1.1 client of one server. Making one costs nothing: its thread, its TLS context and its connections are made when the
/// first request needs them. Connections are kept and used again; requests at the same time open more.
package final class HTTPClient: Sendable {
    package let configuration: HTTPClientConfiguration
    private let pool: Mutex<ClientPool?> = Mutex(nil)
    /// Somebody else's; nil takes a thread of its own.
    private let eventLoop: (any EventLoop)?

    package init(_ configuration: HTTPClientConfiguration) {
        self.configuration = configuration
        eventLoop = nil
    }

    init(_ configuration: HTTPClientConfiguration, eventLoop: any EventLoop) {
        self.configuration = configuration
        self.eventLoop = eventLoop
    }

    deinit { shutdown() }

    /// Sends a request and waits for the whole answer, whatever its status.
    ///
    /// Throws ``HTTPError``, or `CancellationError` when the task is cancelled, which closes the connection.
    package func send(_ request: HTTPClientRequest) async throws -> HTTPResponse {
        let call = ClientCall(request)
        return try await run(call) { continuation in call.whole = { continuation.resume(with: $0) } }
    }

    /// The same for callers that don't run as a task. `done` is called once, on the client's thread, which it must not block.
    package func send(_ request: HTTPClientRequest, done: @escaping @Sendable (Result<HTTPResponse, any Error>) -> Void) {
        let call = ClientCall(request)
        let pool: ClientPool
        do { pool = try currentPool() } catch { return done(.failure(error)) }
        let runs: Bool = pool.execute {
            // The client lives until the answer is there.
            call.whole = { result in withExtendedLifetime(self) { done(result) } }
            pool.begin(call)
        }
        if !runs { done(.failure(HTTPError.closed(configuration.address))) }
    }

    /// Sends a request and returns when the head of the answer is there; the body comes as it arrives and waits at the sender while
    /// nobody takes it. Letting go of the body, or cancelling the task that reads it, closes the connection.
    package func stream(_ request: HTTPClientRequest) async throws -> (status: Int, headers: HTTPHeaders, body: HTTPBody) {
        let call = ClientCall(request)
        let head: ClientCall.Head = try await run(call) { continuation in call.started = { continuation.resume(with: $0) } }
        return (head.status, head.headers, head.body.sequence(of: self))
    }

    /// Asks the server to use a new connection for something else than HTTP: the request says for what, in its `Connection` and `Upgrade`
    /// fields. For WebSocket, ``WebSocketHandshake/request(protocols:)`` has the fields, and the answer is checked to agree to them.
    ///
    /// Throws as ``send(_:)`` does. Letting go of the client ends the connection.
    package func upgrade(_ request: HTTPClientRequest, to framing: UpgradedConnection.Framing) async throws -> UpgradeAnswer {
        let pool: ClientPool = try currentPool()
        let call = ClientUpgrade(request, framing, configuration)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let runs: Bool = pool.execute {
                    call.waiter = continuation
                    pool.begin(call)
                }
                if !runs { continuation.resume(throwing: HTTPError.closed(configuration.address)) }
            }
        } onCancel: {
            pool.execute { call.fail(CancellationError()) }
        }
    }

    /// Closes idle connections and stops the thread; requests under way fail. The next request starts anew.
    package func shutdown() {
        pool.withLock { pool in
            defer { pool = nil }
            return pool
        }?.shutdown()
    }

    /// Gives the call to the pool's event loop; `expect` notes there who waits for it.
    private func run<Value: Sendable>(
        _ call: ClientCall, expect: @escaping @Sendable (CheckedContinuation<Value, any Error>) -> Void
    ) async throws -> Value {
        let pool: ClientPool = try currentPool()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let runs: Bool = pool.execute {
                    expect(continuation)
                    pool.begin(call)
                }
                if !runs { continuation.resume(throwing: HTTPError.closed(configuration.address)) }
            }
        } onCancel: {
            pool.execute { call.fail(CancellationError()) }
        }
    }

    private func currentPool() throws -> ClientPool {
        try pool.withLock { pool in
            if let pool { return pool }
            let made = ClientPool(configuration, tls: try configuration.tls?.context(), eventLoop: eventLoop)
            pool = made
            return made
        }
    }
}
