import Cluster
import HTTP
import Synchronization
import TestSupport
import Testing

/// Connections that leave HTTP: WebSocket and bare bytes, at both ends.
@Suite struct UpgradeTests {
    /// Echoes messages over WebSocket, or bytes under the name `echo`.
    private static let echo: HTTPHandler = { request, exchange in
        let talk: @Sendable (UpgradedConnection) -> Void = { connection in
            Task {
                while let message = await connection.next() { try? await connection.send(message) }
                connection.close()
            }
        }
        if WebSocketHandshake.isAsked(request.headers) {
            let chosen: String? = WebSocketHandshake.protocols(request.headers).first { $0 == "v5.example" }
            guard let headers = WebSocketHandshake.agreement(to: request.headers, protocol: chosen) else {
                return exchange.respond(400, [:], Array("no".utf8))
            }
            exchange.upgrade(headers, to: .webSocket, talk)
        } else if request.headers["upgrade"] == "echo" {
            exchange.upgrade(["Upgrade": "echo", "Connection": "Upgrade"], to: .bytes, talk)
        } else {
            exchange.respond(200, [:], Array("plain".utf8))
        }
    }

    private func connect(_ client: HTTPClient, _ protocols: [String] = []) async throws -> (HTTPHeaders, UpgradedConnection) {
        let request = HTTPClientRequest(target: "/", headers: WebSocketHandshake.request(protocols: protocols), timeout: .seconds(20))
        guard case .upgraded(let headers, let connection) = try await client.upgrade(request, to: .webSocket) else {
            throw HTTPError.closed("test")
        }
        return (headers, connection)
    }

    @Test(arguments: [false, true]) func `messages of all sizes come back as they were`(withTLS: Bool) async throws {
        let certificates: TestCertificates? = withTLS ? try TestCertificates() : nil
        try await withServer(tls: certificates?.tls, handler: Self.echo) { server in
            let client: HTTPClient = client(of: server, tls: certificates.map { .init(caPEM: $0.authority.certificatePEM) })
            let (headers, connection) = try await connect(client, ["v6.example", "v5.example"])
            #expect(headers["Sec-WebSocket-Protocol"] == "v5.example")
            for size in [0, 1, 125, 126, 65535, 65536, 1_000_000] {
                let sent = UpgradedConnection.Message((0..<size).map { UInt8(truncatingIfNeeded: $0) })
                try await connection.send(sent)
                let isSame: Bool = await connection.next() == sent
                #expect(isSame, "\(size) bytes")
            }
            let text = UpgradedConnection.Message(Array("grüße".utf8), isText: true)
            try await connection.send(text)
            #expect(await connection.next() == text)
            connection.close()
            #expect(await connection.next() == nil)
            client.shutdown()
        }
    }

    @Test func `bytes sent ahead of the answer are not lost`() async throws {
        try await withServer(handler: Self.echo) { server in
            let raw = try RawConnection(to: server)
            raw.write("POST /x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nahead of time")
            let answer: String = await raw.read(until: "ahead of time")
            #expect(answer.hasPrefix("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\nDate: "))
            #expect(answer.hasSuffix("\r\n\r\nahead of time"))
            raw.write(" and later")
            #expect(await raw.read(until: "later") == " and later")
        }
    }

    @Test func `an offer that is not taken is the connection's last answer`() async throws {
        try await withServer(handler: Self.echo) { server in
            let raw = try RawConnection(to: server)
            raw.write("GET /x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n")
            let answer: String = await raw.read()
            #expect(answer.contains("\r\nConnection: close\r\n"))
            #expect(answer.hasSuffix("plain"))
            let client: HTTPClient = client(of: server)
            let request = HTTPClientRequest(target: "/", headers: ["Connection": "Upgrade", "Upgrade": "other"])
            guard case .refused(let response) = try await client.upgrade(request, to: .bytes) else {
                Issue.record("the server agreed")
                return
            }
            #expect(response.text == "plain")
            client.shutdown()
        }
    }

