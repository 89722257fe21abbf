import Machinery
import Sandbox
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The name servers that the host uses, asked from the host's network, with what they said kept as long as they allow, half a minute at most.
final class DNSUpstream: Sendable {
    struct Server: Sendable, Hashable {
        var address: String
        var port = 53
    }

    private struct Key: Hashable {
        let name: [String]
        let kind: UInt16
    }

    private struct Kept {
        var bytes: [UInt8]
        var since: ContinuousClock.Instant
        var until: ContinuousClock.Instant
    }

    /// Answers kept at once; questions under way at once, each with a thread that waits.
    private static let most = 10_000
    private static let mostAtOnce = 200
    /// Source: the defaults of CoreDNS' plugins `cache` and `forward`.
    private static let longest: (found: UInt32, missing: UInt32) = (30, 5)

    private let servers: [Server]
    /// How long each server is waited for; whole seconds.
    private let patience: Duration
    private let kept = Mutex<[Key: Kept]>([:])
    private let asking = Mutex(0)

    init(servers: [Server], patience: Duration = .seconds(2)) {
        self.servers = servers
        self.patience = patience
    }

    /// Those of /etc/resolv.conf, three at most.
    static func hostServers() -> [Server] {
        var servers: [Server] = []
        guard let file = fopen("/etc/resolv.conf", "r") else { return [] }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 1024)
        while fgets(&line, Int32(line.count), file) != nil {
            let words: [Substring] = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                .split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\n" })
            if words.count > 1, words[0] == "nameserver" { servers.append(Server(address: String(words[1]))) }
        }
        return Array(servers.prefix(3))
    }

    /// Whether so many wait for answers that nobody else may.
    var isBusy: Bool { asking.withLock { $0 >= Self.mostAtOnce } }

    /// What is known already, for this question; nil when others must be asked. Does not block.
    func known(_ query: DNSQuery, limit: Int) -> [UInt8]? {
        let now: ContinuousClock.Instant = .now
        guard let kept = kept.withLock({ $0[Key(name: query.name, kind: query.kind)] }), kept.until > now else { return nil }
        let age = UInt32(clamping: kept.since.duration(to: now).components.seconds)
        return DNSReply.fitted(DNSReply.aged(kept.bytes, by: age), to: query, limit: limit)
    }

    /// The answer to a message as it stands; nil when nobody answers or too many wait already. Blocks for some seconds at most.
    ///
    /// - Parameter limit: bytes that the asker takes.
    func ask(_ message: [UInt8], _ query: DNSQuery, limit: Int, isStream: Bool) -> [UInt8]? {
        if let known = known(query, limit: limit) { return known }
        let isFree: Bool = asking.withLock { count in
            if count < Self.mostAtOnce { count += 1 } else { return false }
            return true
        }
        guard isFree else { return nil }
        defer { asking.withLock { $0 -= 1 } }
        for server in servers {
            guard var answer = isStream ? stream(message, server) : datagram(message, server) else { continue }
            // One that is cut is asked for as a whole, and kept so.
            if answer[2] & 2 != 0, !isStream, let whole = stream(message, server) { answer = whole }
            keep(answer, Key(name: query.name, kind: query.kind))
            return DNSReply.fitted(answer, to: query, limit: limit)
        }
        return nil
    }

    private func keep(_ answer: [UInt8], _ key: Key) {
        let code: UInt8 = answer[3] & 0xF
        guard code == 0 || code == 3, answer[2] & 2 == 0, let lifetime = DNSReply.lifetime(answer) else { return }
        let isFound: Bool = code == 0 && (answer[6] != 0 || answer[7] != 0)
        let seconds: UInt32 = min(lifetime, isFound ? Self.longest.found : Self.longest.missing)
        guard seconds > 0 else { return }
        let now: ContinuousClock.Instant = .now
        kept.withLock { kept in
            if kept.count >= Self.most { kept.removeAll() }
            kept[key] = Kept(bytes: answer, since: now, until: now.advanced(by: .seconds(Int64(seconds))))
        }
    }

    /// The addresses of a name that is not the cluster's.
    func addresses(of name: [String], _ family: IPFamily) -> [[UInt8]] {
        var hints = addrinfo()
        hints.ai_family = family == .v4 ? AF_INET : AF_INET6
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name.joined(separator: "."), nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var found: [[UInt8]] = []
        var at: UnsafeMutablePointer<addrinfo>? = list
        while let entry = at {
            if let address = UnsafeRawPointer(entry.pointee.ai_addr) {
                found.append(
                    family == .v4
                        ? withUnsafeBytes(of: address.load(as: sockaddr_in.self).sin_addr) { Array($0) }
                        : withUnsafeBytes(of: address.load(as: sockaddr_in6.self).sin6_addr) { Array($0) })
            }
            at = entry.pointee.ai_next
        }
        return found
    }

    // MARK: - Sockets

    private func datagram(_ message: [UInt8], _ server: Server) -> [UInt8]? {
        guard let fd = connect(server, Int32(SOCK_DGRAM.rawValue)) else { return nil }
        defer { close(fd) }
        guard send(fd, message, message.count, Int32(MSG_NOSIGNAL)) == message.count else { return nil }
        var buffer = [UInt8](repeating: 0, count: 65_535)
        let count: Int = recv(fd, &buffer, buffer.count, 0)
        // Another number is the answer to something else.
        guard count >= 12, buffer[0] == message[0], buffer[1] == message[1] else { return nil }
        return Array(buffer[..<count])
    }

    private func stream(_ message: [UInt8], _ server: Server) -> [UInt8]? {
        guard let fd = connect(server, Int32(SOCK_STREAM.rawValue)) else { return nil }
        defer { close(fd) }
        guard Self.write(fd, message), let head = Self.read(fd, 2) else { return nil }
        let answer: [UInt8]? = Self.read(fd, Int(head[0]) << 8 | Int(head[1]))
        return answer.flatMap { $0.count >= 12 ? $0 : nil }
    }

    private func connect(_ server: Server, _ type: Int32) -> Int32? {
        guard let fd = try? ClusterNetwork.hostConnection(server.address, port: server.port, type: type) else { return nil }
        var limit = timeval(tv_sec: time_t(patience.components.seconds), tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] { setsockopt(fd, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size)) }
        return fd
    }

    /// Exactly so many bytes; nil when the other side ends or is silent.
    static func read(_ fd: Int32, _ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var have = 0
        while have < count {
            let more: Int = bytes.withUnsafeMutableBytes { recv(fd, $0.baseAddress.map { $0 + have }, count - have, 0) }
            if more < 0, errno == EINTR { continue }
            guard more > 0 else { return nil }
            have += more
        }
        return bytes
    }

    /// A message with its length before it.
    static func write(_ fd: Int32, _ message: [UInt8]) -> Bool {
        let bytes: [UInt8] = [UInt8(message.count >> 8 & 0xFF), UInt8(message.count & 0xFF)] + message
        var sent = 0
        while sent < bytes.count {
            let more: Int = bytes[sent...].withUnsafeBytes { send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if more < 0, errno == EINTR { continue }
            guard more > 0 else { return false }
            sent += more
        }
        return true
    }
}
