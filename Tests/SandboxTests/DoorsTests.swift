import FoundationEssentials
import Glibc
import Sandbox
import TestSupport
import Testing

/// Doors carry bytes as if nobody stood between: all of them, both ends of a connection, and a break as a break.
@Suite struct DoorsTests {
    /// A door in front of a server of this process.
    private final class Front: Sendable {
        let listener: Int32
        let port: Int
        let doors: Doors

        init(threads: Int = 2, most: Int = 100) throws {
            listener = try ClusterNetwork.hostListener("127.0.0.1", port: 0)
            _ = fcntl(listener, F_SETFL, 0)
            let target: Int = Front.port(of: listener)
            let host = ClusterNetwork(hostNetworkBecause: nil)
            doors = Doors(threads: threads, most: most) { _ in try? host.beginConnect("127.0.0.1", port: target, speaks: true) }
            let door: Int32 = try ClusterNetwork.hostListener("127.0.0.1", port: 0)
            port = Front.port(of: door)
            try doors.open(1, on: door)
        }

        deinit {
            doors.close(1)
            close(listener)
        }

        private static func port(of socket: Int32) -> Int {
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            _ = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &length) }
            }
            return Int(UInt16(bigEndian: address.sin_port))
        }

        /// Both ends of one connection through the door: the client's and the server's.
        func connection() throws -> (client: Int32, server: Int32) {
            let client: Int32 = try ClusterNetwork.hostConnection("127.0.0.1", port: port, type: Int32(SOCK_STREAM.rawValue))
            return (client, accept(listener, nil, nil))
        }
    }

    /// What is written again and again, each byte another than that a few places on.
    private static let pattern: [UInt8] = (0..<65_536).map { UInt8(truncatingIfNeeded: $0 * 7) }

    /// Writes until nothing more goes in; returns how many bytes that were.
    private static func fill(_ socket: Int32) -> Int {
        var count = 0
        while true {
            let written: Int = pattern[(count % 256)...].withUnsafeBytes {
                send(socket, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
            }
            if written > 0 {
                count += written
            } else if written < 0, errno == EAGAIN {
                // What is on its way may make room for more.
                var entry = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
                if poll(&entry, 1, 200) == 0 { return count }
            } else {
                return -1
            }
        }
    }

    /// Reads to the end; nil when a byte is another than ``fill(_:)`` wrote, or the connection broke.
    private static func drain(_ socket: Int32) -> Int? {
        var count = 0
        var bytes = [UInt8](repeating: 0, count: pattern.count - 256)
        while true {
            let read: Int = recv(socket, &bytes, bytes.count, 0)
            if read == 0 { return count }
            let isSame: Bool = read > 0 && pattern[(count % 256)...].withUnsafeBytes { memcmp($0.baseAddress!, bytes, read) == 0 }
            guard isSame else { return nil }
            count += read
        }
    }

    @Test func `a slow reader gets every byte, and an end of one way leaves the other open`() async throws {
        let front = try Front()
        let (client, server): (Int32, Int32) = try front.connection()
        defer { for fd in [client, server] { close(fd) } }
        // The door is full in one way, then in the other; each way ends while it is.
        for (from, to) in [(client, server), (server, client)] {
            let result: (sent: Int, received: Int?) = await BlockingThread.run {
                let sent: Int = Self.fill(from)
                shutdown(from, Int32(SHUT_WR))
                return (sent, Self.drain(to))
            }
            #expect(result.sent > 200_000 && result.received == result.sent)
        }
    }

    @Test func `a server that breaks off breaks the client's connection, and one that ends ends it`() async throws {
        let front = try Front()
        for isBroken in [true, false] {
            let (client, server): (Int32, Int32) = try front.connection()
            #expect(send(server, "x", 1, Int32(MSG_NOSIGNAL)) == 1)
            #expect(await receive(client).count == 1)
            if isBroken {
                var none = linger(l_onoff: 1, l_linger: 0)
                setsockopt(server, SOL_SOCKET, SO_LINGER, &none, socklen_t(MemoryLayout<linger>.size))
            }
            close(server)
            let end: (count: Int, code: Int32) = await receive(client)
            #expect(isBroken ? end.count == -1 && end.code == ECONNRESET : end.count == 0)
            close(client)
        }
    }

    @Test func `each of many at once gets its own answer, though it spoke and ended before it was let in`() throws {
        let front = try Front()
        let clients: [Int32] = try (0..<40).map { number in
            let client: Int32 = try ClusterNetwork.hostConnection("127.0.0.1", port: front.port, type: Int32(SOCK_STREAM.rawValue))
            #expect(send(client, [UInt8](repeating: UInt8(number), count: 3), 3, Int32(MSG_NOSIGNAL)) == 3)
            shutdown(client, Int32(SHUT_WR))
            return client
        }
        for _ in clients {
            let server: Int32 = accept(front.listener, nil, nil)
            var bytes = [UInt8](repeating: 0, count: 10)
            #expect(recv(server, &bytes, 10, Int32(MSG_WAITALL)) == 3)
            #expect(send(server, bytes, 3, Int32(MSG_NOSIGNAL)) == 3)
            close(server)
        }
        for (number, client) in clients.enumerated() {
            var bytes = [UInt8](repeating: 0, count: 10)
            #expect(recv(client, &bytes, 10, Int32(MSG_WAITALL)) == 3)
            #expect(bytes.prefix(3) == [UInt8](repeating: UInt8(number), count: 3)[...])
            close(client)
        }
    }

    @Test func `a server that speaks first is heard`() throws {
        let front = try Front()
        let (client, server): (Int32, Int32) = try front.connection()
        var bytes = [UInt8](repeating: 0, count: 10)
        #expect(send(server, "hello", 5, Int32(MSG_NOSIGNAL)) == 5)
        #expect(recv(client, &bytes, 5, Int32(MSG_WAITALL)) == 5)
        close(client)
        close(server)
    }

    @Test(arguments: [1, 3])
    func `for one connection too many the one that was silent for longest makes room`(threads: Int) async throws {
        let front = try Front(threads: threads, most: 3)
        var links: [(client: Int32, server: Int32)] = []
        defer { for link in links { for fd in [link.client, link.server] { close(fd) } } }
        for _ in 0..<3 { links.append(try front.connection()) }
        #expect(send(links[0].client, "x", 1, Int32(MSG_NOSIGNAL)) == 1)
        #expect(await receive(links[0].server).count == 1)
        links.append(try front.connection())
        let end: (count: Int, code: Int32) = await receive(links[1].client)
        #expect(end.count == -1 && end.code == ECONNRESET)
        for index in [0, 2, 3] {
            #expect(send(links[index].server, "y", 1, Int32(MSG_NOSIGNAL)) == 1)
            #expect(await receive(links[index].client).count == 1, "connection \(index)")
        }
    }

    @Test func `a door that closed is watched no more, whoever still has a copy of its socket`() async throws {
        let doors = Doors { _ in nil }
        let listener: Int32 = try ClusterNetwork.hostListener("127.0.0.1", port: 0)
        // As a child process has it.
        let copy: Int32 = dup(listener)
        defer { close(copy) }
        var status = stat()
        fstat(copy, &status)
        let mark = " ino:\(String(status.st_ino, radix: 16)) "
        func isWatched() throws -> Bool {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fdinfo").contains { descriptor in
                // Others come and go meanwhile.
                let text: String? = try? String(contentsOfFile: "/proc/self/fdinfo/" + descriptor, encoding: .utf8)
                return text?.split(separator: "\n").contains { $0.hasPrefix("tfd:") && $0.contains(mark) } == true
            }
        }
        try doors.open(1, on: listener)
        try await eventually("it is watched") { try isWatched() }
        doors.close(1)
        try await eventually("it is watched no more") { try !isWatched() }
    }

    private func receive(_ socket: Int32) async -> (count: Int, code: Int32) {
        await BlockingThread.run {
            var byte: UInt8 = 0
            let count: Int = recv(socket, &byte, 1, 0)
            return (count, errno)
        }
    }
}
