import API
import Machinery
import Store

/// The tree of an object that is being written, as whoever reads what is stored would make it, but for `managedFields`: readers in this
/// process want it so.
struct WrittenTree: Sendable {
    /// Begins with kind, apiVersion and metadata.
    private let members: [JSONObject.Member]
    /// Begins with resourceVersion.
    private let metadata: [JSONObject.Member]
    private let form: EventRings.Tree

    init(_ object: JSON, _ names: KindNames) {
        let parts: [JSONObject.Member] = object.object?.members ?? []
        let own: [JSONObject.Member] = object["metadata"]?.object?.members ?? []
        metadata =
            [JSONObject.Member(key: "resourceVersion", value: .null)]
            + own.filter { $0.key != "resourceVersion" && $0.key != "managedFields" }
        members =
            [
                JSONObject.Member(key: "kind", value: .string(names.kind)),
                JSONObject.Member(key: "apiVersion", value: .string(names.apiVersion)),
                JSONObject.Member(key: "metadata", value: .null),
            ] + parts.filter { $0.key != "kind" && $0.key != "apiVersion" && $0.key != "metadata" }
        form = EventRings.Tree(isWhole: true, omitsManagedFields: true, apiVersion: names.apiVersion)
    }

    /// Lets the watches of the event have it.
    func keep(in rings: EventRings, at revision: Revision) {
        var (members, metadata): ([JSONObject.Member], [JSONObject.Member]) = (members, metadata)
        metadata[0].value = .string(String(revision))
        members[2].value = .object(JSONObject(members: metadata))
        rings.trees.keep(.object(JSONObject(members: members)), revision, form)
    }
}
