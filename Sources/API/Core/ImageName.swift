/// The name of an image: `registry.example:5000/team/web:1.2@sha256:…`.
package enum ImageName {
    /// `Always` for a tag that moves, else `IfNotPresent`. Source: `SetDefaults_Container` of pkg/apis/core/v1/defaults.go.
    package static func pullPolicy(_ image: String) -> String { tag(image) == "latest" ? "Always" : "IfNotPresent" }

    /// The tag; `latest` when neither tag nor digest is given, nil for a digest without a tag.
    package static func tag(_ image: String) -> String? {
        let bytes: String.UTF8View = image.utf8
        let digest: String.Index? = bytes.firstIndex(of: UInt8(ascii: "@"))
        let name: Substring.UTF8View = bytes[..<(digest ?? bytes.endIndex)]
        // A colon before the last slash is a port of the registry.
        if let mark = name.lastIndex(where: { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "/") }), name[mark] == UInt8(ascii: ":") {
            return String(Substring(name[name.index(after: mark)...]))
        }
        return digest == nil ? "latest" : nil
    }
}
