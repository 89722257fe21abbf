import API
import Machinery
import Store

/// The ComponentStatus objects: made when they are asked for, never stored.
///
/// All parts of the control plane live in this process and fall with it: who can answer is well. The store is `etcd-0`, as programs look
/// for it.
struct ComponentStatuses: Sendable {
    /// Of the parts beside the store.
    let names: [String]

    private static let indexer = Indexer(APIServer.index)

    /// One entry for each part, as a list of the store would give them, in the order of their keys.
    func entries(at revision: Revision) -> [Entry] {
        (names + ["etcd-0"]).sorted().map { name in
            var status: View<ComponentStatus> = ComponentStatus.new(name)
            status.conditions = [
                View {
                    $0.type = "Healthy"
                    $0.status = "True"
                    $0.message = "ok"
                }
            ]
            return Entry(
                key: ObjectKeys.key(ComponentStatus.names, namespace: nil, name: name),
                value: StoredObject(status.json, ComponentStatus.names).bytes(revision), revision: revision, created: revision,
                indexer: Self.indexer)
        }
    }
}
