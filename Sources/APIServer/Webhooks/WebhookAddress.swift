import API
import Machinery

/// Where a webhook listens: the `clientConfig` of a webhook configuration or of a conversion.
struct WebhookAddress: Sendable, Hashable {
    enum Place: Sendable, Hashable {
        case url(WebhookURL)
        case service(namespace: String, name: String, port: Int)
    }

    let place: Place
    /// Begins with `/`; may hold a query.
    let path: String
    /// Authorities of the server's certificate; nil trusts those of the system.
    let caPEM: String?

    /// Throws ``WebhookFailure`` for a configuration that names no place.
    init(clientConfig json: JSON) throws(WebhookFailure) {
        let bundle: [UInt8]? = json["caBundle"]?.string.flatMap { Base64Text.decode($0) }
        caPEM = bundle.flatMap { $0.isEmpty ? nil : String(decoding: $0, as: UTF8.self) }
        if let service = json["service"], let name = service["name"]?.string, let namespace = service["namespace"]?.string {
            place = .service(namespace: namespace, name: name, port: service["port"]?.int.map(Int.init) ?? 443)
            let path: String = service["path"]?.string ?? ""
            self.path = path.hasPrefix("/") ? path : "/" + path
        } else if let text = json["url"]?.string, let url = WebhookURL(text) {
            place = .url(url)
            path = url.path
        } else {
            throw WebhookFailure("webhook configuration must have either service or URL")
        }
    }

    /// The address as a client would name it, with the time it waits: `https://hook.default.svc:443/check?timeout=10s`.
    func address(timeout: Int) -> String { "https://" + authority + self.target(timeout: timeout) }

    /// Path and query of the request.
    func target(timeout: Int) -> String { path + (path.contains("?") ? "&" : "?") + "timeout=\(timeout)s" }

    /// Value of the `Host` header.
    var authority: String {
        switch place {
        case .url(let url): url.authority
        case .service(let namespace, let name, let port): "\(name).\(namespace).svc:\(port)"
        }
    }

    /// The name that the server's certificate must bear.
    var serverName: String {
        switch place {
        case .url(let url): url.host
        case .service(let namespace, let name, _): "\(name).\(namespace).svc"
        }
    }
}

/// An `https` address in its parts.
struct WebhookURL: Sendable, Hashable {
    /// Name or address without brackets.
    let host: String
    let port: Int
    let path: String
    /// As written.
    let authority: String

    /// nil for what is no `https` address with a host.
    init?(_ text: String) {
        guard text.hasPrefix("https://") else { return nil }
        let rest: Substring = text.dropFirst("https://".count)
        let authority: Substring = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let path: Substring = rest.dropFirst(authority.count).prefix { $0 != "#" }
        self.path = path.hasPrefix("/") ? String(path) : "/" + path
        self.authority = String(authority)
        let end: Substring.Index
        if authority.hasPrefix("[") {
            guard let bracket = authority.firstIndex(of: "]") else { return nil }
            host = String(authority[authority.index(after: authority.startIndex)..<bracket])
            end = authority.index(after: bracket)
        } else {
            end = authority.firstIndex(of: ":") ?? authority.endIndex
            host = String(authority[..<end])
        }
        guard !host.isEmpty else { return nil }
        let tail: Substring = authority[end...]
        if tail.isEmpty {
            port = 443
        } else if tail.hasPrefix(":"), let number = Int(tail.dropFirst()), (1...65_535).contains(number) {
            port = number
        } else {
            return nil
        }
    }
}

/// Why a webhook could not be asked, or gave no answer that can be used; in words that follow `failed calling webhook "x": `.
struct WebhookFailure: Error, Sendable, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
