import Sandbox

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Opens connections as probes and hooks do, on a thread of its own. Texts are those of Go's `net`, which people search for.
enum NetworkCheck {
    enum Outcome: Sendable, Equatable {
        case success
        case failure(String)
        /// The page is at another place; `body` is what the answer says of it, 10 KiB at most.
        case redirect(to: String, body: String)
    }

    struct ConnectError: Error { let text: String }

    /// A page to ask for.
    struct Page: Sendable {
        var host: String
        var port: Int
        var path: String
        var headers: [(name: String, value: String)]
        var isSecure = false

        /// The page at which another one of the same host is; nil for one elsewhere.
        func following(_ location: String) -> Page? {
            var page: Page = self
            let rest: Substring
            if let colons = location.firstRange(of: "://") {
                let scheme: Substring = location[..<colons.lowerBound]
                guard scheme == "http" || scheme == "https" else { return nil }
                let authority: Substring = location[colons.upperBound...].prefix { $0 != "/" && $0 != "?" }
                let parts: [Substring] = authority.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts[0] == host else { return nil }
                page.isSecure = scheme == "https"
                page.port = parts.count > 1 ? Int(parts[1]) ?? 0 : page.isSecure ? 443 : 80
                rest = location[authority.endIndex...]
            } else {
                rest = location[...]
            }
            // A path that begins with no slash is one beside this.
            let folder: Substring = path.prefix { $0 != "?" }
            let beside: Substring = folder[...(folder.lastIndex(of: "/") ?? folder.startIndex)]
            page.path = rest.isEmpty ? "/" : rest.hasPrefix("/") ? String(rest) : beside + String(rest)
            return page
        }

        var url: String { "\(isSecure ? "https" : "http")://\(host):\(port)\(path.hasPrefix("/") ? path : "/" + path)" }
    }

    static func connect(_ network: ClusterNetwork, host: String, port: Int, seconds: Int) async -> Outcome {
        await BlockingThread.run {
            switch open(network, host, port, Deadline(seconds)) {
            case .success(let fd):
                close(fd)
                return .success
            case .failure(let error): return .failure(error.text)
            }
        }
    }

    /// A connection for somebody else to speak over; it does not block.
    static func dial(_ network: ClusterNetwork, host: String, port: Int, seconds: Int) async -> Result<Int32, ConnectError> {
        await BlockingThread.run { open(network, host, port, Deadline(seconds)) }
    }

    /// Success is a status from 200 to 399. Source: pkg/probe/http.
    static func get(_ network: ClusterNetwork, _ page: Page, seconds: Int) async -> Outcome {
        await BlockingThread.run {
            let deadline = Deadline(seconds)
            let fd: Int32
            switch open(network, page.host, page.port, deadline) {
            case .success(let opened): fd = opened
            case .failure(let error): return .failure("Get \"\(page.url)\": \(error.text)")
            }
            defer { close(fd) }
            guard send(request(page), fd, deadline) else { return .failure("Get \"\(page.url)\": write: connection reset by peer") }
            switch status(fd, deadline) {
            case .code(let code, let text) where (300..<400).contains(code): return outcome(ofRedirect: text)
            case .code(let code, _) where (200..<300).contains(code): return .success
            case .code(let code, _): return .failure("HTTP probe failed with statuscode: \(code)")
            case .late:
                return .failure("Get \"\(page.url)\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)")
            case .ended: return .failure("Get \"\(page.url)\": EOF")
            case .malformed(let line):
                return .failure("Get \"\(page.url)\": net/http: HTTP/1.x transport connection broken: malformed HTTP response \"\(line)\"")
            }
        }
    }

    // MARK: - Details

    private struct Deadline {
        private let end: ContinuousClock.Instant
        init(_ seconds: Int) { end = .now.advanced(by: .seconds(seconds)) }
        /// Never below 0.
        var milliseconds: Int32 {
            let left: Duration = ContinuousClock.Instant.now.duration(to: end)
            return Int32(clamping: max(0, left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000))
        }
    }

    /// With a code comes what was read of the answer.
    private enum Answer { case code(Int, [UInt8]), late, ended, malformed(String) }

