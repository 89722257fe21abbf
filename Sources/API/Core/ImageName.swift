/// The name of an image: `registry.example:5000/team/web:1.2@sha256:…`.
package enum ImageName {
    /// `Always` for a tag that moves, else `IfNotPresent`. Source: `SetDefaults_Container` of pkg/apis/core/v1/defaults.go.
    package static func pullPolicy(_ image: String) -> String { tag(image) == "latest" ? "Always" : "IfNotPresent" }

    /// The tag; `latest` when neither tag nor digest is given, nil for a digest without a tag.
    package static func tag(_ image: String) -> String? {
        let parts: [Substring] = image.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let name: Substring = parts.first ?? ""
        // A colon before the last slash is a port of the registry.
        let last: Substring = name.lastIndex(of: "/").map { name[name.index(after: $0)...] } ?? name
        if let colon: Substring.Index = last.lastIndex(of: ":") { return String(last[last.index(after: colon)...]) }
        return parts.count > 1 ? nil : "latest"
    }
}
