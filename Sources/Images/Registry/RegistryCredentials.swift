import Machinery

/// Who asks a registry.
package struct RegistryCredentials: Sendable, Equatable {
    package var user: String
    package var password: String
    /// A refresh token in the place of a password, as some registries give; empty for none.
    package var identityToken: String

    package init(user: String, password: String, identityToken: String = "") {
        self.user = user
        self.password = password
        self.identityToken = identityToken
    }

    var basic: String { "Basic " + Base64Text.encode(Array("\(user):\(password)".utf8)) }
}

/// Credentials by registry, as Docker's configuration files have them.
///
/// Source: pkg/credentialprovider of Kubernetes, `BasicDockerKeyring`.
package struct Keyring: Sendable {
    private struct Entry: Sendable {
        let pattern: String
        let credentials: RegistryCredentials
    }

    private var entries: [Entry] = []

    package init() {}

    package var isEmpty: Bool { entries.isEmpty }

    /// Adds the content of a `config.json` (with `auths`) or of an old `.dockercfg` (without). False for what is neither.
    @discardableResult
    package mutating func add(_ bytes: [UInt8]) -> Bool {
        guard let json = try? JSON(parsing: bytes), let auths = (json["auths"] ?? json).object else { return false }
        for (key, value) in auths.members.map({ ($0.key, $0.value) }) {
            guard value.object != nil else { continue }
            var credentials = RegistryCredentials(
                user: value["username"]?.string ?? "", password: value["password"]?.string ?? "",
                identityToken: value["identitytoken"]?.string ?? "")
            if let text = value["auth"]?.string, let decoded = Base64Text.decode(text) {
                let parts: [Substring] = String(decoding: decoded, as: UTF8.self).split(
                    separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                if parts.count == 2 {
                    credentials.user = String(parts[0])
                    credentials.password = String(parts[1].prefix { $0 != "\0" })
                }
            }
            entries.append(Entry(pattern: Self.pattern(key), credentials: credentials))
        }
        return true
    }

    package mutating func add(_ other: Keyring) { entries += other.entries }

    /// Those that may open an image's repository, the closest first.
    package func credentials(for image: ImageReference) -> [RegistryCredentials] {
        let registry: String = image.registry == ImageReference.hub ? "index.docker.io" : image.registry
        return entries.filter { Self.matches($0.pattern, registry, image.repository) }
            .sorted { $0.pattern.utf8.count > $1.pattern.utf8.count }.map(\.credentials)
    }

    /// `registry.example.com/v1/`, `https://index.docker.io/v1/` without scheme and version.
    private static func pattern(_ key: String) -> String {
        var text: Substring = key[...]
        for scheme in ["https://", "http://"] where text.hasPrefix(scheme) { text = text.dropFirst(scheme.count) }
        while text.last == "/" { text = text.dropLast() }
        for version in ["/v1", "/v2"] where text.hasSuffix(version) { text = text.dropLast(version.count) }
        return text == "docker.io" || text == "registry-1.docker.io" ? "index.docker.io" : String(text)
    }

    /// A host by labels, each of which may be `*.`-like a glob, its port, and the beginning of the path.
    private static func matches(_ pattern: String, _ registry: String, _ repository: String) -> Bool {
        let parts: [Substring] = pattern.split(separator: "/", maxSplits: 1)
        guard let host = parts.first else { return false }
        if parts.count == 2 {
            let path: Substring = parts[1]
            guard repository == path || repository.hasPrefix(path + "/") else { return false }
        }
        let (wantedHost, wantedPort) = split(host)
        let (foundHost, foundPort) = split(registry[...])
        guard wantedPort == foundPort else { return false }
        let wanted: [Substring] = wantedHost.split(separator: ".", omittingEmptySubsequences: false)
        let found: [Substring] = foundHost.split(separator: ".", omittingEmptySubsequences: false)
        return wanted.count == found.count && zip(wanted, found).allSatisfy { glob(Array($0.utf8)[...], Array($1.utf8)[...]) }
    }

    private static func split(_ authority: Substring) -> (Substring, Substring) {
        guard let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") else { return (authority, "") }
        return (authority[..<colon], authority[authority.index(after: colon)...])
    }

    private static func glob(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        switch first {
        case UInt8(ascii: "*"):
            return glob(pattern.dropFirst(), text) || (!text.isEmpty && glob(pattern, text.dropFirst()))
        case UInt8(ascii: "?"): return !text.isEmpty && glob(pattern.dropFirst(), text.dropFirst())
        default: return text.first == first && glob(pattern.dropFirst(), text.dropFirst())
        }
    }
}
