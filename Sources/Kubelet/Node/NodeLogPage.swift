import Sandbox

/// A file or a list of files below the node's /var/log.
package enum NodeLogPage {
    /// Largest file that is shown, in bytes; of longer ones the end is.
    private static let limit = 8 << 20

    /// nil for what is not there, or not below the root. Blocks.
    package static func make(_ path: String, root: String) -> (type: String, bytes: [UInt8])? {
        let parts: [Substring] = path.split(separator: "/")
        guard !parts.contains("..") else { return nil }
        let place: String = parts.reduce(root) { $0 + "/" + $1 }
        switch Files.kind(place) {
        case .folder:
            let names: [String] = Files.names(in: place).sorted().map { Files.kind(place + "/" + $0) == .folder ? $0 + "/" : $0 }
            let lines: [String] = names.map { "<a href=\"\($0)\">\($0)</a>\n" }
            return (
                "text/html; charset=utf-8",
                Array(
                    ("<!doctype html>\n<meta name=\"viewport\" content=\"width=device-width\">\n<pre>\n" + lines.joined() + "</pre>\n").utf8
                )
            )
        case .file: return Files.read(place, last: limit).map { ("text/plain; charset=utf-8", $0) }
        default: return nil
        }
    }
}
