import API
import Machinery

/// What selectors read of one stored object, derived from its bytes once.
final class ObjectIndex: Sendable {
    let labels: [String: String]
    /// By the names that selectors use: `metadata.name`, `spec.nodeName`.
    let fields: [String: String]

    init(_ bytes: [UInt8], selectableFields: [SelectableField]) {
        // The bytes were written by the server; should they be damaged, nothing is selected rather than something wrong.
        let json: JSON = (try? JSON(parsing: bytes)) ?? .null
        var labels: [String: String] = [:]
        for member in json[["metadata", "labels"]]?.object?.members ?? [] { labels[member.key] = member.value.string }
        self.labels = labels
        var fields: [String: String] = [:]
        for field in selectableFields { fields[field.name] = field.value(in: json) }
        self.fields = fields
    }
}
