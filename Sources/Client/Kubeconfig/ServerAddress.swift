import Machinery

/// The address of an API server, taken apart: `https://[::1]:6443/prefix`.
package struct ServerAddress: Sendable, Hashable, CustomStringConvertible {
    package let isTLS: Bool
    /// Name or address without brackets.
    package let host: String
    package let port: Int
    /// Empty, or begins with `/` and does not end with one.
    package let path: String

    package init(isTLS: Bool, host: String, port: Int, path: String = "") {
        self.isTLS = isTLS
        self.host = host
        self.port = port
        self.path = path
    }

    /// - Parameter prefersTLS: what an address without `http://` or `https://` means.
    package init(_ text: String, prefersTLS: Bool) throws(KubeconfigError) {
        var rest: Substring = text[...]
        if rest.hasPrefix("https://") {
            isTLS = true
            rest = rest.dropFirst(8)
        } else if rest.hasPrefix("http://") {
            isTLS = false
            rest = rest.dropFirst(7)
        } else {
            if let colon = rest.firstRange(of: "://") {
                throw Self.unreachable("unsupported protocol scheme \(JSON.quoted(String(rest[..<colon.lowerBound])))")
            }
            isTLS = prefersTLS
        }
        let slash: Substring.Index = rest.firstIndex(of: "/") ?? rest.endIndex
        var path: Substring = rest[slash...]
        while path.last == "/" { path = path.dropLast() }
        self.path = String(path)
        var authority: Substring = rest[..<slash]
        var port: Substring?
        if authority.first == "[" {
            guard let bracket = authority.firstIndex(of: "]") else { throw Self.bad(text) }
            let after: Substring = authority[authority.index(after: bracket)...]
            if after.first == ":" { port = after.dropFirst() } else if !after.isEmpty { throw Self.bad(text) }
            authority = authority[authority.index(after: authority.startIndex)..<bracket]
        } else if let colon = authority.firstIndex(of: ":") {
            port = authority[authority.index(after: colon)...]
            authority = authority[..<colon]
        }
        guard !authority.isEmpty || port?.contains(":") == true else { throw Self.bad(text) }
        host = String(authority)
        guard let port else {
            self.port = isTLS ? 443 : 80
            return
        }
        if port.contains(":") || port.isEmpty { throw Self.unreachable("invalid port \(JSON.quoted(":" + port)) after host") }
        guard let number = Int(port), (1...65_535).contains(number) else {
            throw Self.unreachable("dial tcp: address \(port): invalid port")
        }
        self.port = number
    }

    /// `127.0.0.1:6443`
    package var hostAndPort: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    package var description: String { "\(isTLS ? "https" : "http")://\(hostAndPort)\(path)" }

    /// In the words of Go, which finds it out when it connects.
    private static func unreachable(_ why: String) -> KubeconfigError {
        KubeconfigError("Unable to connect to the server: \(why)", isComplete: true)
    }

    private static func bad(_ text: String) -> KubeconfigError {
        KubeconfigError("\"\(text)\" is no address of a server; write it as https://HOST:PORT")
    }
}
