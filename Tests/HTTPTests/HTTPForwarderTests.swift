import HTTP
import Testing

/// What a proxy passes on, and in which state it leaves its connections to servers.
@Suite struct HTTPForwarderTests {
    @Test func `fields about one connection are not passed on, nor those that it names`() {
        let headers: HTTPHeaders = [
            "Host": "x", "Connection": "close, X-Hop", "x-hop": "1", "Keep-Alive": "5", "TE": "trailers", "Accept": "*/*",
            "User-Agent": "me",
        ]
        #expect(HTTPHeaders.passedOn(headers).pairs.map(\.name) == ["Host", "Accept", "User-Agent"])
        #expect(HTTPHeaders.passedOn(headers, without: ["host"]).pairs.map(\.name) == ["Accept", "User-Agent"])
    }

    @Test func `a client that takes its answer late hands a connection on that works`() async throws {
        let length: Int = 8 << 20
        let answer: HTTPHandler = { _, exchange in exchange.respond(200, [:], [UInt8](repeating: UInt8(ascii: "a"), count: length)) }
        try await withServer(handler: answer) { backend in
            let forwarder = HTTPForwarder(dial: nil)
            let target = HTTPForwarder.Target(host: "127.0.0.1", port: backend.port)
            let pass: HTTPHandler = { request, exchange in
                forwarder.forward(HTTPClientRequest(target: request.path), to: target, HTTPForwarder.Times(), for: exchange) { _ in }
            }
            try await withServer(handler: pass) { front in
                let late = try RawConnection(to: front)
                late.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                for _ in 0..<3 {
                    let other = try RawConnection(to: front)
                    other.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    #expect(await other.read().utf8.count > length)
                }
                late.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                #expect(await late.read().utf8.count > 2 * length)
            }
        }
    }
}
