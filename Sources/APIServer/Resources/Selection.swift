import API
import Machinery
import Store

/// The label and field selectors of a request.
struct Selection: Sendable {
    private let labels: LabelMatch?
    private let fields: FieldMatch?
    /// Set when fields are wanted that no index holds: those that the definition of a custom resource names.
    private var customType: ResourceType?

    /// Throws ``APIStatus`` (400) for a selector that can't be read or a field that the kind does not offer.
    init(_ options: RequestOptions, _ type: ResourceType) throws(APIStatus) {
        do {
            labels = try options.labelSelector.map { try LabelMatch(parsing: $0) }
        } catch {
            throw .badRequest("\(error)")
        }
        do {
            fields = try options.fieldSelector.map { try FieldMatch(parsing: $0) }
        } catch {
            throw .badRequest("\(error)")
        }
        for field in fields?.requirements.map(\.field) ?? [] where !type.selectableFields.contains(where: { $0.name == field }) {
            throw .badRequest("field label not supported: \(field)")
        }
        if type.custom != nil, fields?.requirements.contains(where: { !$0.field.hasPrefix("metadata.") }) == true { customType = type }
    }

    var isEverything: Bool { labels == nil && fields == nil }

    /// The one name that can match, when the fields say so.
    var onlyName: String? { fields?.exactValue(of: "metadata.name") }

    func matches(_ entry: Entry) -> Bool {
        guard !isEverything else { return true }
        guard let index = entry.index as? ObjectIndex else { return false }
        if let labels, !labels.matches({ index.labels[$0] }) { return false }
        guard let fields else { return true }
        guard let customType else { return fields.matches { index.fields[$0] ?? "" } }
        let values: [String: String] = customType.fieldValues(of: entry)
        return fields.matches { index.fields[$0] ?? values[$0] ?? "" }
    }
}

extension ResourceType {
    /// Selectable fields in the served version of a stored object; none when it can't be converted.
    fileprivate func fieldValues(of entry: Entry) -> [String: String] {
        guard let stored = try? JSON(parsing: entry.value),
            let served = conversion == nil ? stored : try? conversion?.toServed([stored]).first
        else { return [:] }
        var values: [String: String] = [:]
        for field in selectableFields { values[field.name] = field.value(in: served) }
        return values
    }
}

extension GroupVersionResource {
    /// `/v1`, `apps/v1`, as error texts have it.
    var groupVersion: String { group.isEmpty ? "/" + version : group + "/" + version }
}
