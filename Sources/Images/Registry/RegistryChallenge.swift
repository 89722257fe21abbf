/// What a registry asks for when it refuses: the scheme and its parameters. Source: RFC 9110, 11.6.1.
struct RegistryChallenge: Sendable, Equatable {
    /// In small letters: `basic`, `bearer`.
    let scheme: String
    let parameters: [String: String]

    /// `Bearer realm="https://auth.example/token",service="registry",scope="repository:a/b:pull"`; nil for what can't be read.
    init?(_ header: String) {
        let parts: [Substring] = header.split(separator: " ", maxSplits: 1)
        guard let scheme = parts.first else { return nil }
        self.scheme = scheme.lowercased()
        var parameters: [String: String] = [:]
        var rest: Substring = parts.count > 1 ? parts[1] : ""
        while let equals = rest.firstIndex(of: "=") {
            let name: String = rest[..<equals].filter { $0 != " " && $0 != "," }.lowercased()
            rest = rest[rest.index(after: equals)...]
            var value = ""
            if rest.first == "\"" {
                rest = rest.dropFirst()
                while let character = rest.popFirst(), character != "\"" {
                    if character == "\\", let escaped = rest.popFirst() { value.append(escaped) } else { value.append(character) }
                }
            } else {
                value = String(rest.prefix { $0 != "," })
                rest = rest.dropFirst(value.count)
            }
            parameters[name] = value
        }
        self.parameters = parameters
    }
}