    @Test func `a ping is answered, fragments are joined, and a close frame is given back`() async throws {
        try await withServer(handler: Self.echo) { server in
            let raw = try RawConnection(to: server)
            raw.write(
                "GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
            // The key and its answer are those of RFC 6455, section 1.3.
            #expect(await raw.read(until: "\r\n\r\n").contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
            let key: String = "\0\0\0\0"  // masks nothing
            raw.write(bytes: [0x89, 0x82] + Array(key.utf8) + Array("hi".utf8))
            raw.write(bytes: [0x01, 0x83] + Array(key.utf8) + Array("one".utf8))
            raw.write(bytes: [0x80, 0x84] + Array(key.utf8) + Array(" two".utf8))
            #expect(await raw.read(bytes: 4) == [0x8A, 2] + Array("hi".utf8))
            #expect(await raw.read(bytes: 9) == [0x81, 7] + Array("one two".utf8))
            raw.write(bytes: [0x88, 0x82] + Array(key.utf8) + [0x03, 0xE8])
            #expect(await raw.read(bytes: 5) == [0x88, 2, 0x03, 0xE8])
        }
    }

    @Test func `a frame that is not masked ends the connection with 1002`() async throws {
        try await withServer(handler: Self.echo) { server in
            let raw = try RawConnection(to: server)
            raw.write(
                "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
            _ = await raw.read(until: "\r\n\r\n")
            raw.write(bytes: [0x82, 0x01, 0x41])
            #expect(await raw.read(bytes: 200).prefix(4).suffix(2) == [0x03, 0xEA])
        }
    }

    @Test func `a sender waits for a reader that is slow`() async throws {
        let sent = Counter()
        try await withServer(handler: { request, exchange in
            guard let headers = WebSocketHandshake.agreement(to: request.headers, protocol: nil) else { return }
            exchange.upgrade(headers, to: .webSocket) { connection in
                Task {
                    for _ in 0..<1000 {
                        try await connection.send(.init([UInt8](repeating: 7, count: 100_000)))
                        sent.add()
                    }
                    connection.close()
                }
            }
        }) { server in
            let client: HTTPClient = client(of: server)
            let (_, connection) = try await connect(client)
            _ = await connection.next()
            let held: Int = try await sent.whenItStays()
            // What the kernel's buffers and ours hold, of 100 MB.
            #expect(held < 500)
            var received = 1
            while await connection.next() != nil { received += 1 }
            #expect(received == 1000)
            #expect(connection.ending == .finished(code: 1000, reason: ""))
            client.shutdown()
        }
    }

    @Test func `streams of SPDY go their own ways over one connection`() async throws {
        let serve: HTTPHandler = { _, exchange in
            exchange.upgrade(["Upgrade": "SPDY/3.1", "Connection": "Upgrade"], to: .bytes) { connection in
                let session = SPDYSession(connection, isClient: false)
                Task {
                    async let reading: Void = session.run()
                    await withDiscardingTaskGroup { group in
                        for await stream in session.incoming {
                            group.addTask {
                                stream.accept()
                                guard stream["kind"] != "refused" else { return stream.reset() }
                                while let bytes = await stream.read() { try? await stream.write(bytes) }
                                stream.finish()
                            }
                        }
                    }
                    await reading
                }
            }
        }
        try await withServer(handler: serve) { server in
            let client: HTTPClient = client(of: server)
            let request = HTTPClientRequest(method: "POST", target: "/", headers: ["Connection": "Upgrade", "Upgrade": "SPDY/3.1"])
            guard case .upgraded(_, let connection) = try await client.upgrade(request, to: .bytes) else {
                Issue.record("the server did not agree")
                return
            }
            let session = SPDYSession(connection, isClient: true)
            let reading = Task { await session.run() }
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        let stream: SPDYStream = try session.open([SPDYHeader("kind", "data"), SPDYHeader("number", "\(number)")])
                        let sent = [UInt8](repeating: UInt8(number), count: 300_000)
                        async let writing: Void = {
                            try await stream.write(sent)
                            stream.finish()
                        }()
                        var received: [UInt8] = []
                        while let bytes = await stream.read() { received += bytes }
                        try await writing
                        return received == sent
                    }
                }
                for try await isSame in group { #expect(isSame) }
            }
            #expect(await (try session.open([SPDYHeader("kind", "refused")])).read() == nil)
            session.close()
            await reading.value
            client.shutdown()
        }
    }

    @Test func `a server that stops says so`() async throws {
        let server: HTTPServer = try await HTTPServer(tls: nil, handler: Self.echo)
        let client: HTTPClient = client(of: server)
        let (_, connection) = try await connect(client)
        async let stopped: Void = server.shutdown(grace: .seconds(5))
        #expect(await connection.next() == nil)
        #expect(connection.ending == .finished(code: 1001, reason: "the server stops"))
        await stopped
        client.shutdown()
    }
}

/// Counts on several threads.
final class Counter: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func add() { count.withLock { $0 += 1 } }

    /// The value when it has stopped to rise.
    func whenItStays() async throws -> Int {
        var (last, same): (Int, Int) = (0, 0)
        try await eventually("the count stays", within: .seconds(120)) {
            same = last == value ? same + 1 : 0
            last = value
            return last > 0 && same >= 8
        }
        return last
    }
}
