import API
import Machinery

/// What selectors read of one stored object, derived from its bytes once.
final class ObjectIndex: Sendable {
    let labels: [String: String]
    /// By path: `metadata.name`, `spec.nodeName`; absent fields are empty texts.
    let fields: [String: String]

    init(_ bytes: [UInt8], selectableFields: [String]) {
        // The bytes were written by the server; should they be damaged, nothing is selected rather than something wrong.
        let json: JSON = (try? JSON(parsing: bytes)) ?? .null
        var labels: [String: String] = [:]
        for member in json[["metadata", "labels"]]?.object?.members ?? [] { labels[member.key] = member.value.string }
        self.labels = labels
        var fields: [String: String] = [:]
        for path in selectableFields {
            fields[path] = json[path.split(separator: ".").map(String.init)].map(Self.text) ?? ""
        }
        self.fields = fields
    }

    private static func text(_ json: JSON) -> String {
        switch json {
        case .string(let text): text
        case .bool(let flag): flag ? "true" : "false"
        case .int(let number): String(number)
        default: ""
        }
    }
}
