import Machinery

/// An address in expressions, read as Go's `url.ParseRequestURI` reads it: absolute, or a path from the root.
struct URLValue: OpaqueValue {
    let scheme: String
    /// With the port.
    let host: String
    /// As it was written.
    let path: String
    let query: String

    static let name = "kubernetes.URL"
    var typeName: String { Self.name }

    func isEqual(to other: any OpaqueValue) -> Bool {
        guard let other = other as? URLValue else { return false }
        return scheme == other.scheme && host == other.host && path == other.path && query == other.query
    }

    init(_ text: String) throws(EvaluationError) {
        func failure(_ why: String) -> EvaluationError {
            EvaluationError("URL parse error during conversion from string: parse \(JSON.quoted(text)): \(why)")
        }
        guard !text.isEmpty else { throw failure("empty url") }
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            throw failure("net/url: invalid control character in URL")
        }
        var rest: Substring = text[...]
        var scheme: String = ""
        if let colon = rest.firstIndex(of: ":"), Self.isScheme(rest[..<colon]) {
            scheme = rest[..<colon].lowercased()
            rest = rest[rest.index(after: colon)...]
        } else if rest.hasPrefix(":") {
            throw failure("missing protocol scheme")
        }
        var query: String = ""
        if let mark = rest.firstIndex(of: "?") {
            query = String(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        }
        self.scheme = scheme
        self.query = query
        guard rest.hasPrefix("/") else {
            guard !scheme.isEmpty else { throw failure("invalid URI for request") }
            (host, path) = ("", "")
            return
        }
        var host: Substring = ""
        if rest.hasPrefix("//"), !rest.hasPrefix("///") {
            rest = rest.dropFirst(2)
            host = rest.prefix { $0 != "/" }
            rest = rest[host.endIndex...]
            if let at = host.lastIndex(of: "@") { host = host[host.index(after: at)...] }
            if let why = Self.complaint(host: host) { throw failure(why) }
        }
        self.host = String(host)
        path = String(rest)
        if let bad = Self.badEscape(rest) { throw failure("invalid URL escape \"\(bad)\"") }
    }

    private static func isScheme(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, (first | 0x20) >= 0x61, (first | 0x20) <= 0x7A else { return false }
        return text.utf8.allSatisfy { byte in
            (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || (0x30...0x39).contains(byte) || byte == 0x2B || byte == 0x2D || byte == 0x2E
        }
    }

    private static func complaint(host: Substring) -> String? {
        var port: Substring = ""
        if host.hasPrefix("[") {
            guard let end = host.lastIndex(of: "]") else { return "missing ']' in host" }
            port = host[host.index(after: end)...]
        } else {
            if let bad = host.unicodeScalars.first(where: { " <>\"{}|\\^`".unicodeScalars.contains($0) }) {
                return "invalid character \"\(Character(bad))\" in host name"
            }
            if let colon = host.lastIndex(of: ":") { port = host[colon...] }
        }
        guard !port.isEmpty else { return nil }
        guard port.hasPrefix(":"), port.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return "invalid port \"\(port)\" after host"
        }
        return nil
    }

    private static func badEscape(_ text: Substring) -> String? {
        let bytes: [UInt8] = Array(text.utf8)
        for index in bytes.indices where bytes[index] == UInt8(ascii: "%") {
            let digits: ArraySlice<UInt8> = bytes[index + 1..<min(bytes.count, index + 3)]
            if digits.count < 2 || Int(String(decoding: digits, as: UTF8.self), radix: 16) == nil || digits.first == 0x2B
                || digits.first == 0x2D
            {
                return String(decoding: bytes[index..<min(bytes.count, index + 3)], as: UTF8.self)
            }
        }
        return nil
    }

    /// Host and port apart; without the brackets of an IPv6 address.
    var parts: (name: String, port: String) {
        if host.hasPrefix("["), let end = host.lastIndex(of: "]") {
            let rest: Substring = host[host.index(after: end)...]
            return (String(host[host.index(after: host.startIndex)..<end]), String(rest.dropFirst()))
        }
        guard let colon = host.lastIndex(of: ":") else { return (host, "") }
        return (String(host[..<colon]), String(host[host.index(after: colon)...]))
    }

    /// What stands behind the question mark, by name; what can't be read is left out.
    var parameters: [(name: String, values: [String])] {
        var found: [(name: String, values: [String])] = []
        for pair in query.split(separator: "&") where !pair.contains(";") {
            let parts: [Substring] = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.unescaped(parts[0]), let value = Self.unescaped(parts.count > 1 ? parts[1] : "") else { continue }
            if let index = found.firstIndex(where: { $0.name == name }) {
                found[index].values.append(value)
            } else {
                found.append((name, [value]))
            }
        }
        return found
    }

    private static func unescaped(_ text: Substring) -> String? {
        guard badEscape(text) == nil else { return nil }
        var bytes: [UInt8] = []
        var rest: Substring.UTF8View = text.utf8
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// As a path has to be written.
    var escapedPath: String {
        var result: String = ""
        for byte in path.utf8 {
            let isPlain: Bool =
                (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || (0x30...0x39).contains(byte) || "-_.~$&+,/:;=@%!'()*[]".utf8.contains(byte)
            if isPlain {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits: String = String(byte, radix: 16, uppercase: true)
                result += "%" + (byte < 16 ? "0" : "") + digits
            }
        }
        return result
    }
}

/// Source: k8s.io/apiserver/pkg/cel/library/urls.go.
enum URLFunctions {
    static let all: [Overload] = [
        .one("url(string) -> kubernetes.URL", .text(1)) { value throws(EvaluationError) in
            guard case .string(let text) = value else { return nil }
            return .object(try URLValue(text))
        },
        .one("isURL(string) -> bool", .text(1)) { value in
            guard case .string(let text) = value else { return nil }
            return .bool((try? URLValue(text)) != nil)
        },
        .one("<kubernetes.URL>getScheme() -> string") { of($0).map { .string($0.scheme) } },
        .one("<kubernetes.URL>getHost() -> string") { of($0).map { .string($0.host) } },
        .one("<kubernetes.URL>getHostname() -> string") { of($0).map { .string($0.parts.name) } },
        .one("<kubernetes.URL>getPort() -> string") { of($0).map { .string($0.parts.port) } },
        .one("<kubernetes.URL>getEscapedPath() -> string") { of($0).map { .string($0.escapedPath) } },
        .one("<kubernetes.URL>getQuery() -> map(string, list(string))") { value throws(EvaluationError) in
            guard let url = of(value) else { return nil }
            var map = MapBuilder()
            for (name, values) in url.parameters { try map.insert(.string(name), .list(values.map { .string($0) })) }
            return map.value
        },
    ]

    private static func of(_ value: Value) -> URLValue? { if case .object(let object) = value { object as? URLValue } else { nil } }
}
