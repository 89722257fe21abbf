import API
import Client
import Machinery

/// Explains why an object can't become what its manifest says: fields that are set once and for all.
struct ImmutableFields {
    /// Paths as the server names them: `spec.selector`, `spec.ports[0].port`.
    private let paths: [String]

    /// nil when the server refused for other reasons.
    init?(_ status: APIStatus) {
        let words: [String] = ["field is immutable", "may not change once set", "updates to", "forbidden: may not"]
        paths = (status.details?.causes ?? []).filter { cause in words.contains { cause.message.lowercased().contains($0) } }
            .map(\.field).filter { !$0.isEmpty }
        if paths.isEmpty { return nil }
    }

    /// A line for each field with its value now and the one that is wanted, and what to do.
    func explanation(_ manifest: Manifest, current: JSON) -> String {
        let lines: [String] = paths.map { path in
            let members: [String] = Self.members(path)
            return "\(path) of \(manifest.shown) can't be changed: it is \(Self.shown(current, members)), "
                + "\(manifest.source) says \(Self.shown(manifest.json, members))."
        }
        let file: String = manifest.source == "STDIN" ? "-" : manifest.source
        return (lines + ["To delete the object and make it anew: \(CLI.program) apply --replace -f \(file)"]).joined(separator: "\n")
    }

    private static func members(_ path: String) -> [String] {
        path.split { $0 == "." || $0 == "[" }.map { String($0.last == "]" ? $0.dropLast() : $0) }
    }

    private static func shown(_ object: JSON, _ path: [String]) -> String {
        var value: JSON? = object
        for member in path {
            if let index = Int(member), let list = value?.array {
                value = list.indices.contains(index) ? list[index] : nil
            } else {
                value = value?[member]
            }
        }
        return value.map { $0.sortedByKey.text() } ?? "not set"
    }
}
