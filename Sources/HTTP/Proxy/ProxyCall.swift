import NIOCore
import NIOHTTP1

/// One request on its way to a server behind this one, and its answer on the way back.
///
/// A short answer that comes whole goes out whole, in one write; any other one part by part, and the server waits while the client does
/// not take them. Invariant: touched on its event loop only.
final class ProxyCall: @unchecked Sendable {
    private enum Stage {
        case waiting
        /// The head, and what came of the body, are not sent yet.
        case held(status: Int, HTTPHeaders, ByteBuffer?)
        case streaming
        case over
    }

    let request: HTTPClientRequest
    let target: HTTPForwarder.Target
    let times: HTTPForwarder.Times
    /// nil: nobody wants the answer.
    private let exchange: HTTPExchange?
    private let change: HTTPForwarder.Change?
    private let refuses: HTTPForwarder.Refuses?
    private var done: (@Sendable (HTTPForwarder.Outcome) -> Void)?
    private var stage: Stage = .waiting
    /// While it carries this call.
    private var connection: ProxyConnection?
    private var lastSign: NIODeadline = .now()

    init(
        _ request: HTTPClientRequest, _ target: HTTPForwarder.Target, _ times: HTTPForwarder.Times, _ exchange: HTTPExchange?,
        _ change: HTTPForwarder.Change?, _ refuses: HTTPForwarder.Refuses?,
        _ done: @escaping @Sendable (HTTPForwarder.Outcome) -> Void
    ) {
        self.request = request
        self.target = target
        self.times = times
        self.exchange = exchange
        self.change = change
        self.refuses = refuses
        self.done = done
    }

    var isOver: Bool { if case .over = stage { true } else { false } }
    var hasAnswer: Bool {
        switch stage {
        case .waiting: false
        case .held, .streaming, .over: true
        }
    }

    // MARK: - From the connection

    /// Until when the server must have said more. While the client takes nothing it need not.
    var deadline: NIODeadline {
        let end: NIODeadline = lastSign + TimeAmount(times.answer)
        return isStreaming && exchange?.isWritable == false ? max(end, .now() + .milliseconds(100)) : end
    }

    /// The server has said nothing until then.
    func isLate() {
        if isStreaming { broke("\(target.address) is silent") } else { fail(.timedOut) }
    }

    func began(on connection: ProxyConnection) {
        self.connection = connection
        lastSign = .now()
    }

    func received(_ head: HTTPResponseHead) {
        guard case .waiting = stage else { return }
        lastSign = .now()
        var status = Int(head.status.code)
        if refuses?(status) == true { return fail(.refused(status: status)) }
        var headers: HTTPHeaders = HTTPHeaders.passedOn(HTTPHeaders(head.headers))
        change?(&status, &headers)
        stage = .held(status: status, headers, nil)
    }

    func received(_ part: ByteBuffer) {
        lastSign = .now()
        switch stage {
        case .held(let status, let headers, nil): stage = .held(status: status, headers, part)
        case .held(let status, let headers, var buffer?):
            buffer.writeImmutableBuffer(part)
            stage = .held(status: status, headers, buffer)
        case .streaming: pass(part)
        case .waiting, .over: break
        }
    }

    /// No more came at once: what is there goes out.
    func paused() {
        guard case .held(let status, let headers, let buffer) = stage else { return }
        stage = .streaming
        exchange?.start(status, headers)
        tell(.answered(status: status))
        if let buffer { pass(buffer) }
    }

    func finish() {
        connection = nil
        switch stage {
        case .held(let status, let headers, let buffer):
            stage = .over
            if request.method == "HEAD" || status == 304 {
                exchange?.start(status, headers)
                exchange?.end()
            } else {
                exchange?.respond(status, headers, buffer: buffer ?? ByteBuffer())
            }
            tell(.answered(status: status))
        case .streaming:
            stage = .over
            exchange?.end()
        case .waiting, .over: break
        }
    }

    /// The server is gone before the end.
    func broke(_ reason: String) {
        let isOwed: Bool = !isStreaming
        end()
        if !isOwed { exchange?.abort() }
        tell(.broken(reason, isOwed: isOwed))
    }

    func fail(_ outcome: HTTPForwarder.Outcome) {
        guard !isOver else { return }
        end()
        tell(outcome)
    }

    /// The answer was given, or the client left.
    func exchangeEnded() {
        guard !isOver else { return }
        end()
        tell(.clientLeft)
    }

    // MARK: - Details

    private var isStreaming: Bool { if case .streaming = stage { true } else { false } }

    private func pass(_ part: ByteBuffer) {
        guard let exchange else { return }
        exchange.send(buffer: part)
        guard !exchange.isWritable, let connection else { return }
        connection.setReading(false)
        exchange.onWritable { [self] in self.connection?.setReading(true) }
    }

    private func end() {
        stage = .over
        connection?.close()
        connection = nil
    }

    private func tell(_ outcome: HTTPForwarder.Outcome) {
        let done: (@Sendable (HTTPForwarder.Outcome) -> Void)? = self.done
        self.done = nil
        done?(outcome)
    }
}
