import API
import Client
import Machinery

/// Explains why server-side apply refused: who has managed the fields, and since when.
struct ConflictingFields {
    private let fields: [String]

    /// nil when the server refused for other reasons.
    init?(_ status: APIStatus) {
        let causes: [APIStatus.Cause] = (status.details?.causes ?? []).filter { $0.reason == "FieldManagerConflict" }
        if causes.isEmpty { return nil }
        fields = causes.map(\.field)
    }

    /// A line for each manager that has one of the fields.
    func explanation(_ manifest: Manifest, current: JSON, besides manager: String, now: Time) -> String {
        var lines: [String] = []
        for entry in current.list("metadata", "managedFields") where entry.text(at: "manager") != manager {
            let owned: [String] = fields.filter { Self.has(entry["fieldsV1"], $0) }
            if owned.isEmpty { continue }
            let since: String = entry["time"]?.string.flatMap { Time($0) }.map { " since \($0) (\((now - $0).human) ago)" } ?? ""
            let how: String = entry.text(at: "operation") == "Apply" ? "applied" : "wrote"
            lines.append("\(entry.text(at: "manager")) \(how) \(owned.joined(separator: ", ")) of \(manifest.shown)\(since).")
        }
        return lines.joined(separator: "\n")
    }

    /// Whether a set of fields has the one at a path as the server names it: `.spec.replicas`, `.spec.containers[name="web"].image`.
    static func has(_ set: JSON?, _ path: String) -> Bool {
        var at: JSON? = set
        for step in steps(path) {
            guard let members = at?.object else { return false }
            if let found = members["f:" + step] {
                at = found
            } else if let found = members.first(where: { $0.key.hasPrefix("k:") && key($0.key) == step || $0.key == "v:" + step }) {
                at = found.value
            } else {
                return false
            }
        }
        return true
    }

    /// `k:{"name":"web"}` as `name="web"`.
    private static func key(_ text: String) -> String {
        guard let members = (try? JSON(parsing: String(text.dropFirst(2))))?.object else { return "" }
        return members.map { "\($0.key)=\($0.value.text())" }.joined(separator: ",")
    }

    /// Names between dots and what stands in brackets, whose dots belong to it.
    private static func steps(_ path: String) -> [String] {
        var steps: [String] = []
        var (step, depth): (String, Int) = ("", 0)
        for character in path {
            switch character {
            case "." where depth == 0, "[" where depth == 0, "]" where depth == 1:
                if !step.isEmpty { steps.append(step) }
                step = ""
                depth += character == "[" ? 1 : character == "]" ? -1 : 0
            default: step.append(character)
            }
        }
        return step.isEmpty ? steps : steps + [step]
    }
}
