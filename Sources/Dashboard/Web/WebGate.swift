package import HTTP

/// Who may use the page: only the browser that came first with the link, and only pages that came from here.
///
/// - The link's token is good for one use; then a cookie that no script can read stands for it.
/// - The `Host` has to be this server's: a name of another site that resolves to this machine is refused (DNS rebinding).
/// - Requests that other sites or other ports cause are refused by what the browser says of them (`Sec-Fetch-Site`, `Origin`).
/// - What changes something needs a header that pages of other sites cannot send without being asked first.
package struct WebGate: Sendable {
    package enum Verdict: Sendable, Equatable {
        /// Set this cookie and go to the page.
        case login(cookie: String)
        case pass
        case refuse(Int, String)
    }

    /// Header of requests that change something.
    package static let header = "X-Swkube-Dashboard"

    /// Path and query that begin a session; nil when they were used.
    package private(set) var link: String?
    private let session: String
    private let hosts: [String]
    private let cookie: String

    /// - Parameters: the token and the session's secret are texts that nobody can guess.
    package init(port: Int, token: String, session: String) {
        link = "/login?token=" + token
        self.session = session
        hosts = ["127.0.0.1:\(port)", "localhost:\(port)"]
        // Cookies know no ports: each dashboard has its own.
        cookie = "swkube-dashboard-\(port)"
    }

    package mutating func judge(_ request: HTTPRequest) -> Verdict {
        guard let host = request.headers["host"], hosts.contains(host) else {
            return .refuse(403, "this server answers to \(hosts.joined(separator: " and ")) only")
        }
        if request.path == "/login" {
            guard let link, Self.isSame("\(request.path)?\(request.query ?? "")", link) else {
                return .refuse(403, "this link is not good, or was used before; start `swkube dashboard --web` for a new one")
            }
            self.link = nil
            return .login(cookie: "\(cookie)=\(session); HttpOnly; SameSite=Strict; Path=/")
        }
        guard request.headers.all("cookie").contains(where: isOurs) else {
            return .refuse(401, "open the link that `swkube dashboard --web` printed")
        }
        if let site = request.headers["sec-fetch-site"], site != "same-origin", site != "none" {
            return .refuse(403, "requests from other sites are refused")
        }
        if let origin = request.headers["origin"], origin != "http://\(host)" {
            return .refuse(403, "requests from other sites are refused")
        }
        guard request.method == "GET" || request.method == "HEAD" || request.headers[Self.header] != nil else {
            return .refuse(403, "a request that changes something needs the header \(Self.header)")
        }
        return .pass
    }

    private func isOurs(_ header: String) -> Bool {
        header.split(separator: ";").contains { part in
            Self.isSame(String(part.drop { $0 == " " }), "\(cookie)=\(session)")
        }
    }

    /// Takes as long for a wrong text as for the right one.
    private static func isSame(_ one: String, _ other: String) -> Bool {
        guard one.utf8.count == other.utf8.count else { return false }
        return zip(one.utf8, other.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
