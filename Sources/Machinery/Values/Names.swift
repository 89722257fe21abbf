/// The rules for names in Kubernetes. Each function returns what is wrong with a text, in Kubernetes' own words; nothing for a
/// good one.
///
/// Source: k8s.io/apimachinery, `util/validation`.
public enum Names {
    public static func dns1123Label(_ text: String) -> [String] {
        // A name of labels is too long for one label, or has dots.
        guard !text.utf8.contains(UInt8(ascii: ".")) || !isDNS1123Subdomain(Substring(text).utf8) else {
            return (text.utf8.count > 63 ? [tooLong(63)] : []) + ["must not contain dots"]
        }
        return problems(
            text, atMost: 63, isDNS1123Label,
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
                + "alphanumeric character", "[a-z0-9]([-a-z0-9]*[a-z0-9])?", ["my-name", "123-abc"])
    }

    public static func dns1123Subdomain(_ text: String) -> [String] {
        problems(
            text, atMost: 253, isDNS1123Subdomain,
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end "
                + "with an alphanumeric character", #"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"#,
            ["example.com"])
    }

    public static func dns1035Label(_ text: String) -> [String] {
        problems(
            text, atMost: 63, { isDNS1123Label($0) && isLower($0.first) },
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end "
                + "with an alphanumeric character", "[a-z]([-a-z0-9]*[a-z0-9])?", ["my-name", "abc-123"])
    }

    public static func wildcardDNS1123Subdomain(_ text: String) -> [String] {
        problems(
            text, atMost: 253, { $0.starts(with: "*.".utf8) && isDNS1123Subdomain($0.dropFirst(2)) },
            "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case "
                + "alphanumeric characters, '-' or '.' and end with an alphanumeric character",
            #"\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"#, ["*.example.com"])
    }

    /// The key of a label or annotation, or the name of a finalizer or extended resource: `example.com/name` or `name`.
    public static func qualifiedName(_ text: String) -> [String] {
        var name: Substring.UTF8View = text[...].utf8
        var problems: [String] = []
        if let slash = name.firstIndex(of: UInt8(ascii: "/")) {
            let prefix: Substring = text[..<slash]
            name = name[name.index(after: slash)...]
            guard !name.contains(UInt8(ascii: "/")) else {
                return ["a qualified name " + unqualified() + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]
            }
            problems = prefix.isEmpty ? ["prefix part must be non-empty"] : dns1123Subdomain(String(prefix)).map { "prefix part " + $0 }
        }
        if name.isEmpty { problems.append("name part must be non-empty") }
        if name.count > 63 { problems.append("name part " + tooLong(63)) }
        if !isQualified(name) { problems.append("name part " + unqualified()) }
        return problems
    }

    private static func unqualified() -> String {
        mismatch(
            "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
            "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]", ["MyName", "my.name", "123-abc"])
    }

    public static func labelValue(_ text: String) -> [String] {
        problems(
            text, atMost: 63, { $0.isEmpty || isQualified($0) },
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end "
                + "with an alphanumeric character", "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?", ["MyValue", "my_value", "12345"])
    }

    /// Since v1.34 nearly any printable ASCII is a name.
    public static func envVarName(_ text: String) -> [String] {
        if text.isEmpty { return ["environment variable name must be non-empty"] }
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "=") }) else {
            return ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
        }
        return []
    }

    /// The stricter names that `envFrom` takes over from a ConfigMap or Secret only when they are good shell names.
    public static func cIdentifier(_ text: String) -> [String] {
        problems(
            text, atMost: nil,
            { $0.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "_") } && $0.first.map { !isDigit($0) } ?? false },
            "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
            "[A-Za-z_][A-Za-z0-9_]*", ["my_name", "MY_NAME", "MyName"])
    }

    /// A key in the data of a ConfigMap or Secret; it becomes a file name.
    public static func configMapKey(_ text: String) -> [String] {
        var problems: [String] = problems(
            text, atMost: 253, { !$0.isEmpty && $0.allSatisfy { isAlphanumeric($0) || "-._".utf8.contains($0) } },
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.'", "[-._a-zA-Z0-9]+",
            ["key.name", "KEY_NAME", "key-name"])
        if text == "." {
            problems.append("must not be '.'")
        } else if text == ".." {
            problems.append("must not be '..'")
        } else if text.hasPrefix("..") {
            problems.append("must not start with '..'")
        }
        return problems
    }

    /// The name of a port. Source: RFC 6335, section 5.1.
    public static func portName(_ text: String) -> [String] {
        var problems: [String] = []
        let bytes: String.UTF8View = text.utf8
        if bytes.count > 15 { problems.append(tooLong(15)) }
        if bytes.isEmpty || !bytes.allSatisfy({ isLower($0) || isDigit($0) || $0 == UInt8(ascii: "-") }) {
            problems.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
        }
        if !bytes.contains(where: { isLower($0) }) { problems.append("must contain at least one letter (a-z)") }
        if zip(bytes, bytes.dropFirst()).contains(where: { $0 == UInt8(ascii: "-") && $1 == UInt8(ascii: "-") }) {
            problems.append("must not contain consecutive hyphens")
        }
        if bytes.first == UInt8(ascii: "-") || bytes.last == UInt8(ascii: "-") {
            problems.append("must not begin or end with a hyphen")
        }
        return problems
    }

    public static func portNumber(_ port: Int) -> [String] {
        (1...65_535).contains(port) ? [] : ["must be between 1 and 65535, inclusive"]
    }

    public static func ipAddress(_ text: String) -> [String] {
        IPAddress(text) != nil ? [] : ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"]
    }

    public static func cidr(_ text: String) -> [String] {
        CIDR(text) != nil ? [] : ["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"]
    }

    /// A name that stands between slashes of a URL.
    public static func pathSegment(_ text: String) -> [String] {
        if text == "." || text == ".." { return ["may not be '\(text)'"] }
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "%") }) else { return [] }
        return ["/", "%"].filter { text.contains($0) }.map { "may not contain '\($0)'" }
    }

    public static func percent(_ text: String) -> [String] {
        problems(
            text, atMost: nil, { $0.last == UInt8(ascii: "%") && $0.count > 1 && $0.dropLast().allSatisfy(isDigit) },
            "a valid percent string must be a numeric string followed by an ending '%'", "[0-9]+%", ["1%", "93%"])
    }

    public static func httpHeaderName(_ text: String) -> [String] {
        problems(
            text, atMost: nil, { !$0.isEmpty && $0.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") } },
            "a valid HTTP header must consist of alphanumeric characters or '-'", "[-A-Za-z0-9]+", ["X-Header-Name"])
    }
}

