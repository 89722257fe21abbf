import NIOCore
import NIOHTTP1

/// Turns the parts of requests into calls of the handler: one for each HTTP/1.1 connection and one for each HTTP/2 stream.
///
/// On HTTP/1.1 it also keeps requests that a client sent ahead until the one before is answered, and stops reading meanwhile.
/// Invariant: lives on its channel's event loop.
final class ServerStreamHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = Never

    /// What the answer is written as.
    enum Wire { case http1, http2 }

    /// Where the request stands.
    private enum Stage {
        /// Waiting for a head.
        case idle
        /// Waiting for the rest of the body.
        case reading(HTTPRequestHead)
        /// Answered early: what is left of the body is thrown away.
        case discarding
        /// With the handler, which owes the answer.
        case answering
    }

    let connection: ServerConnection
    let wire: Wire
    private(set) var context: ChannelHandlerContext?
    /// Of the present request: its version, whether it is HEAD, and whether the connection stays open after it.
    private(set) var version: HTTPVersion = .http1_1
    private(set) var isHead: Bool = false
    var keepsAlive: Bool = true
    /// Whether the parts of this answer are written as chunks.
    var isChunked: Bool = false
    /// Fields for the head of the present answer, whatever it is.
    var stamps: [(name: String, value: String)] = []

    /// Of a long answer what is not written yet, and whether a turn is asked for it.
    var rest: AnswerRest?
    var isDue: Bool = false

    private var stage: Stage = .idle
    private var body: ByteBuffer?
    private var exchange: HTTPExchange?
    /// Until then the rest of the request must have come, or more of a long answer have been read.
    private var deadline: NIODeadline = .distantFuture
    private var ahead: CircularBuffer<HTTPServerRequestPart> = CircularBuffer(initialCapacity: 0)
    private var isHandling: Bool = false
    private var wantsRead: Bool = false
    /// What became of the connection when it left HTTP; then nothing comes here any more.
    private weak var upgraded: UpgradedConnection?

    init(connection: ServerConnection, wire: Wire) {
        self.connection = connection
        self.wire = wire
    }

    private var service: ServerService { connection.table.service }

    private var isAnswering: Bool {
        if case .answering = stage { true } else { false }
    }

    /// Whether the client leaves answers untaken that it asked for in advance.
    private var isFull: Bool { wire == .http1 && context?.channel.isWritable == false }

    /// Whether the answer was given before the whole request had come.
    var isDiscarding: Bool {
        if case .discarding = stage { true } else { false }
    }

    // MARK: - Channel

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part: HTTPServerRequestPart = unwrapInboundIn(data)
        if isAnswering || isFull || !ahead.isEmpty {
            ahead.append(part)
        } else {
            isHandling = true
            handle(part)
            isHandling = false
        }
    }

    /// Nothing more is read once a client sent something ahead of an owed answer, or does not take its answers, so it cannot fill our memory
    /// with requests or with answers. Most send nothing ahead: to stop reading for each of their requests would cost two system calls.
    func read(context: ChannelHandlerContext) {
        let isEnough: Bool = isFull || isAnswering && !(ahead.isEmpty && keepsAlive)
        if isEnough, wire == .http1 { wantsRead = true } else { context.read() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        ahead.removeAll()
        gone()
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            goOn()
            exchange?.becameWritable()
            if wire == .http1, !isAnswering, !isHandling { resume() }
        }
        context.fireChannelWritabilityChanged()
    }

    /// Bytes that are no HTTP are answered when no answer is under way; then, and after all other errors, the channel closes.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let parserError = error as? HTTPParserError, !isAnswering {
            if case .idle = stage { connection.began(self) }
            refuse(parserError == .headerOverflow ? .headTooLarge : .malformed)
        }
        context.close(promise: nil)
    }

    // MARK: - Request

    private func handle(_ part: HTTPServerRequestPart) {
        switch (part, stage) {
        case (.head(let head), .idle): begin(head)
        case (.body(let bytes), .reading): append(bytes)
        case (.end, .reading(let head)): deliver(head)
        case (.end, .discarding): discarded()
        case (.body, _), (.end, _), (.head, _): break
        }
    }

    private func begin(_ head: HTTPRequestHead) {
        connection.began(self)
        stage = .reading(head)
        version = head.version
        isHead = head.method == .HEAD
        keepsAlive = wire == .http2 || (head.isKeepAlive && !connection.isDraining && !Self.asksForUpgrade(head))
        deadline = .now() + TimeAmount(service.limits.bodyTimeout)
        // Source: RFC 9112, 3.2.
        if wire == .http1, head.version.minor > 0, head.headers["host"].count != 1 { return refuse(.malformed) }
        if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }), length > service.limits.bodySize {
            return refuse(.bodyTooLarge(limit: service.limits.bodySize))
        }
        if let expectation = head.headers.first(name: "expect"), expectation.lowercased() == "100-continue" { writeContinue() }
    }

    private func append(_ bytes: ByteBuffer) {
        guard (body?.readableBytes ?? 0) + bytes.readableBytes <= service.limits.bodySize else {
            return refuse(.bodyTooLarge(limit: service.limits.bodySize))
        }
        if body == nil {
            body = bytes
        } else {
            body?.writeImmutableBuffer(bytes)
        }
    }

    private func deliver(_ head: HTTPRequestHead) {
        guard let context else { return }
        stage = .answering
        deadline = .distantFuture
        let bytes: [UInt8] = body.map { Array($0.readableBytesView) } ?? []
        body = nil
        let (path, query) = Self.split(head.uri)
        let request = HTTPRequest(
            method: head.method.rawValue, path: path, query: query, headers: HTTPHeaders(head.headers), body: bytes,
            peer: connection.peer, remoteAddress: connection.remoteAddress,
            version: wire == .http2 ? "2" : head.version.minor == 0 ? "1.0" : "1.1", localPort: connection.localPort,
            isSecure: service.tls != nil)
        let exchange = HTTPExchange(stream: self, channel: context.channel, table: connection.table)
        self.exchange = exchange
        service.handler(request, exchange)
    }

    /// Path and query of a request target; of the absolute form (`http://host/path`) that proxies use only what follows the host.
    static func split(_ target: String) -> (path: String, query: String?) {
        var rest: Substring.UTF8View = target[...].utf8
        if rest.first != UInt8(ascii: "/"), let scheme = target.firstRange(of: "://") {
            let afterHost: Substring.UTF8View = target[scheme.upperBound...].utf8
            rest = afterHost.firstIndex(of: UInt8(ascii: "/")).map { afterHost[$0...] } ?? "/"[...].utf8
        }
        guard let mark = rest.firstIndex(of: UInt8(ascii: "?")) else { return (String(Substring(rest)), nil) }
        return (String(Substring(rest[..<mark])), String(Substring(rest[rest.index(after: mark)...])))
    }

    // MARK: - Ends

    /// Answers in place of the handler. On HTTP/1.1 the connection closes after it, when the rest of the body has come or time is up:
    /// a close with unread bytes would reset the connection and take the answer with it.
    private func refuse(_ refusal: HTTPRefusal) {
        stage = .discarding
        body = nil
        keepsAlive = wire == .http2
        deadline = .now() + .seconds(5)
        let response: HTTPResponse = service.refuse(refusal)
        write(response.status, response.headers, [response.body[...]])
    }

    /// The last bytes of the answer are written: the next request may begin.
    func answered() {
        guard isAnswering else { return }
        let exchange: HTTPExchange? = self.exchange
        self.exchange = nil
        stage = .idle
        deadline = .distantFuture
        exchange?.ended()
        // An HTTP/2 stream lives until its last frame has left, and counts until then.
        guard wire == .http1 else { return }
        connection.ended(self)
        if !isHandling { resume() }
    }

    private func discarded() {
        stage = .idle
        connection.ended(self)
        if wire == .http1 { connection.closeWhenSent() }
    }

    /// Takes up what was sent ahead.
    private func resume() {
        isHandling = true
        while !isAnswering, !isFull, let part = ahead.popFirst() { handle(part) }
        isHandling = false
        if wantsRead, !isAnswering, !isFull {
            wantsRead = false
            context?.read()
        }
    }

    private func gone() {
        stage = .idle
        body = nil
        rest = nil
        connection.ended(self)
        let exchange: HTTPExchange? = self.exchange
        self.exchange = nil
        exchange?.clientLeft()
    }

    /// Whether the client is over its time.
    func isLate(_ now: NIODeadline) -> Bool { now > deadline }

    /// Gives the client time to read what was sent of a long answer.
    func expectReading() { deadline = .now() + TimeAmount(service.limits.answerTimeout) }

    /// The body did not come in time, or nothing was read of the answer.
    func timeOut() {
        if case .reading = stage { refuse(.timedOut) }
        context?.close(promise: nil)
    }

    /// The server stops: a stream ends now, another answer is the connection's last.
    func drain() {
        if wire == .http1 { keepsAlive = false }
        if let exchange, exchange.isStreaming { exchange.end() }
        upgraded?.close(code: 1001, reason: "the server stops")
    }

    // MARK: - Upgrade

    /// After such a request the decoder reads no further one.
    private static func asksForUpgrade(_ head: HTTPRequestHead) -> Bool {
        head.headers.contains(name: "upgrade")
            && head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
    }

    /// Answers 101 and puts other handlers in the place of those of HTTP; nil where that cannot be done.
    func upgrade(_ headers: HTTPHeaders, to framing: UpgradedConnection.Framing) -> UpgradedConnection? {
        guard let context, wire == .http1, isAnswering, !keepsAlive, version.minor > 0 else { return nil }
        let pipeline: ChannelPipeline.SynchronousOperations = context.pipeline.syncOperations
        guard let decoder = try? pipeline.context(handlerType: ByteToMessageHandler<HTTPRequestDecoder>.self) else { return nil }
        let upgraded = UpgradedConnection(channel: context.channel)
        guard (try? pipeline.addHandlers(upgraded.handlers(framing, isClient: false))) != nil else { return nil }
        writeUpgrade(headers)
        self.upgraded = upgraded
        // What the client sent ahead is handed on when the decoder goes.
        pipeline.removeHandler(context: context, promise: nil)
        pipeline.removeHandler(context: decoder, promise: nil)
        upgraded.begin()
        return upgraded
    }
}
