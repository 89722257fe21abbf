import API
import Machinery
import Store

/// The label and field selectors of a request.
struct Selection: Sendable {
    private let labels: LabelMatch?
    private let fields: FieldMatch?
    /// Set when fields are wanted that no index holds: those that the definition of a custom resource names.
    private var customType: ResourceType?
    /// Requirements that the key alone answers.
    private let place: FieldMatch?

    /// Throws ``APIStatus`` (400) for a selector that can't be read or a field that the kind does not offer.
    init(_ options: RequestOptions, _ type: ResourceType) throws(APIStatus) {
        do {
            labels = try options.labelSelector.map { try LabelMatch(parsing: $0) }
        } catch {
            throw .badRequest("\(error)")
        }
        let requirements: [FieldMatch.Requirement]
        do {
            requirements = try options.fieldSelector.map { try FieldMatch(parsing: $0) }?.requirements ?? []
        } catch {
            throw .badRequest("\(error)")
        }
        for field in requirements.map(\.field) where !type.selectableFields.contains(where: { $0.name == field }) {
            try Self.refuse(field, type)
        }
        func match(_ isWanted: (FieldMatch.Requirement) -> Bool) -> FieldMatch? {
            let wanted: [FieldMatch.Requirement] = requirements.filter(isWanted)
            return wanted.isEmpty ? nil : FieldMatch(requirements: wanted)
        }
        place = match { Self.fieldsOfKey.contains($0.field) }
        fields = match { !Self.fieldsOfKey.contains($0.field) }
        if type.custom != nil, fields != nil { customType = type }
    }

    /// Kinds that offer nothing of their own take both names of the key, even where one is always empty, and list them when they refuse.
    private static func refuse(_ field: String, _ type: ResourceType) throws(APIStatus) {
        guard type.custom == nil, type.selectableFields.allSatisfy({ fieldsOfKey.contains($0.name) }) else {
            throw .badRequest("field label not supported: \(field)")
        }
        guard !fieldsOfKey.contains(field) else { return }
        throw .badRequest("\(JSON.quoted(field)) is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")
    }

    private static let fieldsOfKey: Set<String> = ["metadata.name", "metadata.namespace"]

    var isEverything: Bool { labels == nil && fields == nil && place == nil }

    /// The one name that can match, when the fields say so.
    var onlyName: String? { place?.exactValue(of: "metadata.name") }

    func matches(_ entry: Entry) -> Bool {
        if let place {
            let (namespace, name): (Substring, Substring) = ObjectKeys.place(of: entry.key)
            guard place.matches({ $0 == "metadata.name" ? String(name) : String(namespace) }) else { return false }
        }
        guard labels != nil || fields != nil else { return true }
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
