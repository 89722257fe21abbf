import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOSSL
import NIOTLS

/// One connection of a client: its pipeline, who is at the other end, and the requests that are under way on it.
///
/// Invariant: lives on its channel's event loop.
final class ServerConnection {
    let channel: any Channel
    let table: ConnectionTable
    let remoteAddress: String
    let localPort: Int
    /// Read once, when the handshake is done.
    private(set) var peer: PeerCertificate?
    /// Streams with a request that is being read or answered.
    private var active: [ServerStreamHandler] = []
    /// When the connection is closed unless a request is under way.
    private var deadline: NIODeadline
    private var goAway: HTTP2GoAway?
    private var isClosing: Bool = false

    init(channel: any Channel, table: ConnectionTable) {
        self.channel = channel
        self.table = table
        self.remoteAddress = channel.remoteAddress?.ipAddress ?? ""
        self.localPort = channel.localAddress?.port ?? 0
        self.deadline = .now() + TimeAmount(table.service.limits.headerTimeout)
    }

    /// Whether no further request is wanted.
    var isDraining: Bool { table.isDraining }

    // MARK: - Pipeline

    /// TLS with ALPN and then HTTP/2 or HTTP/1.1; without TLS HTTP/1.1.
    func configure() throws {
        switch table.service.tls {
        case nil: try configureHTTP1()
        case .one(let identity): try secure(identity.current)
        case .byName(let identities):
            let connection: NIOLoopBound<ServerConnection> = NIOLoopBound(self, eventLoop: channel.eventLoop)
            let chooser = SNIHandler { [channel] result in
                channel.eventLoop.makeCompletedFuture {
                    let name: String? = if case .hostname(let name) = result { name } else { nil }
                    try connection.value.secure(try identities.context(for: name))
                }
            }
            try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(chooser))
        }
    }

    private func secure(_ context: NIOSSLContext) throws {
        let connection: NIOLoopBound<ServerConnection> = NIOLoopBound(self, eventLoop: channel.eventLoop)
        try channel.pipeline.syncOperations.addHandlers(
            NIOSSLServerHandler(context: context),
            ApplicationProtocolNegotiationHandler { result, channel in
                channel.eventLoop.makeCompletedFuture { try connection.value.handshakeDone(result) }
            })
    }

    private func handshakeDone(_ result: ALPNResult) throws {
        let handler: NIOSSLServerHandler = try channel.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)
        peer = try handler.peerCertificate.map { try PeerCertificate($0) }
        switch result {
        case .negotiated("h2"): try configureHTTP2()
        case .negotiated, .fallback: try configureHTTP1()
        }
    }

    /// The branch where an upgrade can take over the connection; see `ServerStreamHandler.upgrade`.
    private func configureHTTP1() throws {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderListSize = table.service.limits.headerSize
        limits.maxHeaderFieldSize = table.service.limits.headerSize
        try channel.pipeline.syncOperations.addHandlers(
            ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits)),
            ServerStreamHandler(connection: self, wire: .http1))
    }

    private func configureHTTP2() throws {
        let limits: HTTPLimits = table.service.limits
        let window: Int = 256 * 1024
        var configuration = NIOHTTP2Handler.Configuration()
        configuration.connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: limits.streamsPerConnection),
            HTTP2Setting(parameter: .maxHeaderListSize, value: limits.headerSize),
            HTTP2Setting(parameter: .initialWindowSize, value: window),
        ]
        configuration.connection.targetWindowSize = 4 * window
        configuration.stream.targetWindowSize = window
        configuration.stream.outboundBufferSizeHighWatermark = 64 * 1024
        configuration.stream.outboundBufferSizeLowWatermark = 32 * 1024
        // A client that leaves many watches at once (kubectl, an operator at its end) resets as many streams.
        configuration.stream.streamResetFrameRateLimit.maximumCount = 2000
        let goAway = HTTP2GoAway()
        let connection: NIOLoopBound<(ServerConnection, HTTP2GoAway)> = NIOLoopBound((self, goAway), eventLoop: channel.eventLoop)
        _ = try channel.pipeline.syncOperations.configureHTTP2Pipeline(
            mode: .server, connectionConfiguration: configuration.connection, streamConfiguration: configuration.stream
        ) { stream in
            stream.eventLoop.makeCompletedFuture {
                let (connection, goAway): (ServerConnection, HTTP2GoAway) = connection.value
                if let id = try stream.syncOptions?.getOption(HTTP2StreamChannelOptions.streamID) { goAway.last = max(goAway.last, id) }
                try stream.pipeline.syncOperations.addHandlers(
                    HTTP2FramePayloadToHTTP1ServerCodec(), ServerStreamHandler(connection: connection, wire: .http2))
            }
        }
        try channel.pipeline.syncOperations.addHandler(goAway)
        self.goAway = goAway
        if isDraining { goAway.send() }
    }

    // MARK: - Requests

    /// A request began on this stream.
    func began(_ stream: ServerStreamHandler) {
        active.append(stream)
    }

    /// The request on this stream was answered, or its stream is gone.
    func ended(_ stream: ServerStreamHandler) {
        guard let index = active.lastIndex(where: { $0 === stream }) else { return }
        active.swapAt(index, active.count - 1)
        active.removeLast()
        guard active.isEmpty else { return }
        deadline = .now() + TimeAmount(table.service.limits.idleTimeout)
        if isDraining { closeWhenSent() }
    }

    /// Closes what is over its time.
    func enforceLimits(_ now: NIODeadline) {
        if active.isEmpty {
            // HTTP/2 clients are told first; one that does not even take that is left.
            if now > deadline { isClosing ? close() : closeWhenSent() }
        } else {
            for stream: ServerStreamHandler in active where stream.isLate(now) { stream.timeOut() }
        }
    }

    /// The server stops: no further request is taken, streams end, and the connection closes after the last answer.
    func drain() {
        goAway?.send()
        for stream: ServerStreamHandler in active { stream.drain() }
        if active.isEmpty { closeWhenSent() }
    }

    /// Closes when all that was written has left: a close on its own throws away what waits for the socket.
    func closeWhenSent() {
        isClosing = true
        let sent: EventLoopPromise<Void> = channel.eventLoop.makePromise()
        sent.futureResult.whenComplete { [channel] _ in channel.close(promise: nil) }
        if let goAway { goAway.send(sent) } else { channel.writeAndFlush(ByteBuffer(), promise: sent) }
    }

    /// Closes now.
    func close() {
        channel.close(promise: nil)
    }
}

/// Tells an HTTP/2 client to send no further request on this connection.
final class HTTP2GoAway: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    /// The latest stream: clients send again elsewhere what they sent after it.
    var last: HTTP2StreamID = .rootStream
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// Sends the frame; streams that are open go on. `promise` is kept when the frame and all before it have left.
    func send(_ promise: EventLoopPromise<Void>? = nil) {
        guard let context else { return promise?.succeed() ?? () }
        let payload: HTTP2Frame.FramePayload = .goAway(lastStreamID: last, errorCode: .noError, opaqueData: nil)
        context.writeAndFlush(wrapOutboundOut(HTTP2Frame(streamID: .rootStream, payload: payload)), promise: promise)
    }

    /// Errors of one stream are that stream's; those of the connection end it.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
