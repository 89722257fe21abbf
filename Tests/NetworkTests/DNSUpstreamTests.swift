import Glibc
import Sandbox
import Synchronization
import Testing

@testable import Network

/// Questions that the cluster passes on, against a name server of the test's own.
@Suite struct DNSUpstreamTests {
    /// Answers each question with an address; names beginning with `big` with many of them, `gone` with none; counts what it is asked.
    private final class Server: Sendable {
        let port: Int
        let asked = Atomic<Int>(0)
        private let datagrams: Int32
        private let listener: Int32

        init() throws {
            let listener: Int32 = try ClusterNetwork.hostListener("127.0.0.1", port: 0)
            self.listener = listener
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            _ = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &length) }
            }
            let port = Int(UInt16(bigEndian: address.sin_port))
            self.port = port
            datagrams = try ClusterNetwork.hostListener("127.0.0.1", port: port, isStream: false)
            for fd in [listener, datagrams] { _ = fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK) }
        }

        /// Serves until ``stop()``.
        func start() {
            Task.detached { [self] in
                await BlockingThread.run {
                    var buffer = [UInt8](repeating: 0, count: 4096)
                    while true {
                        var from = sockaddr_in()
                        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
                        let count: Int = withUnsafeMutablePointer(to: &from) { pointer in
                            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                                recvfrom(self.datagrams, &buffer, buffer.count, 0, $0, &length)
                            }
                        }
                        guard count > 0 else { return }
                        var answer: [UInt8] = self.answer(Array(buffer[..<count]))
                        if answer.count > 512 {
                            answer[2] |= 2
                            answer = Array(answer[..<512])
                        }
                        _ = withUnsafePointer(to: &from) { pointer in
                            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                                sendto(self.datagrams, answer, answer.count, 0, $0, length)
                            }
                        }
                    }
                }
            }
            Task.detached { [self] in
                await BlockingThread.run {
                    while true {
                        let fd: Int32 = accept(self.listener, nil, nil)
                        guard fd >= 0 else { return }
                        if let head = DNSUpstream.read(fd, 2), let message = DNSUpstream.read(fd, Int(head[0]) << 8 | Int(head[1])) {
                            _ = DNSUpstream.write(fd, self.answer(message))
                        }
                        close(fd)
                    }
                }
            }
        }

        private func answer(_ message: [UInt8]) -> [UInt8] {
            asked.wrappingAdd(1, ordering: .relaxed)
            guard let query = DNSQuery(message) else { return message }
            if query.name.first == "gone" {
                return DNSAnswer(code: .noSuchName).bytes(for: query, zone: ["test"], limit: 65_535)
            }
            let count: Int = query.name.first == "big" ? 60 : 1
            let records: [DNSRecord] = (0..<count).map { DNSRecord(name: query.name, content: .address([192, 0, 2, UInt8($0)])) }
            return DNSAnswer(records: records).bytes(for: query, zone: ["test"], limit: 65_535)
        }

        func stop() {
            shutdown(datagrams, Int32(SHUT_RDWR))
            shutdown(listener, Int32(SHUT_RDWR))
        }
    }

    private func question(_ name: String, id: UInt8 = 7, size: UInt16? = nil) -> [UInt8] {
        var bytes: [UInt8] = [0, id, 1, 0, 0, 1, 0, 0, 0, 0, 0, size == nil ? 0 : 1]
        for label in name.split(separator: ".") { bytes += [UInt8(label.utf8.count)] + Array(label.utf8) }
        bytes += [0, 0, 1, 0, 1]
        if let size { bytes += [0, 0, 41, UInt8(size >> 8), UInt8(size & 0xFF), 0, 0, 0, 0, 0, 0] }
        return bytes
    }

    private func ask(_ upstream: DNSUpstream, _ message: [UInt8], limit: Int = 512, isStream: Bool = false) async throws -> [UInt8]? {
        let query = try #require(DNSQuery(message))
        return await BlockingThread.run { upstream.ask(message, query, limit: limit, isStream: isStream) }
    }

    @Test func `what others say is passed on, kept, and cut to what the asker takes`() async throws {
        let server = try Server()
        server.start()
        defer { server.stop() }
        let upstream = DNSUpstream(servers: [DNSUpstream.Server(address: "127.0.0.1", port: server.port)], patience: .seconds(60))
        let first = try #require(try await ask(upstream, question("www.example.test")))
        #expect(first[1] == 7 && first[7] == 1 && first.suffix(4) == [192, 0, 2, 0])
        // The second asker's number and letters, without asking again.
        let second = try #require(try await ask(upstream, question("WWW.example.test", id: 9)))
        #expect(second[1] == 9 && second[13..<16] == Array("WWW".utf8)[...])
        #expect(server.asked.load(ordering: .relaxed) == 1)
        // One that is cut is fetched whole over TCP, and given as each asker takes it.
        let cut = try #require(try await ask(upstream, question("big.example.test")))
        #expect(cut[2] & 2 == 2 && cut[7] == 0 && cut.count <= 512)
        #expect(server.asked.load(ordering: .relaxed) == 3)
        let whole = try #require(try await ask(upstream, question("big.example.test", size: 4096), limit: 4096))
        #expect(whole[2] & 2 == 0 && whole[7] == 60)
        let stream = try #require(try await ask(upstream, question("big.example.test"), limit: 65_535, isStream: true))
        #expect(stream[7] == 60)
        #expect(server.asked.load(ordering: .relaxed) == 3)
        // That there is nothing is kept too.
        for _ in 0..<2 { #expect(try #require(try await ask(upstream, question("gone.example.test")))[3] & 0xF == 3) }
        #expect(server.asked.load(ordering: .relaxed) == 4)
    }

    @Test func `an answer that was kept is older by so much`() throws {
        let query = try #require(DNSQuery(question("www.example.test")))
        let answer: [UInt8] = DNSAnswer(records: [DNSRecord(name: query.name, content: .address([192, 0, 2, 1]))])
            .bytes(for: query, zone: ["test"], limit: 512)
        #expect(DNSReply.lifetime(answer) == DNSAnswer.lifetime)
        #expect(DNSReply.lifetime(DNSReply.aged(answer, by: 2)) == DNSAnswer.lifetime - 2)
        #expect(DNSReply.lifetime(DNSReply.aged(answer, by: 99)) == 0)
        for length in 0..<answer.count { _ = DNSReply.lifetime(Array(answer[..<length])) }
    }
}