extension Names {
    /// `must be no more than 63 bytes`
    public static func tooLong(_ limit: Int) -> String { "must be no more than \(limit) bytes" }

    private typealias Bytes = Substring.UTF8View

    private static func problems(
        _ text: String, atMost limit: Int?, _ isGood: (Bytes) -> Bool, _ rule: @autoclosure () -> String, _ pattern: String,
        _ examples: @autoclosure () -> [String]
    ) -> [String] {
        var problems: [String] = []
        if let limit, text.utf8.count > limit { problems.append(tooLong(limit)) }
        if !isGood(Substring(text).utf8) { problems.append(mismatch(rule(), pattern, examples())) }
        return problems
    }

    private static func mismatch(_ rule: String, _ pattern: String, _ examples: [String]) -> String {
        let list: String = examples.map { "'\($0)', " }.joined(separator: " or ")
        return "\(rule) (e.g. \(list)regex used for validation is '\(pattern)')"
    }

    private static func isDNS1123Label(_ bytes: Bytes) -> Bool {
        guard let first = bytes.first, let last = bytes.last, first != UInt8(ascii: "-"), last != UInt8(ascii: "-") else { return false }
        return bytes.allSatisfy { isLower($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isDNS1123Subdomain(_ bytes: Bytes) -> Bool {
        var rest: Bytes = bytes
        while let dot = rest.firstIndex(of: UInt8(ascii: ".")) {
            guard isDNS1123Label(rest[..<dot]) else { return false }
            rest = rest[rest.index(after: dot)...]
        }
        return isDNS1123Label(rest)
    }

    private static func isQualified(_ bytes: Bytes) -> Bool {
        guard let first = bytes.first, let last = bytes.last, isAlphanumeric(first), isAlphanumeric(last) else { return false }
        return bytes.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
    }

    private static func isLower(_ byte: UInt8?) -> Bool { byte.map { $0 >= 0x61 && $0 <= 0x7A } ?? false }
    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    private static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) }
}
