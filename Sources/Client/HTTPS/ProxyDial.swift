import Dispatch
import Glibc
import HTTP
import Machinery

/// Connects to a server by way of a proxy: HTTP's CONNECT, or SOCKS 5.
///
/// Source: RFC 9110, 9.3.6; RFC 1928 and 1929; golang.org/x/net/http/httpproxy for who goes by a proxy.
struct ProxyDial: Sendable {
    private enum Kind: Sendable { case connect, socks }

    private let kind: Kind
    private let host: String
    private let port: Int
    /// `user:password`; nil asks without.
    private let credentials: String?
    private let timeout: Duration

    /// - Parameter url: `http://proxy:3128`, `socks5://user:password@proxy`. Throws ``KubeconfigError`` for another, which says only what is wrong with it.
    init(_ url: String, timeout: Duration = .seconds(10)) throws(KubeconfigError) {
        guard let colon = url.firstRange(of: "://") else { throw KubeconfigError("could not parse: \(url)") }
        let scheme: String = url[..<colon.lowerBound].lowercased()
        switch scheme {
        case "http": kind = .connect
        case "socks5", "socks5h": kind = .socks
        default: throw KubeconfigError("unsupported scheme \(JSON.quoted(scheme)), must be http or socks5")
        }
        var rest: Substring = url[colon.upperBound...].prefix { $0 != "/" }
        credentials = rest.lastIndex(of: "@").map { String(rest[..<$0]) }
        if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
        let address: ServerAddress = try ServerAddress("http://" + rest, prefersTLS: false)
        host = address.host
        port = !rest.contains(":") || rest.last == "]" ? (scheme == "http" ? 80 : 1080) : address.port
        self.timeout = timeout
    }

    /// The proxy that the environment names for a server; nil for none. Servers on this machine never go by one.
    static func url(for server: ServerAddress, _ environment: (String) -> String?) -> String? {
        func variable(_ name: String) -> String? {
            [name, name.lowercased()].compactMap { environment($0) }.first { !$0.isEmpty }
        }
        guard let url = variable(server.isTLS ? "HTTPS_PROXY" : "HTTP_PROXY") else { return nil }
        if server.host == "localhost" || server.host == "::1" || server.host.hasPrefix("127.") { return nil }
        for entry in (variable("NO_PROXY") ?? "").split(separator: ",") {
            let entry: Substring = entry.drop(while: { $0 == " " })
            let name: Substring = entry.hasPrefix(".") ? entry.dropFirst() : entry
            if entry == "*" || server.host == name || server.host.hasSuffix("." + name) || server.hostAndPort == entry { return nil }
        }
        return url.contains("://") ? url : "http://" + url
    }

    /// A connection to the server, which is the caller's. Throws ``HTTPError``.
    func connect(to server: ServerAddress) async throws -> Int32 {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try self.dial(server) }) }
        }
    }

    private func failure(_ what: String) -> HTTPError {
        .unreachable("the proxy \(host):\(port)", reason: what)
    }

    private func dial(_ server: ServerAddress) throws -> Int32 {
        let descriptor: Int32 = try open()
        do {
            switch kind {
            case .connect: try askHTTP(descriptor, server)
            case .socks: try askSOCKS(descriptor, server)
            }
            limit(descriptor, .zero)
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    private func open() throws -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &found) == 0 else { throw failure("its name is unknown") }
        defer { freeaddrinfo(found) }
        var reason: Int32 = 0
        var next: UnsafeMutablePointer<addrinfo>? = found
        while let address = next?.pointee {
            let descriptor: Int32 = socket(address.ai_family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            limit(descriptor, timeout)
            if descriptor >= 0, Glibc.connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 { return descriptor }
            reason = errno
            if descriptor >= 0 { close(descriptor) }
            next = address.ai_next
        }
        throw failure(reason == EINPROGRESS ? "it does not answer" : FileError.reason(of: reason))
    }

    /// For each read and write; zero waits without end.
    private func limit(_ descriptor: Int32, _ duration: Duration) {
        var time = timeval(tv_sec: Int(duration.components.seconds), tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    private func write(_ descriptor: Int32, _ bytes: [UInt8]) throws {
        guard send(descriptor, bytes, bytes.count, 0) == bytes.count else { throw failure(FileError.reason(of: errno)) }
    }

    /// Byte by byte: what follows is the server's.
    private func read(_ descriptor: Int32, _ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = Array(repeating: 0, count: count)
        var have = 0
        while have < count {
            let got: Int = bytes.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress?.advanced(by: have), count - have, 0) }
            guard got > 0 else {
                throw failure(got == 0 ? "it ended the connection" : errno == EAGAIN ? "it does not answer" : FileError.reason(of: errno))
            }
            have += got
        }
        return bytes
    }

    private func askHTTP(_ descriptor: Int32, _ server: ServerAddress) throws {
        let authorization: String = credentials.map { "Proxy-Authorization: Basic \(Base64Text.encode(Array($0.utf8)))\r\n" } ?? ""
        let target: String = server.hostAndPort
        try write(descriptor, Array("CONNECT \(target) HTTP/1.1\r\nHost: \(target)\r\n\(authorization)\r\n".utf8))
        var head: [UInt8] = []
        while !head.ends(with: "\r\n\r\n".utf8) {
            guard head.count < 16_384 else { throw failure("it does not answer as a proxy does") }
            head += try read(descriptor, 1)
        }
        let line: Substring = String(decoding: head, as: UTF8.self).prefix { $0 != "\r\n" && $0 != "\r" }
        let words: [Substring] = line.split(separator: " ", maxSplits: 2)
        guard words.count > 1, words[0].hasPrefix("HTTP/") else { throw failure("it does not answer as a proxy does") }
        guard words[1].hasPrefix("2") else { throw failure("it refused: " + words.dropFirst().joined(separator: " ")) }
    }

    private func askSOCKS(_ descriptor: Int32, _ server: ServerAddress) throws {
        try write(descriptor, credentials == nil ? [5, 1, 0] : [5, 2, 0, 2])
        let method: UInt8 = try read(descriptor, 2)[1]
        if method == 2, let credentials {
            let parts: [[UInt8]] = credentials.split(separator: ":", maxSplits: 1).map { Array($0.utf8) }
            let (user, password): ([UInt8], [UInt8]) = (parts.first ?? [], parts.count > 1 ? parts[1] : [])
            try write(descriptor, [1, UInt8(clamping: user.count)] + user + [UInt8(clamping: password.count)] + password)
            guard try read(descriptor, 2)[1] == 0 else { throw failure("it refused: wrong name or password") }
        } else if method != 0 {
            throw failure("it wants credentials of a kind that are not there")
        }
        let name: [UInt8] = Array(server.host.utf8)
        try write(
            descriptor, [5, 1, 0, 3, UInt8(clamping: name.count)] + name + [UInt8(server.port >> 8 & 0xFF), UInt8(server.port & 0xFF)])
        let answer: [UInt8] = try read(descriptor, 4)
        guard answer[1] == 0 else { throw failure("it refused: SOCKS error \(answer[1])") }
        let length: Int = answer[3] == 1 ? 4 : answer[3] == 4 ? 16 : Int(try read(descriptor, 1)[0])
        _ = try read(descriptor, length + 2)
    }
}

extension Array where Element == UInt8 {
    fileprivate func ends(with suffix: some Collection<UInt8>) -> Bool { self.suffix(suffix.count).elementsEqual(suffix) }
}
