/// One side of a copy: a path here, or in a container.
///
/// Source: `extractFileSpec` of k8s.io/kubectl/pkg/cmd/cp.
struct FileSpec: Sendable, Equatable {
    /// nil for a path here.
    var pod: String?
    /// nil for the namespace that the command works in.
    var namespace: String?
    let path: String

    /// Reads `path`, `pod:path` and `namespace/pod:path`.
    init(_ text: String) throws {
        let malformed = Failure("filespec must match the canonical format: [[namespace/]pod:]file/path")
        guard let colon = text.firstIndex(of: ":") else {
            path = text
            return
        }
        if colon == text.startIndex { throw malformed }
        // A path here may hold a colon when it begins like a path.
        let head: Substring = text[..<colon]
        if head.hasPrefix("/") || head.hasPrefix("./") || head.hasPrefix("../") {
            path = text
            return
        }
        path = String(text[colon...].dropFirst())
        let parts: [Substring] = head.split(separator: "/", omittingEmptySubsequences: false)
        switch parts.count {
        case 1: pod = String(parts[0])
        case 2: (namespace, pod) = (String(parts[0]), String(parts[1]))
        default: throw malformed
        }
    }

    /// The last part of a path; empty for the root.
    static func name(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? "" }

    /// What stands before the last part: `.` for a bare name.
    static func folder(of path: String) -> String {
        let parts: [Substring] = path.split(separator: "/")
        let isAbsolute: Bool = path.hasPrefix("/")
        guard parts.count > 1 else { return isAbsolute ? "/" : "." }
        return (isAbsolute ? "/" : "") + parts.dropLast().joined(separator: "/")
    }

    /// A path without dots and doubled slashes, as far as that can be told from the text.
    static func cleaned(_ path: String) -> String {
        let isAbsolute: Bool = path.hasPrefix("/")
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." {
                parts.removeLast()
            } else if part != ".." || !isAbsolute {
                parts.append(part)
            }
        }
        let text: String = parts.joined(separator: "/")
        return isAbsolute ? "/" + text : text.isEmpty ? "." : text
    }
}
