import API
import Machinery
import Store
import Synchronization

/// The few objects that admission reads again and again (classes, limit ranges, quotas): each version of one is parsed once.
///
/// What is kept is checked against the store's newest revision at each use, so that it never falls behind a write.
final class ParsedObjects: Sendable {
    private struct Parsed {
        let revision: Revision
        let json: JSON
    }

    /// More than these are forgotten all at once: the next uses parse them again.
    private static let most = 2_000

    let store: any Store
    private let kept = Mutex<[String: Parsed]>([:])

    init(store: any Store) { self.store = store }

    func find<K: Kind>(_ kind: K.Type, _ key: ObjectKey) -> View<K>? {
        store.newest(ObjectKeys.key(K.names, namespace: key.namespace, name: key.name)).flatMap { parsed($0) }.map { View<K>($0) }
    }

    /// In the order of their names. Sees durable writes.
    func list<K: Kind>(_ kind: K.Type, namespace: String? = nil) -> [View<K>] {
        let entries: [Entry] = (try? store.list(prefix: ObjectKeys.prefix(K.names, namespace: namespace)).entries) ?? []
        return entries.compactMap { parsed($0).map { View<K>($0) } }
    }

    /// nil for bytes that are no JSON, which no write leaves.
    func parsed(_ entry: Entry) -> JSON? {
        if let known = kept.withLock({ $0[entry.key] }), known.revision == entry.revision { return known.json }
        guard let json = try? JSON(parsing: entry.value) else { return nil }
        keep(json, entry.key, entry.revision)
        return json
    }

    /// Notes what was just written, to save the parsing.
    func keep(_ json: JSON, _ key: String, _ revision: Revision) {
        kept.withLock { kept in
            if kept.count >= Self.most { kept = [:] }
            kept[key] = Parsed(revision: revision, json: json)
        }
    }
}
