import HTTP

/// A file behind an `http` or `https` address, such as a manifest that a project publishes.
///
/// Source: `readHttpWithRetries` of k8s.io/cli-runtime/pkg/resource.
package struct RemoteFile: Sendable {
    let url: String
    let environment: @Sendable (String) -> String?

    /// - Parameter environment: looks up a variable; those that name a proxy are asked for.
    package init(_ url: String, environment: @escaping @Sendable (String) -> String?) {
        self.url = url
        self.environment = environment
    }

    /// Whether a path is an address of this kind.
    package static func names(_ path: String) -> Bool { path.hasPrefix("http://") || path.hasPrefix("https://") }

    /// The bytes. Goes where the server sends it, ten times at most, and asks three times when the server fails.
    ///
    /// Throws ``KubeconfigError`` for an address that is none and for what the server refuses, ``TransportError`` where there is no way to it.
    package func bytes(userAgent: String) async throws -> [UInt8] {
        var url: String = url
        var attempts: Int = 3
        var turns: Int = 10
        while true {
            let response: HTTPResponse = try await answer(url, userAgent)
            switch response.status {
            case 200: return response.body
            case 301, 302, 303, 307, 308:
                guard turns > 0, let next = response.headers["Location"] else {
                    throw KubeconfigError("unable to read URL \"\(self.url)\": stopped after 10 redirects")
                }
                turns -= 1
                url = try Self.url(next, from: url)
            case 500... where attempts > 1:
                attempts -= 1
                try await Task.sleep(for: .seconds(1))
            default:
                throw KubeconfigError(
                    "unable to read URL \"\(url)\", server reported \(response.status), status code=\(response.status)")
            }
        }
    }

    private func answer(_ url: String, _ userAgent: String) async throws -> HTTPResponse {
        let (server, target): (ServerAddress, String) = try Self.parts(url)
        let access: ClusterAccess = try ClusterAccess(server: server).withProxy(of: environment)
        let transport = HTTPSTransport(access, userAgent: userAgent, timeout: .seconds(60))
        defer { transport.shutdown() }
        do { return try await transport.client.send(transport.httpRequest(method: "GET", target: target, accept: "*/*")) } catch {
            throw transport.explained(error)
        }
    }

    /// Scheme, host and port; path and query.
    private static func parts(_ url: String) throws(KubeconfigError) -> (ServerAddress, String) {
        let bare: Substring = url.prefix { $0 != "#" }
        guard let start = bare.firstRange(of: "://")?.upperBound else { throw KubeconfigError("\"\(url)\" is no URL") }
        let end: Substring.Index = bare[start...].firstIndex { "/?".contains($0) } ?? bare.endIndex
        let target = String(bare[end...])
        return (try ServerAddress(String(bare[..<end]), prefersTLS: true), target.hasPrefix("/") ? target : "/" + target)
    }

    /// A `Location`, which may leave out what stays the same.
    ///
    /// Source: RFC 3986, section 5.2.
    static func url(_ location: String, from url: String) throws(KubeconfigError) -> String {
        if names(location) { return location }
        if location.hasPrefix("//") { return url.prefix { $0 != "/" } + location }
        let (server, target): (ServerAddress, String) = try parts(url)
        let path: Substring = target.prefix { $0 != "?" }
        let folder: Substring = path[...(path.lastIndex(of: "/") ?? path.startIndex)]
        if location.hasPrefix("?") { return "\(server)\(path)\(location)" }
        let whole: String = location.hasPrefix("/") ? location : folder + location
        let end: String.Index = whole.firstIndex { "?#".contains($0) } ?? whole.endIndex
        return "\(server)\(withoutDots(whole[..<end]))\(whole[end...])"
    }

    /// A path without `.` and `..`.
    private static func withoutDots(_ path: Substring) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            if part == ".." { _ = parts.popLast() } else if part != "." { parts.append(part) }
        }
        // What ends with dots is a folder.
        let isFolder: Bool = ["/.", "/.."].contains { path.hasSuffix($0) }
        return "/" + parts.joined(separator: "/") + (isFolder && !parts.isEmpty ? "/" : "")
    }
}
