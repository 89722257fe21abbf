/// The name of an image in full: registry, repository, and a tag or a digest or both.
///
///     nginx                        docker.io/library/nginx:latest
///     team/web:1.2                 docker.io/team/web:1.2
///     localhost:5000/web@sha256:…  as it stands
///
/// Source: the package reference of the distribution project.
package struct ImageReference: Sendable, Hashable, CustomStringConvertible {
    /// Host and port of the registry; `docker.io` when the name has none.
    package let registry: String
    /// `library/nginx`
    package let repository: String
    /// nil for a name with a digest only.
    package let tag: String?
    package let digest: Digest?

    /// `docker.io/library/nginx`
    package var name: String { registry + "/" + repository }

    /// The name in full, with what is known of tag and digest.
    package var description: String { name + (tag.map { ":" + $0 } ?? "") + (digest.map { "@\($0)" } ?? "") }

    /// What a registry is asked for: the digest before the tag.
    package var version: String { digest?.description ?? tag ?? "latest" }

    package init(registry: String, repository: String, tag: String?, digest: Digest?) {
        self.registry = registry
        self.repository = repository
        self.tag = tag
        self.digest = digest
    }

    /// Reads a name as Docker does; without tag and digest the tag is `latest`. Throws ``ImageError/invalidName(_:reason:)``.
    package init(_ text: String) throws(ImageError) {
        func refuse(_ more: String = "") -> ImageError { .invalidName(text, reason: "invalid reference format" + more) }
        if text.utf8.count == 64, text.utf8.allSatisfy(Self.isHex) {
            throw .invalidName(text, reason: "invalid repository name (\(text)), cannot specify 64-byte hexadecimal strings")
        }
        var rest: Substring = text[...]
        if let at = rest.firstIndex(of: "@") {
            guard let digest = Digest(String(rest[rest.index(after: at)...])) else { throw refuse() }
            self.digest = digest
            rest = rest[..<at]
        } else {
            digest = nil
        }
        let (registry, path) = Self.split(rest)
        var repository: Substring = path
        if let colon = path.lastIndex(of: ":"), !path[colon...].contains("/") {
            let tag: Substring = path[path.index(after: colon)...]
            guard Self.isTag(tag) else { throw refuse() }
            self.tag = String(tag)
            repository = path[..<colon]
        } else {
            tag = digest == nil ? "latest" : nil
        }
        let whole: String = registry == Self.hub && !repository.contains("/") ? "library/" + repository : String(repository)
        if whole.utf8.contains(where: { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }) {
            throw refuse(": repository name (\(whole)) must be lowercase")
        }
        guard Self.isRegistry(registry), whole.split(separator: "/", omittingEmptySubsequences: false).allSatisfy(Self.isPart) else {
            throw refuse()
        }
        guard registry.utf8.count + whole.utf8.count < 255 else {
            throw .invalidName(text, reason: "repository name must not be more than 255 characters")
        }
        self.registry = registry
        self.repository = whole
    }

    /// The registry of names without one.
    package static let hub = "docker.io"

    /// Whether the registry is this machine's own: plain HTTP is spoken to no other.
    package var isOnLoopback: Bool { Self.isLoopback(registry) }

    static func isLoopback(_ authority: String) -> Bool {
        if authority.hasPrefix("[") { return authority.hasPrefix("[::1]") }
        let host: Substring = authority.prefix { $0 != ":" }
        if host == "localhost" { return true }
        let parts: [Substring] = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    // MARK: - Grammar

    /// A first part with a dot, a colon or a capital, or `localhost`, is a registry.
    private static func split(_ text: Substring) -> (String, Substring) {
        guard let slash = text.firstIndex(of: "/") else { return (hub, text) }
        let first: Substring = text[..<slash]
        let isHost: Bool = first == "localhost" || first.contains { $0 == "." || $0 == ":" || $0.isUppercase }
        guard isHost else { return (hub, text) }
        return (first == "index.docker.io" ? hub : String(first), text[text.index(after: slash)...])
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    private static func isSmall(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        isSmall(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || byte == UInt8(ascii: "_")
    }

    private static func isTag(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 128, isWord(first) else { return false }
        return text.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
    }

    /// Small letters and digits, between them one dot, one or two underscores, or any number of dashes.
    private static func isPart(_ text: Substring) -> Bool {
        var separator = ""
        var hasLetter = false
        for character in text {
            guard let byte = character.asciiValue else { return false }
            if isSmall(byte) {
                if !separator.isEmpty, !(separator == "." || separator == "_" || separator == "__" || separator.allSatisfy { $0 == "-" }) {
                    return false
                }
                if !separator.isEmpty, !hasLetter { return false }
                separator = ""
                hasLetter = true
            } else if character == "." || character == "_" || character == "-" {
                separator.append(character)
            } else {
                return false
            }
        }
        return hasLetter && separator.isEmpty
    }

    private static func isRegistry(_ text: String) -> Bool {
        var host: Substring = text[...]
        if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") {
            let port: Substring = host[host.index(after: colon)...]
            guard !port.isEmpty, port.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return false }
            host = host[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            return host.dropFirst().dropLast().utf8.allSatisfy { isHex($0 | 0x20) || $0 == UInt8(ascii: ":") }
        }
        return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            guard let first = label.utf8.first, let last = label.utf8.last else { return false }
            let dash = UInt8(ascii: "-")
            return first != dash && last != dash && label.utf8.allSatisfy { isWord($0) && $0 != UInt8(ascii: "_") || $0 == dash }
        }
    }
}
