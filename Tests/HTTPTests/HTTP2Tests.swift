import Cluster
import HTTP
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix
import NIOSSL
import Testing

/// HTTP/2, spoken by NIO's client.
@Suite struct HTTP2Tests {
    @Test func `a request and its answer`() async throws {
        try await withHTTP2 { client in
            let answer: HTTPResponse = try await client.send("POST", "/x?y=z", body: [UInt8](repeating: 1, count: 2_000_000))
            #expect(answer.status == 200)
            #expect(answer.text == "POST /x?y=z HTTP/2 body 2000000 kubernetes-admin of system:masters")
            #expect(answer.headers["date"] != nil)
        }
    }

    @Test func `many streams at once`() async throws {
        try await withHTTP2(handler: { request, exchange in Task { exchange.respond(200, [:], Array(request.path.utf8)) } }) { client in
            let good: Int = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 1...200 { group.addTask { try await client.send("GET", "/\(number)").text == "/\(number)" } }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(good == 200)
        }
    }

    @Test func `a large answer passes the flow control`() async throws {
        let size: Int = 5_000_000
        try await withHTTP2(handler: { _, exchange in exchange.respond(200, [:], [UInt8](repeating: 0x78, count: size)) }) { client in
            let answer: HTTPResponse = try await client.send("GET", "/")
            #expect(answer.body.count == size)
        }
    }

    @Test func `a stream with parts`() async throws {
        try await withHTTP2(handler: { _, exchange in
            exchange.start(200, ["X-Kind": "watch"])
            exchange.send([Array("one ".utf8), Array("two".utf8)])
            Task {
                exchange.send([Array(" three".utf8)])
                exchange.end()
            }
        }) { client in
            let answer: HTTPResponse = try await client.send("GET", "/")
            #expect(answer.text == "one two three")
            #expect(answer.headers["x-kind"] == "watch")
        }
    }

    @Test func `HEAD gets no body`() async throws {
        try await withHTTP2 { client in
            let answer: HTTPResponse = try await client.send("HEAD", "/")
            #expect(answer.body == [])
            #expect(answer.headers["content-length"] == "55")
        }
    }

    @Test func `a body over the limit is refused and the connection goes on`() async throws {
        try await withHTTP2 { client in
            let answer: HTTPResponse = try await client.send("POST", "/", body: [UInt8](repeating: 1, count: 3 * 1024 * 1024 + 1))
            #expect(answer.status == 413)
            let next: HTTPResponse = try await client.send("GET", "/")
            #expect(next.status == 200)
        }
    }

    @Test func `stopping ends the streams`() async throws {
        let started = Event()
        let certificates = try TestCertificates()
        let server: HTTPServer = try await HTTPServer(tls: certificates.tls) { _, exchange in
            exchange.start(200, [:])
            exchange.send([Array("first".utf8)])
            started.happened()
        }
        let client = try await HTTP2Client(server, certificates)
        async let answer: HTTPResponse = client.send("GET", "/")
        await started.wait()
        await server.shutdown(grace: .seconds(30))
        #expect(try await answer.text == "first")
        try await client.close()
    }

    private func withHTTP2(handler: @escaping HTTPHandler = describe, _ body: (HTTP2Client) async throws -> Void) async throws {
        let certificates = try TestCertificates()
        try await withServer(tls: certificates.tls, handler: handler) { server in
            let client = try await HTTP2Client(server, certificates)
            try await body(client)
            try await client.close()
        }
    }
}

/// One HTTP/2 connection of the administrator.
private final class HTTP2Client: Sendable {
    private let channel: any Channel
    private let streams: NIOHTTP2Handler.StreamMultiplexer

    init(_ server: HTTPServer, _ certificates: TestCertificates) async throws {
        var configuration: TLSConfiguration = .makeClientConfiguration()
        configuration.applicationProtocols = ["h2"]
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(certificates.authority.certificatePEM.utf8)))
        configuration.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(certificates.admin.certificatePEM.utf8)).map {
            .certificate($0)
        }
        configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(certificates.admin.keyPEM.utf8), format: .pem))
        let context = try NIOSSLContext(configuration: configuration)
        (channel, streams) = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: server.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(try NIOSSLClientHandler(context: context, serverHostname: "localhost"))
                    let streams: NIOHTTP2Handler.StreamMultiplexer = try channel.pipeline.syncOperations.configureHTTP2Pipeline(
                        mode: .client, connectionConfiguration: .init(), streamConfiguration: .init()
                    ) { $0.eventLoop.makeSucceededVoidFuture() }
                    return (channel, streams)
                }
            }
    }

    func send(_ method: String, _ path: String, body: [UInt8] = []) async throws -> HTTPResponse {
        let promise: EventLoopPromise<HTTPResponse> = channel.eventLoop.makePromise()
        let stream: any Channel = try await streams.createStreamChannel { stream in
            stream.eventLoop.makeCompletedFuture {
                try stream.pipeline.syncOperations.addHandlers(
                    HTTP2FramePayloadToHTTP1ClientCodec(httpProtocol: .https), AnswerCollector(promise))
            }
        }.get()
        let head = HTTPRequestHead(version: .http2, method: HTTPMethod(rawValue: method), uri: path, headers: ["host": "localhost"])
        stream.write(HTTPClientRequestPart.head(head), promise: nil)
        if !body.isEmpty { stream.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: body))), promise: nil) }
        stream.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        return try await promise.futureResult.get()
    }

    func close() async throws {
        // The server may have closed it first.
        try? await channel.close().get()
    }
}

/// Gathers one answer.
private final class AnswerCollector: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let promise: EventLoopPromise<HTTPResponse>
    private var answer = HTTPResponse(status: 0)
    private var isDone: Bool = false

    init(_ promise: EventLoopPromise<HTTPResponse>) {
        self.promise = promise
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            answer.status = Int(head.status.code)
            for (name, value) in head.headers { answer.headers.add(name, value) }
        case .body(let part): answer.body += Array(part.readableBytesView)
        case .end:
            isDone = true
            promise.succeed(answer)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !isDone { promise.fail(ChannelError.eof) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !isDone { promise.fail(error) }
        isDone = true
    }
}
