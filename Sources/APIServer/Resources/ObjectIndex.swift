import API
import Machinery

/// What selectors read of one stored object, derived from its bytes once.
final class ObjectIndex: Sendable {
    let labels: [String: String]
    /// By the names that selectors use: `metadata.name`, `spec.nodeName`.
    let fields: [String: String]
    /// True once deletion was asked for.
    let isTerminating: Bool

    init(_ bytes: [UInt8], _ indexed: IndexedFields) {
        // The bytes were written by the server; should they be damaged, nothing is selected rather than something wrong.
        let json: JSON = (try? JSON(parsing: bytes)) ?? .null
        var labels: [String: String] = [:]
        for member in json[["metadata", "labels"]]?.object?.members ?? [] { labels[member.key] = member.value.string }
        self.labels = labels
        var fields: [String: String] = [:]
        for field in indexed.stored { fields[field.name] = field.value(in: json) }
        for other in indexed.others {
            let served: JSON = other.fromStored(json)
            for field in other.fields { fields[field.name] = field.value(in: served) }
        }
        self.fields = fields
        isTerminating = json[["metadata", "deletionTimestamp"]] != nil
    }
}

/// The fields by which objects of one stored kind are selected, in the words of all versions in which they are served.
///
/// Custom resources are not here: their definitions change while objects and their indexes stay. See ``Selection``.
struct IndexedFields: Sendable {
    var stored: [SelectableField]
    /// Of versions that are not stored: the fields that only they have.
    var others: [(fields: [SelectableField], fromStored: @Sendable (JSON) -> JSON)] = []

    static func of(_ key: String) -> IndexedFields { builtIn[ObjectKeys.resource(of: key)] ?? anyKind }

    private static let anyKind = IndexedFields(stored: ["metadata.name", "metadata.namespace"])

    /// By group and resource, as keys begin.
    private static let builtIn: [Substring: IndexedFields] = {
        var all: [Substring: IndexedFields] = [:]
        for type in Registry.types where type.conversion == nil {
            all[ObjectKeys.resource(of: ObjectKeys.prefix(type.names))] = IndexedFields(stored: type.selectableFields)
        }
        for kind in Registry.kinds {
            guard let form = kind.storedForm else { continue }
            let resource: Substring = ObjectKeys.resource(of: ObjectKeys.prefix(form.names))
            let known = Set<String>(all[resource, default: anyKind].stored.map(\.name))
            let fields: [SelectableField] = kind.selectableFields.filter { !known.contains($0.name) }
            if !fields.isEmpty { all[resource, default: anyKind].others.append((fields, form.fromStored)) }
        }
        return all
    }()
}
