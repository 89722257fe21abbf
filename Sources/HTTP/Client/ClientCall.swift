import NIOCore

/// One request on its way and who waits for its answer: for the whole of it, or for its head and then its body.
///
/// Whoever waits is told once. Invariant: touched on the client's event loop only, after it was made.
final class ClientCall: @unchecked Sendable {
    /// The head of an answer whose body is still to come.
    struct Head: Sendable {
        let status: Int
        let headers: HTTPHeaders
        let body: ClientBody
    }

    let request: HTTPClientRequest
    var whole: ((Result<HTTPResponse, any Error>) -> Void)?
    var started: ((Result<Head, any Error>) -> Void)?
    /// The connection that carries it.
    weak var connection: ClientConnection?
    private var timer: Scheduled<Void>?
    private var head: HTTPResponse?
    private var bytes: ByteBuffer?
    private var body: ClientBody?
    /// Set by a cancellation that came before anyone waited.
    private(set) var isOver: Bool = false
    private var failure: (any Error)?

    init(_ request: HTTPClientRequest) {
        self.request = request
    }

    /// Notes the timer that fails this call.
    func limit(_ timer: Scheduled<Void>) {
        self.timer = timer
    }

    /// Whether something of the answer has come.
    var hasAnswer: Bool { head != nil }

    // MARK: - From the connection

    func received(status: Int, headers: HTTPHeaders, from channel: any Channel, pool: ClientPool) {
        head = HTTPResponse(status: status, headers: headers)
        guard let started else { return }
        self.started = nil
        timer?.cancel()
        let body = ClientBody(channel: channel, pool: pool)
        self.body = body
        started(.success(Head(status: status, headers: headers, body: body)))
    }

    func received(_ part: ByteBuffer) {
        if let body {
            body.received(Array(part.readableBytesView))
        } else if bytes == nil {
            bytes = part
        } else {
            bytes?.writeImmutableBuffer(part)
        }
    }

    /// The answer is complete.
    func finish() {
        guard !isOver else { return }
        isOver = true
        timer?.cancel()
        body?.finish(nil)
        guard let whole, var response = head else { return }
        self.whole = nil
        response.body = bytes.map { Array($0.readableBytesView) } ?? []
        whole(.success(response))
    }

    /// The answer will not come, or not to its end: tells who waits and closes the connection.
    func fail(_ error: any Error) {
        guard !isOver else { return }
        isOver = true
        failure = error
        timer?.cancel()
        body?.finish(error)
        settle()
        connection?.close()
    }

    /// Tells a waiter that came after the failure.
    func settle() {
        guard let failure else { return }
        let whole = self.whole
        self.whole = nil
        whole?(.failure(failure))
        let started: ((Result<Head, any Error>) -> Void)? = self.started
        self.started = nil
        started?(.failure(failure))
    }
}
