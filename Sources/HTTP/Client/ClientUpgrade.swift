import NIOCore
import NIOHTTP1
import NIOSSL

/// What a server says to the request to leave HTTP.
package enum UpgradeAnswer: Sendable {
    /// It agreed: its fields, and the connection.
    case upgraded(HTTPHeaders, UpgradedConnection)
    /// It answered otherwise.
    case refused(HTTPResponse)
}

/// One request to leave HTTP, on a connection of its own, until the server has answered.
///
/// Invariant: touched on the client's event loop only, after it was made.
final class ClientUpgrade: ChannelInboundHandler, RemovableChannelHandler, @unchecked Sendable {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    let request: HTTPClientRequest
    let framing: UpgradedConnection.Framing
    var waiter: CheckedContinuation<UpgradeAnswer, any Error>?
    var timer: Scheduled<Void>?
    private var channel: (any Channel)?
    private let configuration: HTTPClientConfiguration
    private var head: HTTPResponse?
    private var failure: (any Error)?

    init(_ request: HTTPClientRequest, _ framing: UpgradedConnection.Framing, _ configuration: HTTPClientConfiguration) {
        self.request = request
        self.configuration = configuration
        self.framing = framing
    }

    /// Sends the request over a connection that is open.
    func send(over channel: any Channel) {
        guard failure == nil else { return channel.close(promise: nil) }
        self.channel = channel
        var fields: NIOHTTP1.HTTPHeaders = request.headers.fields
        if !fields.contains(name: "host") { fields.add(name: "Host", value: configuration.authority) }
        if !request.body.isEmpty || request.method == "POST" {
            fields.replaceOrAdd(name: "Content-Length", value: String(request.body.count))
        }
        let head = HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: request.method), uri: request.target, headers: fields)
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        if !request.body.isEmpty { channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: request.body))), promise: nil) }
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
    }

    /// Tells the waiter, once, and closes the connection.
    func fail(_ error: any Error) {
        guard failure == nil else { return }
        failure = error
        timer?.cancel()
        waiter?.resume(throwing: error)
        waiter = nil
        channel?.close(promise: nil)
    }

    // MARK: - Channel

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = HTTPResponse(status: Int(head.status.code), headers: HTTPHeaders(head.headers))
        case .body(let part): self.head?.body.append(contentsOf: part.readableBytesView)
        case .end: answered(context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(HTTPError.closed(configuration.address))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let tls: NIOSSLHandler? = try? context.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self)
        fail(TransportFailure.words(for: error, configuration, peer: tls?.peerCertificate))
    }

    private func answered(_ context: ChannelHandlerContext) {
        guard let answer = head, let waiter else { return context.close(promise: nil) }
        self.waiter = nil
        timer?.cancel()
        let agrees: Bool =
            answer.status == 101 && (framing == .bytes || WebSocketHandshake.agrees(answer.headers, to: request.headers))
        guard agrees else {
            context.close(promise: nil)
            return waiter.resume(returning: .refused(answer))
        }
        do {
            try leaveHTTP(context) { upgraded in waiter.resume(returning: .upgraded(answer.headers, upgraded)) }
        } catch {
            context.close(promise: nil)
            waiter.resume(throwing: error)
        }
    }

    /// Puts other handlers in the place of those of HTTP, and tells when they are.
    private func leaveHTTP(_ context: ChannelHandlerContext, _ done: @escaping (UpgradedConnection) -> Void) throws {
        let pipeline: ChannelPipeline.SynchronousOperations = context.pipeline.syncOperations
        let upgraded = UpgradedConnection(channel: context.channel)
        let decoder: ChannelHandlerContext = try pipeline.context(handlerType: ByteToMessageHandler<HTTPResponseDecoder>.self)
        let encoder: ChannelHandlerContext = try pipeline.context(handlerType: HTTPRequestEncoder.self)
        let gate = UpgradeGate()
        try pipeline.addHandlers([gate] + upgraded.handlers(framing, isClient: true))
        pipeline.removeHandler(context: context, promise: nil)
        pipeline.removeHandler(context: encoder, promise: nil)
        // The decoder goes a turn of the loop later, and then hands on what the server sent ahead.
        let gone: EventLoopPromise<Void> = context.eventLoop.makePromise()
        gone.futureResult.assumeIsolated().whenComplete { _ in
            done(upgraded)
            gate.open()
            upgraded.begin()
        }
        pipeline.removeHandler(context: decoder, promise: gone)
    }
}

extension ClientPool {
    /// Opens a connection for a request to leave HTTP.
    func begin(_ call: ClientUpgrade) {
        let configuration: HTTPClientConfiguration = configuration
        if let timeout = call.request.timeout {
            call.timer = eventLoop.scheduleTask(in: TimeAmount(timeout)) { call.fail(HTTPError.timedOut(configuration.address)) }
        }
        let connected: EventLoopFuture<any Channel> = connect { pipeline in
            try pipeline.addHandler(HTTPRequestEncoder())
            try pipeline.addHandler(ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes)))
            try pipeline.addHandler(call)
        }
        connected.assumeIsolated().whenComplete { result in
            switch result {
            case .success(let channel): call.send(over: channel)
            case .failure(let error): call.fail(ConnectFailure.words(for: error, configuration))
            }
        }
    }
}
