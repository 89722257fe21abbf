package import API
package import HTTP
package import Machinery
import Synchronization

/// What a request must be like, and what happens to it then. Ingresses and routes of Gateways both become rules.
package struct ProxyRule: Sendable {
    package enum PathMatch: Sendable {
        case any
        case exact(String)
        /// Whole elements: `/a` takes `/a` and `/a/b`, not `/ab`.
        case prefix(String)
        case pattern(ProxyPattern)
    }

    /// A header field or a parameter of the query.
    package struct ValueMatch: Sendable {
        package enum Value: Sendable {
            case exact(String)
            case pattern(ProxyPattern)
        }

        package let name: String
        package let value: Value

        func matches(_ text: String?) -> Bool {
            guard let text else { return false }
            switch value {
            case .exact(let wanted): return text == wanted
            case .pattern(let pattern): return pattern.takesAll(of: text)
            }
        }
    }

    package struct Backend: Sendable {
        package let service: ObjectKey
        package let port: ProxyBackends.Port
        package var weight = 1
        /// Beside those of the rule, after them.
        package var requestHeaders: [HeaderChange] = []
        package var responseHeaders: [HeaderChange] = []
    }

    /// Gets a share of the requests too, and nobody hears what it says.
    package struct Mirror: Sendable {
        package let backend: Backend
        package var percent = 100
    }

    /// Another path in the place of what matched.
    package enum PathChange: Sendable {
        case whole(String)
        /// Of a prefix: what follows it stays.
        case prefix(String)
        /// With `$1` and so on for what the pattern's groups took.
        case template(String)
    }

    package struct Redirect: Sendable {
        package var scheme: String?
        package var host: String?
        package var port: Int?
        package var path: PathChange?
        package var status = 302
        /// In the place of all of it.
        package var location: String?
    }

    package struct HeaderChange: Sendable {
        package var set: [(String, String)] = []
        package var add: [(String, String)] = []
        package var remove: [String] = []

        package func apply(_ headers: inout HTTPHeaders) {
            for name in remove { headers[name] = nil }
            for (name, value) in set { headers.set(name, value) }
            for (name, value) in add { headers.add(name, value) }
        }
    }

    /// The object that it comes from: `Ingress default/web`.
    package let owner: String
    package let created: Time
    /// Place within the owner.
    package let order: Int
    package var path: PathMatch
    package var method: String?
    package var headers: [ValueMatch] = []
    package var queries: [ValueMatch] = []
    /// Whether a host with `*` stands for names of several labels too.
    package var takesDeepNames = false

    package var redirect: Redirect?
    package var rewrite: PathChange?
    /// In the place of the client's Host.
    package var host: String?
    package var requestHeaders: [HeaderChange] = []
    package var responseHeaders: [HeaderChange] = []
    package var mirrors: [Mirror] = []
    package var backends: [Backend] = []
    /// What is answered when there is no backend at all: the owner names none that exists.
    package var statusWithoutBackend = 503
    package var needsTLS = false
    package var isBackendSecure = false
    /// Bytes of a body at most; nil for what the server itself takes.
    package var bodyLimit: Int?
    /// Of each attempt.
    package var times = HTTPForwarder.Times()
    /// From the request to the beginning of its answer, all attempts together; nil for no limit.
    package var limit: Duration?
    /// Shared by all rules of the owner; nil where it asks for nothing of the kind.
    package var policy: MeshPolicy?
    package var retries: MeshSettings.Retries?
    package let turn = ProxyTurn()

    package init(owner: String, created: Time, order: Int, path: PathMatch) {
        self.owner = owner
        self.created = created
        self.order = order
        self.path = path
    }

    // MARK: - Choice

    /// Whether a request is taken. - Parameter path: without query, as it was sent.
    func takes(_ request: HTTPRequest, _ query: [(String, String)]) -> Bool {
        guard takesPath(request.path) else { return false }
        if let method, method != request.method { return false }
        for header in headers where !header.matches(request.headers[header.name]) { return false }
        for wanted in queries where !wanted.matches(query.first(where: { $0.0 == wanted.name })?.1) { return false }
        return true
    }

    private func takesPath(_ path: String) -> Bool {
        switch self.path {
        case .any: true
        case .exact(let wanted): path == wanted
        case .prefix(let prefix): Self.isPrefix(prefix, of: path)
        case .pattern(let pattern): pattern.takesStart(of: path)
        }
    }

    static func isPrefix(_ prefix: String, of path: String) -> Bool {
        let wanted: Substring.UTF8View = trimmed(prefix)
        guard path.utf8.starts(with: wanted) else { return false }
        let rest: Substring.UTF8View = path.utf8.dropFirst(wanted.count)
        return rest.isEmpty || rest.first == UInt8(ascii: "/")
    }

    private static func trimmed(_ prefix: String) -> Substring.UTF8View {
        prefix.utf8.last == UInt8(ascii: "/") ? prefix.utf8.dropLast() : prefix[...].utf8
    }

    /// The path after a change.
    func changed(_ path: String, by change: PathChange) -> String {
        switch (change, self.path) {
        case (.whole(let new), _): return new
        case (.prefix(let new), .prefix(let prefix)):
            // What follows the prefix is empty or begins with a slash.
            let rest: Substring = Substring(path.utf8.dropFirst(Self.trimmed(prefix).count))
            if rest.isEmpty { return new.isEmpty ? "/" : new }
            return (new.hasSuffix("/") ? String(new.dropLast()) : new) + rest
        case (.prefix(let new), _): return new.isEmpty ? "/" : new
        case (.template(let template), .pattern(let pattern)): return pattern.filled(template, from: path)
        case (.template(let template), _): return template
        }
    }

    /// The more particular one first; among equals the older one. Source: the rules of HTTPRouteMatch in the Gateway API.
    static func precedes(_ one: ProxyRule, _ other: ProxyRule) -> Bool {
        let ranks: [(Int, Int)] = [
            (one.pathRank.0, other.pathRank.0), (one.pathRank.1, other.pathRank.1),
            (one.method == nil ? 0 : 1, other.method == nil ? 0 : 1), (one.headers.count, other.headers.count),
            (one.queries.count, other.queries.count),
        ]
        for (mine, theirs) in ranks where mine != theirs { return mine > theirs }
        return (one.created.seconds, one.owner, one.order) < (other.created.seconds, other.owner, other.order)
    }

    private var pathRank: (Int, Int) {
        switch path {
        case .exact(let path): (3, path.utf8.count)
        case .pattern(let pattern): (2, pattern.text.utf8.count)
        case .prefix(let path): (1, Self.trimmed(path).count)
        case .any: (0, 0)
        }
    }

    /// One of the backends, each as often as its weight says; nil when all have none.
    func backend() -> Backend? {
        let total: Int = backends.reduce(0) { $0 + $1.weight }
        guard total > 0 else { return nil }
        guard backends.count > 1 else { return backends[0] }
        // A step that has nothing in common with the total spreads the turns and meets each number once.
        var step: Int = max(1, total * 618 / 1000)
        while Self.divisor(step, total) != 1 { step += 1 }
        var place: Int = turn.next() % total * step % total
        for backend in backends {
            if place < backend.weight { return backend }
            place -= backend.weight
        }
        return nil
    }

    private static func divisor(_ one: Int, _ other: Int) -> Int { other == 0 ? one : divisor(other, one % other) }
}

