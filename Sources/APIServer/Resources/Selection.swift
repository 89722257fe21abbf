import API
import Machinery
import Store

/// The label and field selectors of a request.
struct Selection: Sendable {
    private let labels: LabelMatch?
    private let fields: FieldMatch?

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
    }

    var isEverything: Bool { labels == nil && fields == nil }

    /// The one name that can match, when the fields say so.
    var onlyName: String? { fields?.exactValue(of: "metadata.name") }

    func matches(_ entry: Entry) -> Bool {
        guard !isEverything else { return true }
        guard let index = entry.index as? ObjectIndex else { return false }
        if let labels, !labels.matches({ index.labels[$0] }) { return false }
        if let fields, !fields.matches({ index.fields[$0] ?? "" }) { return false }
        return true
    }
}

extension GroupVersionResource {
    /// `/v1`, `apps/v1`, as error texts have it.
    var groupVersion: String { group.isEmpty ? "/" + version : group + "/" + version }
}
