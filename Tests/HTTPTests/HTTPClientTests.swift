import HTTP
import Synchronization
import TestSupport
import Testing

/// The client against the real server.
@Suite struct HTTPClientTests {
    @Test func `bodies go both ways`() async throws {
        try await withServer(handler: { request, exchange in
            exchange.respond(201, ["X-Method": request.method], request.body)
        }) { server in
            let client: HTTPClient = client(of: server)
            for size in [0, 1, 5_400, 3_000_000] {
                let body: [UInt8] = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
                let answer: HTTPResponse = try await client.send(HTTPClientRequest(method: "PATCH", target: "/x", body: body))
                #expect(answer.status == 201)
                #expect(answer.headers["x-method"] == "PATCH")
                #expect(answer.body == body)
            }
        }
    }

    @Test func `pieces arrive as one body`() async throws {
        try await withServer(handler: { _, exchange in
            exchange.respond(200, [:], pieces: [Array("[".utf8)[...], Array("1,2".utf8).dropLast(2), Array("]".utf8)[...]])
        }) { server in
            let answer: HTTPResponse = try await client(of: server).send(HTTPClientRequest(target: "/x"))
            #expect(answer.text == "[1]")
        }
    }

    @Test func `many requests at the same time all get their own answer`() async throws {
        try await withServer(handler: { request, exchange in Task { exchange.respond(200, [:], Array(request.path.utf8)) } }) { server in
            let client: HTTPClient = client(of: server)
            let answers: [Bool] = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 1...200 {
                    group.addTask { try await client.send(HTTPClientRequest(target: "/\(number)")).text == "/\(number)" }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count == 200 && !answers.contains(false))
        }
    }

    @Test func `a stream brings parts until its end`() async throws {
        try await withServer(handler: { _, exchange in
            exchange.start(200, ["Content-Type": "application/json"])
            Task {
                for number in 1...100 { exchange.send([Array("\(number),".utf8)]) }
                exchange.end()
            }
        }) { server in
            let client: HTTPClient = client(of: server)
            let (status, headers, body) = try await client.stream(HTTPClientRequest(target: "/x"))
            #expect(status == 200)
            #expect(headers["content-type"] == "application/json")
            var text: String = ""
            for try await part in body { text += String(decoding: part, as: UTF8.self) }
            #expect(text == (1...100).map { "\($0)," }.joined())
        }
    }

    @Test func `a slow reader of a stream slows the server`() async throws {
        let sent: Atomic<Int> = Atomic(0)
        try await withServer(handler: { _, exchange in
            exchange.start(200, [:])
            @Sendable func more() {
                while exchange.isWritable, sent.load(ordering: .relaxed) < 20_000_000 {
                    exchange.send([[UInt8](repeating: 0x78, count: 100_000)])
                    sent.add(100_000, ordering: .relaxed)
                }
                if sent.load(ordering: .relaxed) >= 20_000_000 { return exchange.end() }
                exchange.onWritable { more() }
            }
            exchange.execute { more() }
        }) { server in
            let (_, _, body) = try await client(of: server).stream(HTTPClientRequest(target: "/x"))
            // How much the kernel takes before it stops is the machine's affair.
            var before: Int = -1
            try await eventually("the server has stopped") { () -> Bool in
                defer { before = sent.load(ordering: .relaxed) }
                return before > 0 && before == sent.load(ordering: .relaxed)
            }
            #expect(sent.load(ordering: .relaxed) < 20_000_000)
            var size: Int = 0
            for try await part in body { size += part.count }
            #expect(size == 20_000_000)
        }
    }

    @Test func `letting go of a stream closes the connection`() async throws {
        let closed = Event()
        try await withServer(handler: { _, exchange in
            exchange.onClose { closed.happened() }
            exchange.start(200, [:])
            exchange.send([Array("first".utf8)])
        }) { server in
            let client: HTTPClient = client(of: server)
            do {
                let (_, _, body) = try await client.stream(HTTPClientRequest(target: "/x"))
                for try await _ in body { break }
            }
            await closed.wait()
        }
    }

    @Test func `cancelling the task closes the connection`() async throws {
        let arrived = Event()
        let closed = Event()
        try await withServer(handler: { _, exchange in
            exchange.onClose { closed.happened() }
            arrived.happened()
        }) { server in
            let client: HTTPClient = client(of: server)
            let task: Task<HTTPResponse, any Error> = Task { try await client.send(HTTPClientRequest(target: "/x")) }
            await arrived.wait()
            task.cancel()
            await #expect(throws: CancellationError.self) { _ = try await task.value }
            await closed.wait()
        }
    }

    @Test func `a body that is let go of as its answer ends closes no other call's connection`() async throws {
        try await withServer { server in
            let client: HTTPClient = client(of: server)
            for _ in 1...300 {
                _ = try await client.stream(HTTPClientRequest(method: "POST", target: "/x"))
                // Not sent a second time, should its connection be closed under it.
                let answer: HTTPResponse = try await client.send(HTTPClientRequest(method: "POST", target: "/x"))
                #expect(answer.status == 200)
            }
        }
    }

    @Test func `a task that is cancelled already sends nothing`() async throws {
        try await withServer { server in
            let client: HTTPClient = client(of: server)
            let task: Task<HTTPResponse, any Error> = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await client.send(HTTPClientRequest(target: "/x"))
            }
            await #expect(throws: CancellationError.self) { _ = try await task.value }
        }
    }

    @Test func `an answer that does not come in time is given up`() async throws {
        try await withServer(handler: { _, _ in }) { server in
            let client: HTTPClient = client(of: server)
            await #expect(throws: HTTPError.timedOut("http://127.0.0.1:\(server.port)")) {
                _ = try await client.send(HTTPClientRequest(target: "/x", timeout: .milliseconds(50)))
            }
        }
    }

    @Test func `nothing listening is named with its address`() async throws {
        let port = try ClosedPort()
        let client = HTTPClient(HTTPClientConfiguration(host: "127.0.0.1", port: port.number, tls: .init()))
        let error: HTTPError = try await #require(throws: HTTPError.self) { _ = try await client.send(HTTPClientRequest(target: "/x")) }
        #expect(error == .connectionRefused("https://127.0.0.1:\(port.number)"))
        #expect(error.description == "cannot reach https://127.0.0.1:\(port.number) (connection refused)")
    }

    @Test func `an unreachable name on this computer is a refusal too`() async throws {
        let port = try ClosedPort()
        let client = HTTPClient(HTTPClientConfiguration(host: "localhost", port: port.number, tls: nil))
        await #expect(throws: HTTPError.connectionRefused("http://localhost:\(port.number)")) {
            _ = try await client.send(HTTPClientRequest(target: "/x"))
        }
    }

    @Test func `an idle connection that the server closed is replaced`() async throws {
        var limits = HTTPLimits()
        limits.idleTimeout = .milliseconds(1)
        try await withServer(limits: limits) { server in
            let client: HTTPClient = client(of: server)
            for _ in 1...20 {
                let answer: HTTPResponse = try await client.send(HTTPClientRequest(target: "/x"))
                #expect(answer.status == 200)
            }
        }
    }

    @Test func `after a shutdown the next request starts anew`() async throws {
        try await withServer { server in
            let client: HTTPClient = client(of: server)
            for _ in 1...3 {
                let answer: HTTPResponse = try await client.send(HTTPClientRequest(target: "/x"))
                #expect(answer.status == 200)
                client.shutdown()
            }
        }
    }
}
