import NIOCore
import NIOHTTP1
import NIOSSL

/// One connection of a client: carries one call at a time. Lives on the client's event loop.
final class ClientConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let pool: ClientPool
    private let configuration: HTTPClientConfiguration
    private var address: String { configuration.address }
    private var context: ChannelHandlerContext?
    private var call: ClientCall?
    private var isReused: Bool = false
    private var keepsAlive: Bool = true
    private var idleSince: NIODeadline = .now()
    private var failure: (any Error)?

    init(pool: ClientPool) {
        self.pool = pool
        configuration = pool.configuration
    }

    /// Whether a request may be sent over it: open, and not idle for so long that the server may be about to close it.
    var isUsable: Bool {
        guard let context, context.channel.isActive else { return false }
        return NIODeadline.now() - idleSince < .seconds(30)
    }

    /// Sends a request. `isReused` says that the connection served another before.
    func send(_ call: ClientCall, isReused: Bool) {
        guard let context else { return call.fail(failure ?? HTTPError.closed(address)) }
        self.call = call
        self.isReused = isReused
        call.connection = self
        let request: HTTPClientRequest = call.request
        var fields: NIOHTTP1.HTTPHeaders = request.headers.fields
        if !fields.contains(name: "host") { fields.add(name: "Host", value: configuration.authority) }
        let method: HTTPMethod = HTTPMethod(rawValue: request.method)
        if !request.body.isEmpty || method == .POST || method == .PUT || method == .PATCH {
            fields.replaceOrAdd(name: "Content-Length", value: String(request.body.count))
        }
        let head = HTTPRequestHead(version: .http1_1, method: method, uri: request.target, headers: fields)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !request.body.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: request.body)))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func close() {
        context?.close(promise: nil)
    }

    // MARK: - Channel

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            keepsAlive = head.isKeepAlive
            call?.received(status: Int(head.status.code), headers: HTTPHeaders(head.headers), from: context.channel, pool: pool)
        case .body(let part): call?.received(part)
        case .end: ended()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        pool.forget(self)
        let call: ClientCall? = self.call
        self.call = nil
        if let call, !call.isOver {
            if isReused, !call.hasAnswer, call.request.isSafe { pool.retry(call) } else { call.fail(failure ?? HTTPError.closed(address)) }
        }
        context.fireChannelInactive()
    }

    /// Notes the first error in words; the channel closes after it and the call fails with it.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if failure == nil {
            let tls: NIOSSLHandler? = try? context.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self)
            failure = TransportFailure.words(for: error, configuration, peer: tls?.peerCertificate)
        }
        if !(error is NIOSSLError) || call != nil { context.close(promise: nil) }
    }

    // MARK: - Details

    private func ended() {
        let call: ClientCall? = self.call
        self.call = nil
        call?.connection = nil
        if keepsAlive {
            idleSince = .now()
            pool.release(self)
        } else {
            close()
        }
        call?.finish()
    }
}

extension HTTPClientRequest {
    /// Whether sending it twice does no harm. Source: RFC 9110, 9.2.1.
    var isSafe: Bool { isRepeatable || method == "GET" || method == "HEAD" || method == "OPTIONS" }
}
