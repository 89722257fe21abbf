package import API
package import Machinery
import Store

/// Objects of a kind that nobody writes: made when they are asked for, never stored.
package protocol FoundObjects: Sendable {
    /// The kind.
    var names: KindNames { get }

    /// All there are now, as whole objects, without revision.
    func objects() -> [JSON]
}

extension FoundObjects {
    /// The objects as a list of the store would give them, in the order of their keys.
    func entries(at revision: Revision) -> [Entry] {
        objects().map { json in
            let metadata = View<ObjectMeta>(json["metadata"] ?? [:])
            return Entry(
                key: ObjectKeys.key(names, namespace: names.isNamespaced ? metadata.namespace : nil, name: metadata.name),
                value: StoredObject(json, names).bytes(revision), revision: revision, created: revision, indexer: Self.indexer)
        }.sorted { $0.key < $1.key }
    }

    private static var indexer: Indexer { Indexer(APIServer.index) }
}
