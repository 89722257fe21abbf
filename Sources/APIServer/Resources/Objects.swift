import API
import Machinery
import Store

/// Reads objects of the store as trees, for admission and subresources. Sees what is written but not yet durable, so that a
/// decision never falls behind the write that it depends on.
struct Objects: Sendable {
    let store: any Store

    func find(_ key: String) -> JSON? {
        store.newest(key).flatMap { try? JSON(parsing: $0.value) }
    }

    func find<K: Kind>(_ kind: K.Type, _ key: ObjectKey) -> View<K>? {
        find(ObjectKeys.key(K.names, namespace: key.namespace, name: key.name)).map { View<K>($0) }
    }

    func list<K: Kind>(_ kind: K.Type, namespace: String? = nil) -> [View<K>] {
        let entries: [Entry] = (try? store.list(prefix: ObjectKeys.prefix(K.names, namespace: namespace)).entries) ?? []
        return entries.compactMap { entry in (try? JSON(parsing: entry.value)).map { View<K>($0) } }
    }
}
