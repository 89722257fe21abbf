import Machinery

/// Makes the owner that client-side apply left of an object's fields the owner that server-side apply gives them, so that fields which
/// are dropped from a manifest go, as they did before.
///
/// Source: k8s.io/client-go/util/csaupgrade.
enum ManagerUpgrade {
    private static let annotation: [String] = ["f:metadata", "f:annotations", "f:" + LastApplied.annotation]

    /// Names of those who own the note of client-side apply. - Parameter operation: `Update`, or `Apply`.
    static func owners(_ object: JSON, operation: String) -> Set<String> {
        Set(
            entries(object).filter { $0["operation"]?.string == operation && $0["fieldsV1"]?[annotation] != nil }
                .compactMap { $0["manager"]?.string })
    }

    /// A JSON patch that hands the fields of these owners over to `manager`; nil when there is nothing to hand over.
    static func patch(_ object: JSON, from owners: Set<String>, to manager: String) -> JSON? {
        let before: [JSON] = entries(object)
        var after: [JSON] = before
        for owner in owners.sorted() { after = upgraded(after, from: owner, to: manager) }
        guard after != before else { return nil }
        return [
            ["op": "replace", "path": "/metadata/managedFields", "value": .array(after)],
            // Not a test: the server shall answer 409 when the object has changed meanwhile.
            ["op": "replace", "path": "/metadata/resourceVersion", "value": object[["metadata", "resourceVersion"]] ?? ""],
        ]
    }

    private static func entries(_ object: JSON) -> [JSON] { object[["metadata", "managedFields"]]?.array ?? [] }

    private static func upgraded(_ entries: [JSON], from owner: String, to manager: String) -> [JSON] {
        func isOf(_ name: String, _ operation: String, _ entry: JSON) -> Bool {
            entry["manager"]?.string == name && entry["operation"]?.string == operation && entry["subresource"]?.string ?? "" == ""
        }
        var entries: [JSON] = entries
        var place: Int? = entries.firstIndex { isOf(manager, "Apply", $0) }
        if place == nil {
            // The latest entry of the owner comes first.
            place = entries.firstIndex { isOf(owner, "Update", $0) }
            guard let place else { return entries }
            entries[place]["manager"] = .string(manager)
            entries[place]["operation"] = "Apply"
        }
        guard let place else { return entries }
        let version: JSON? = entries[place]["apiVersion"]
        if let other = entries.first(where: { isOf(owner, "Update", $0) && $0["apiVersion"] == version }) {
            entries[place]["fieldsV1"] = union(entries[place]["fieldsV1"] ?? [:], other["fieldsV1"] ?? [:])
        }
        return entries.filter { !isOf(owner, "Update", $0) }
    }

    /// The fields that are in one of the two.
    private static func union(_ one: JSON, _ other: JSON) -> JSON {
        guard case .object(var fields) = one, let more = other.object else { return one }
        for member in more { fields[member.key] = fields[member.key].map { union($0, member.value) } ?? member.value }
        return .object(fields)
    }
}