/// Counts turns, for all threads.
package final class ProxyTurn: Sendable {
    private let count = Atomic<Int>(0)
    package init() {}
    func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).oldValue & 0xFFFF_FFFF }
}

/// A regular expression that may be asked from all threads.
package final class ProxyPattern: @unchecked Sendable {
    // Never changed after it was made; matching changes nothing in it.
    private let regex: Regex<AnyRegexOutput>
    package let text: String

    /// nil for a text that is none.
    package init?(_ text: String, ignoresCase: Bool = false) {
        guard let regex = try? Regex(text) else { return nil }
        self.regex = ignoresCase ? regex.ignoresCase() : regex
        self.text = text
    }

    func takesAll(of text: String) -> Bool { (try? regex.wholeMatch(in: text)) != nil }
    func takesStart(of text: String) -> Bool { (try? regex.prefixMatch(in: text)) != nil }

    func filled(_ template: String, from text: String) -> String {
        guard let match = try? regex.prefixMatch(in: text) else { return text }
        var result = ""
        var rest: Substring = template[...]
        while let mark = rest.firstIndex(of: "$") {
            result += rest[..<mark]
            rest = rest[mark...].dropFirst()
            guard let digit = rest.first?.wholeNumberValue else {
                result += "$"
                continue
            }
            rest = rest.dropFirst()
            if digit < match.output.count, let group = match.output[digit].substring { result += group }
        }
        return result + rest
    }
}