    private static func open(_ network: ClusterNetwork, _ host: String, _ port: Int, _ deadline: Deadline) -> Result<Int32, ConnectError> {
        func failure(_ why: String) -> Result<Int32, ConnectError> { .failure(ConnectError(text: "dial tcp \(host):\(port): \(why)")) }
        guard let address = address(of: host) else { return failure("lookup \(host): no such host") }
        do throws(SandboxError) {
            return .success(try network.connectBlocking(address, port: port, timeout: .milliseconds(Int(deadline.milliseconds))))
        } catch {
            guard let code = error.errno else { return failure("\(error)") }
            return failure(code == ETIMEDOUT ? "i/o timeout" : "connect: \(text(code))")
        }
    }

    /// The first address that the node knows for a name; an address stands for itself.
    private static func address(of host: String) -> String? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0, let first = list else { return nil }
        defer { freeaddrinfo(first) }
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        guard getnameinfo(first.pointee.ai_addr, first.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
        else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func wait(_ fd: Int32, _ events: Int16, _ deadline: Deadline) -> Bool {
        var entry = pollfd(fd: fd, events: events, revents: 0)
        while true {
            let count: Int32 = poll(&entry, 1, deadline.milliseconds)
            if count < 0, errno == EINTR { continue }
            return count > 0
        }
    }

    private static func request(_ page: Page) -> [UInt8] {
        var text = "GET \(page.path.hasPrefix("/") ? page.path : "/" + page.path) HTTP/1.1\r\n"
        let given: Set<String> = Set(page.headers.map { $0.name.lowercased() })
        if !given.contains("host") { text += "Host: \(page.host):\(page.port)\r\n" }
        if !given.contains("user-agent") { text += "User-Agent: kube-probe/1.36\r\n" }
        if !given.contains("accept") { text += "Accept: */*\r\n" }
        for header in page.headers where !header.value.isEmpty { text += "\(header.name): \(header.value)\r\n" }
        return Array((text + "Connection: close\r\n\r\n").utf8)
    }

    private static func send(_ bytes: [UInt8], _ fd: Int32, _ deadline: Deadline) -> Bool {
        var sent = 0
        while sent < bytes.count {
            guard wait(fd, Int16(POLLOUT), deadline) else { return false }
            let count: Int = bytes[sent...].withUnsafeBytes { systemSend(fd, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    private static func outcome(ofRedirect bytes: [UInt8]) -> Outcome {
        let text = String(decoding: bytes, as: UTF8.self)
        let end: Range<String.Index>? = text.firstRange(of: "\r\n\r\n")
        let lines: [Substring] = text[..<(end?.lowerBound ?? text.endIndex)].split(separator: "\r\n")
        guard let line = lines.first(where: { $0.lowercased().hasPrefix("location:") }) else { return .success }
        let location = String(line.dropFirst("location:".count).drop(while: \.isWhitespace))
        return .redirect(to: location, body: end.map { String(text[$0.upperBound...]) } ?? "")
    }

    /// Reads as far as the first line, `HTTP/1.1 200 OK`; when that is a redirect, as far as the answer goes.
    private static func status(_ fd: Int32, _ deadline: Deadline) -> Answer {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1024)
        func read(while isWanted: ([UInt8]) -> Bool) -> Bool {
            while isWanted(bytes) {
                guard wait(fd, Int16(POLLIN), deadline) else { return false }
                let count: Int = recv(fd, &chunk, chunk.count, 0)
                if count < 0, errno == EINTR || errno == EAGAIN { continue }
                guard count > 0 else { break }
                bytes += chunk[..<count]
            }
            return true
        }
        guard read(while: { !$0.contains(UInt8(ascii: "\n")) && $0.count < 8192 }) else { return .late }
        guard !bytes.isEmpty else { return .ended }
        let line = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }, as: UTF8.self)
        let words: [Substring] = line.split(separator: " ")
        guard words.count > 1, words[0].hasPrefix("HTTP/"), let code = Int(words[1]) else { return .malformed(line) }
        if (300..<400).contains(code) { _ = read { $0.count < 10 << 10 } }
        return .code(code, bytes)
    }

    private static func text(_ code: Int32) -> String {
        guard let message = strerror(code) else { return "error \(code)" }
        let words = String(cString: message)
        return words.prefix(1).lowercased() + words.dropFirst()
    }
}

private func systemSend(_ fd: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    send(fd, bytes, count, Int32(MSG_NOSIGNAL))
}
