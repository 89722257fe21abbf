import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix

/// One request over HTTP/2 without TLS, by prior knowledge, on a connection of its own: what gRPC needs.
package enum HTTP2Call {
    package struct Answer: Sendable {
        package var status: Int
        package var headers: HTTPHeaders
        package var body: [UInt8]
        /// Fields behind the body; those of the head when there was no body.
        package var trailers: HTTPHeaders
    }

    /// Sends a request and waits for the whole answer. Takes the socket over; the caller limits the time by cancelling.
    package static func send(_ request: HTTPClientRequest, authority: String, over socket: Int32) async throws -> Answer {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { group.shutdownGracefully { _ in } }
        let promise: EventLoopPromise<Answer> = begin(request, authority, on: group) { $0.withConnectedSocket(socket) }
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            promise.fail(CancellationError())
        }
    }

    /// Sends a request to a server and waits for the whole answer; for its connection as long as `limit`, and so long again for the answer.
    package static func send(_ request: HTTPClientRequest, host: String, port: Int, within limit: Duration) async throws -> Answer {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { group.shutdownGracefully { _ in } }
        let promise: EventLoopPromise<Answer> = begin(request, "\(host):\(port)", on: group) {
            $0.connectTimeout(TimeAmount(limit)).connect(host: host, port: port)
        }
        let end: Scheduled<Void> = group.next().scheduleTask(in: TimeAmount(limit * 2)) { promise.fail(HTTPError.timedOut(host)) }
        defer { end.cancel() }
        return try await promise.futureResult.get()
    }

    /// Sends a request to a server behind a Unix socket and holds the thread until the answer is there or the time is up.
    package static func send(_ request: HTTPClientRequest, toSocket path: String, within limit: Duration) throws -> Answer {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { group.shutdownGracefully { _ in } }
        let promise: EventLoopPromise<Answer> = begin(request, "localhost", on: group) { $0.connect(unixDomainSocketPath: path) }
        let end: Scheduled<Void> = group.next().scheduleTask(in: TimeAmount(limit)) { promise.fail(HTTPError.timedOut(path)) }
        defer { end.cancel() }
        return try promise.futureResult.wait()
    }

    private static func begin(
        _ request: HTTPClientRequest, _ authority: String, on group: MultiThreadedEventLoopGroup,
        _ connect: (ClientBootstrap) -> EventLoopFuture<any Channel>
    ) -> EventLoopPromise<Answer> {
        let promise: EventLoopPromise<Answer> = group.next().makePromise()
        let bootstrap: ClientBootstrap = ClientBootstrap(group: group).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                let streams: NIOHTTP2Handler.StreamMultiplexer = try channel.pipeline.syncOperations.configureHTTP2Pipeline(
                    mode: .client, connectionConfiguration: .init(), streamConfiguration: .init()
                ) { $0.close() }
                streams.createStreamChannel(promise: nil) { stream in
                    stream.pipeline.addHandler(HTTP2CallHandler(request, authority: authority, promise))
                }
                try channel.pipeline.syncOperations.addHandler(HTTP2CallEnd(promise))
            }
        }
        connect(bootstrap).whenFailure { promise.fail($0) }
        return promise
    }
}

/// The stream of a call: sends the request when it is open, gathers the answer.
private final class HTTP2CallHandler: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private let request: HTTPClientRequest
    private let authority: String
    private let promise: EventLoopPromise<HTTP2Call.Answer>
    private var answer = HTTP2Call.Answer(status: 0, headers: [:], body: [], trailers: [:])
    private static let most = 1 << 20

    init(_ request: HTTPClientRequest, authority: String, _ promise: EventLoopPromise<HTTP2Call.Answer>) {
        self.request = request
        self.authority = authority
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        var fields: HPACKHeaders = [
            ":method": request.method, ":scheme": "http", ":path": request.target, ":authority": authority,
        ]
        for (name, value) in request.headers.pairs { fields.add(name: name.lowercased(), value: value) }
        let body = HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(ByteBuffer(bytes: request.body)), endStream: true))
        context.write(wrapOutboundOut(.headers(.init(headers: fields))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(body), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .headers(let part):
            let isFirst: Bool = answer.status == 0
            if let status = part.headers.first(name: ":status").flatMap({ Int($0) }), status >= 200 { answer.status = status }
            for (name, value, _) in part.headers where !name.hasPrefix(":") {
                if isFirst { answer.headers.add(name, value) }
                answer.trailers.add(name, value)
            }
            if part.endStream { promise.succeed(answer) }
        case .data(let part):
            if case .byteBuffer(let buffer) = part.data { answer.body += Array(buffer.readableBytesView) }
            if answer.body.count > Self.most { promise.fail(HTTPError.malformedAnswer(authority)) }
            if part.endStream { promise.succeed(answer) }
        case .rstStream, .goAway: promise.fail(HTTPError.closed(authority))
        default: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) { promise.fail(HTTPError.closed(authority)) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { promise.fail(error) }
}

/// The connection of a call: its end is the call's.
private final class HTTP2CallEnd: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = Any

    private let promise: EventLoopPromise<HTTP2Call.Answer>

    init(_ promise: EventLoopPromise<HTTP2Call.Answer>) { self.promise = promise }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(HTTPError.closed("the server"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.close(promise: nil)
    }
}
