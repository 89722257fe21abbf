import HTTP

/// All rules of a front, by host.
package struct ProxyTable: Sendable {
    private var exact: [String: [ProxyRule]] = [:]
    /// By what follows the `*`: `.example.com`; the longest one first.
    private var wildcards: [(suffix: String, rules: [ProxyRule])] = []
    private var any: [ProxyRule] = []
    /// Of a port with several listeners, the most particular host first.
    private var listeners: [(host: String, table: ProxyTable)] = []

    /// - Parameter rules: each with its host; `*.example.com` for names of one more label, or of any number of them where the rule
    ///   ``ProxyRule/takesDeepNames``; empty for all hosts.
    package init(_ rules: [(host: String, rule: ProxyRule)]) {
        var grouped: [String: [ProxyRule]] = [:]
        for (host, rule) in rules { grouped[host.lowercased(), default: []].append(rule) }
        for (host, list) in grouped {
            let sorted: [ProxyRule] = list.sorted(by: ProxyRule.precedes)
            if host.isEmpty {
                any = sorted
            } else if host.hasPrefix("*") {
                wildcards.append((String(host.dropFirst()), sorted))
            } else {
                exact[host] = sorted
            }
        }
        wildcards.sort { ($0.suffix.utf8.count, $0.suffix) > ($1.suffix.utf8.count, $1.suffix) }
    }

    /// The rules of listeners that share a port, by their hosts: a request is for the listener with the most particular host alone.
    /// Source: "listener isolation" of the Gateway API.
    package init(listeners: [String: [(host: String, rule: ProxyRule)]]) {
        func rank(_ host: String) -> (Int, Int) { (host.isEmpty ? 0 : host.hasPrefix("*") ? 1 : 2, host.utf8.count) }
        self.listeners = listeners.sorted { rank($0.key) > rank($1.key) }.map { ($0.key, ProxyTable($0.value)) }
    }

    package init() {}

    package var isEmpty: Bool { exact.isEmpty && wildcards.isEmpty && any.isEmpty && listeners.allSatisfy(\.table.isEmpty) }

    /// The rule for a request.
    ///
    /// - Parameters:
    ///   - host: in small letters, without port.
    ///   - named: comes after the rules of hosts and before those of all hosts.
    func rule(for request: HTTPRequest, host: String, named: @autoclosure () -> ProxyRule? = nil) -> ProxyRule? {
        if !listeners.isEmpty { return listeners.first { Self.takes($0.host, host) }?.table.rule(for: request, host: host) }
        var query: [(String, String)]?
        func first(_ rules: [ProxyRule]) -> ProxyRule? {
            rules.first { rule in
                if rule.queries.isEmpty { return rule.takes(request, []) }
                if query == nil { query = ProxyQuery.parameters(request.query) }
                return rule.takes(request, query ?? [])
            }
        }
        if let rules = exact[host], let rule = first(rules) { return rule }
        for (suffix, rules) in wildcards where host.hasSuffix(suffix) && host.utf8.count > suffix.utf8.count {
            let isDeep: Bool = host.utf8.dropLast(suffix.utf8.count).contains(UInt8(ascii: "."))
            if let rule = first(isDeep ? rules.filter(\.takesDeepNames) : rules) { return rule }
        }
        return named() ?? first(any)
    }

    private static func takes(_ listener: String, _ host: String) -> Bool {
        guard listener.hasPrefix("*") else { return listener.isEmpty || listener == host }
        return host.hasSuffix(listener.dropFirst()) && host.utf8.count >= listener.utf8.count
    }
}

/// Parameters of a query.
enum ProxyQuery {
    static func parameters(_ query: String?) -> [(String, String)] {
        (query ?? "").split(separator: "&").map { part in
            let words: [Substring] = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (decoded(words[0]), words.count > 1 ? decoded(words[1]) : "")
        }
    }

    private static func decoded(_ text: Substring) -> String {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else { return String(text) }
        var bytes: [UInt8] = []
        var rest: Substring.UTF8View = text.utf8
        while let byte = rest.popFirst() {
            let hex: Substring.UTF8View = rest.prefix(2)
            if byte == UInt8(ascii: "%"), hex.count == 2, let value = UInt8(String(Substring(hex)), radix: 16) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
