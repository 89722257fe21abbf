import Dispatch
import HTTP
import Synchronization
import Testing

/// What a client sees of the server on HTTP/1, down to the bytes.
@Suite struct HTTPServerTests {
    @Test func `a connection serves one request after the other`() async throws {
        try await withServer { server in
            let raw = try RawConnection(to: server)
            for number in 1...3 {
                raw.write("GET /pods/\(number)?watch=0&a=b%20c HTTP/1.1\r\nHost: x\r\n\r\n")
                let answer: String = await raw.read(until: "body 0")
                #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
                #expect(answer.hasSuffix("GET /pods/\(number)?watch=0&a=b%20c HTTP/1.1 body 0"))
                #expect(answer.contains("\r\nDate: "))
            }
        }
    }

    @Test func `requests sent ahead are answered in order`() async throws {
        // The first answer comes from a task, later than the others could be given.
        try await withServer(handler: { request, exchange in
            let answer: [UInt8] = Array("<\(request.path)>".utf8)
            if request.path == "/1" { Task { exchange.respond(200, [:], answer) } } else { exchange.respond(200, [:], answer) }
        }) { server in
            let raw = try RawConnection(to: server)
            raw.write((1...2000).map { "GET /\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
            let text: String = await raw.read(until: "</2000>")
            let order: [Int] = text.split(separator: "<").dropFirst().compactMap { Int($0.dropFirst().prefix { $0 != ">" }) }
            let isInOrder: Bool = order == Array(1...2000)
            #expect(isInOrder)
        }
    }

    @Test func `answers that a client asked for ahead and does not take are not made`() async throws {
        let answer = [UInt8](repeating: 120, count: 1 << 18)
        let count = Mutex(0)
        try await withServer(handler: { _, exchange in
            count.withLock { $0 += 1 }
            exchange.respond(200, [:], answer)
        }) { server in
            let raw = try RawConnection(to: server)
            raw.write(
                String(repeating: "GET / HTTP/1.1\r\nHost: x\r\n\r\n", count: 59) + "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            )
            let length: Int = await raw.read(until: "\r\n\r\n").count
            // Some are on their way, in the kernel's buffers.
            #expect(count.withLock { $0 } < 40)
            let rest: [UInt8] = await raw.read(bytes: 60 << 18)
            #expect(length + rest.count > 60 << 18 && count.withLock { $0 } == 60)
        }
    }

    @Test func `a body may come in chunks`() async throws {
        try await withServer { server in
            let raw = try RawConnection(to: server)
            raw.write("POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
            #expect(await raw.read(until: "body").hasSuffix("POST /x HTTP/1.1 body 11") == true)
        }
    }

    @Test func `a client that asks first is told to go on`() async throws {
        try await withServer { server in
            let raw = try RawConnection(to: server)
            raw.write("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
            #expect(await raw.read(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
            raw.write("hello")
            #expect(await raw.read(until: "body").hasSuffix("body 5"))
        }
    }

    @Test(arguments: [
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n" + String(repeating: "x", count: 101),
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" + String(repeating: "x", count: 101) + "\r\n0\r\n\r\n",
    ])
    func `a body over the limit is refused`(request: String) async throws {
        var limits = HTTPLimits()
        limits.bodySize = 100
        try await withServer(limits: limits) { server in
            let raw = try RawConnection(to: server)
            raw.write(request)
            let answer: String = await raw.read()
            #expect(answer.hasPrefix("HTTP/1.1 413 "))
            #expect(answer.contains("\r\nConnection: close\r\n"))
            #expect(answer.hasSuffix("limit is 100 bytes\n"))
        }
    }

    @Test(arguments: ["", "Host: x\r\nHost: y\r\n"])
    func `a request that names no host, or two, is refused`(fields: String) async throws {
        try await withServer { server in
            let raw = try RawConnection(to: server)
            raw.write("GET / HTTP/1.1\r\n\(fields)\r\n")
            #expect(await raw.read().hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        }
    }

    @Test func `bytes that are no HTTP are refused`() async throws {
        try await withServer { server in
            let raw = try RawConnection(to: server)
            raw.write("This is no HTTP\r\n\r\n")
            #expect(await raw.read().hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        }
    }

    @Test func `a head over the limit is refused`() async throws {
        try await withServer { server in
            let raw = try RawConnection(to: server)
            raw.write("GET / HTTP/1.1\r\nHost: x\r\nA: \(String(repeating: "a", count: 70_000))\r\n\r\n")
            #expect(await raw.read().hasPrefix("HTTP/1.1 431 "))
        }
    }

    @Test func `HEAD gets the length and no body`() async throws {
        try await withServer { server in
            let raw = try RawConnection(to: server)
            raw.write("HEAD /x HTTP/1.1\r\nHost: x\r\n\r\nGET /y HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            let answer: String = await raw.read()
            #expect(answer.contains("Content-Length: 23\r\n"))
            #expect(answer.contains("GMT\r\n\r\nHTTP/1.1 200 OK"))
            #expect(answer.hasSuffix("GET /y HTTP/1.1 body 0"))
        }
    }

    @Test func `HTTP 1.0 gets its answer and a close`() async throws {
        try await withServer { server in
            let raw = try RawConnection(to: server)
            raw.write("GET /x HTTP/1.0\r\n\r\n")
            let answer: String = await raw.read()
            #expect(answer.hasPrefix("HTTP/1.0 200 OK"))
            #expect(answer.hasSuffix("GET /x HTTP/1.0 body 0"))
        }
    }

    @Test func `an absolute target is taken as its path`() async throws {
        try await withServer { server in
            let raw = try RawConnection(to: server)
            raw.write("GET http://proxy.example/x/y?z HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(await raw.read(until: "body").contains("GET /x/y?z HTTP/1.1"))
        }
    }

    @Test func `a stream comes in chunks`() async throws {
        try await withServer(handler: { _, exchange in
            exchange.start(200, [:])
            exchange.send([Array("one ".utf8), Array("part".utf8)])
            exchange.end()
        }) { server in
            let raw = try RawConnection(to: server)
            raw.write("GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            let answer: String = await raw.read()
            #expect(answer.contains("Transfer-Encoding: chunked\r\n"))
            #expect(answer.hasSuffix("\r\n\r\n8\r\none part\r\n0\r\n\r\n"))
        }
    }

    @Test func `user text in a header cannot start another`() async throws {
        try await withServer(handler: { _, exchange in exchange.respond(200, ["Warning": "299 - \"a\r\nSet-Cookie: b\""], []) }) { server in
            let raw = try RawConnection(to: server)
            raw.write("GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(await raw.read().contains("\r\nWarning: 299 - \"a  Set-Cookie: b\"\r\n"))
        }
    }

    @Test func `a client that keeps its connection without a word loses it`() async throws {
        var limits = HTTPLimits()
        limits.headerTimeout = .milliseconds(100)
        try await withServer(limits: limits) { server in
            let raw = try RawConnection(to: server)
            raw.write("GET / HTTP/1.1\r\nHo")
            #expect(await raw.read() == "")
        }
    }

    @Test func `a body that does not come is not waited for`() async throws {
        var limits = HTTPLimits()
        limits.bodyTimeout = .milliseconds(100)
        try await withServer(limits: limits) { server in
            let raw = try RawConnection(to: server)
            raw.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12")
            #expect(await raw.read().hasPrefix("HTTP/1.1 408 "))
        }
    }

    @Test func `a stream notices that its client left`() async throws {
        let closed = Event()
        try await withServer(handler: { _, exchange in
            exchange.onClose { closed.happened() }
            exchange.start(200, [:])
            exchange.send([Array("first".utf8)])
        }) { server in
            do {
                let raw = try RawConnection(to: server)
                raw.write("GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(await raw.read(until: "first").contains("first"))
            }
            await closed.wait()
        }
    }

    @Test func `a slow client is noticed and then served to the end`() async throws {
        let stalled = Event()
        let size: Int = 20_000_000
        try await withServer(handler: { _, exchange in
            exchange.start(200, [:])
            @Sendable func more(_ sent: Int) {
                var sent: Int = sent
                while exchange.isWritable, sent < size {
                    exchange.send([[UInt8](repeating: 0x78, count: 100_000)])
                    sent += 100_000
                }
                if sent >= size { return exchange.end() }
                stalled.happened()
                let next: Int = sent
                exchange.onWritable { more(next) }
            }
            exchange.execute { more(0) }
        }) { server in
            let raw = try RawConnection(to: server)
            raw.write("GET /x HTTP/1.0\r\n\r\n")
            await stalled.wait()
            #expect(await raw.read().utf8.count > size)
        }
    }

    @Test func `other connections have their turn between the slices of a long answer`() async throws {
        let (asked, mayAnswer, ended): (Event, DispatchSemaphore, Event) = (Event(), DispatchSemaphore(value: 0), Event())
        let order = Mutex<[String]>([])
        let note: @Sendable (String) -> Void = { what in order.withLock { $0.append(what) } }
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 16 << 20)
        try await withServer(handler: { request, exchange in
            guard request.path == "/long" else {
                note(request.path)
                return exchange.respond(200, [:], Array("ok".utf8))
            }
            exchange.onClose {
                note("end")
                ended.happened()
            }
            // The loop stands still until the other request is there.
            asked.happened()
            mayAnswer.wait()
            exchange.respond(200, [:], long)
        }) { server in
            let (first, second): (RawConnection, RawConnection) = (try RawConnection(to: server), try RawConnection(to: server))
            second.write("GET /known HTTP/1.1\r\nHost: x\r\n\r\n")
            _ = await second.read(until: "ok")
            first.write("GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
            await asked.wait()
            second.write("GET /small HTTP/1.1\r\nHost: x\r\n\r\n")
            mayAnswer.signal()
            let bytes: [UInt8] = await first.read(bytes: long.count)
            #expect(bytes.count == long.count)
            await ended.wait()
            #expect(order.withLock { $0 } == ["/known", "/small", "end"])
        }
    }

    @Test func `a client that reads nothing of a long answer loses its connection`() async throws {
        let ended: Event = Event()
        var limits = HTTPLimits()
        limits.answerTimeout = .milliseconds(100)
        try await withServer(
            limits: limits,
            handler: { _, exchange in
                exchange.onClose { ended.happened() }
                exchange.respond(200, [:], [UInt8](repeating: 0, count: 64 << 20))
            }
        ) { server in
            let raw = try RawConnection(to: server)
            raw.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            await ended.wait()
        }
    }

    @Test func `a port in use is named`() async throws {
        try await withServer { server in
            await #expect(throws: HTTPError.portInUse(host: "127.0.0.1", port: server.port)) {
                _ = try await HTTPServer(port: server.port, tls: nil, handler: describe)
            }
        }
    }

    @Test func `stopping ends streams and lets requests finish`() async throws {
        let started = Event()
        let release = Event()
        let server: HTTPServer = try await HTTPServer(tls: nil) { request, exchange in
            if request.path == "/watch" {
                exchange.start(200, [:])
                exchange.send([Array("first".utf8)])
            } else {
                started.happened()
                Task {
                    await release.wait()
                    exchange.respond(200, [:], Array("late".utf8))
                }
            }
        }
        let watch = try RawConnection(to: server)
        watch.write("GET /watch HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(await watch.read(until: "first").contains("first"))
        let slow = try RawConnection(to: server)
        slow.write("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        await started.wait()
        async let stopped: Void = server.shutdown(grace: .seconds(30))
        #expect(await watch.read().hasSuffix("0\r\n\r\n"))
        release.happened()
        #expect(await slow.read().hasSuffix("late"))
        await stopped
    }
}
