import API
import Machinery

/// What an informer holds, under its lock.
struct InformerState<K: Kind>: Sendable {
    var objects: [ObjectKey: View<K>] = [:]
    var keysByNamespace: [String: Set<ObjectKey>] = [:]
    /// By uid of the controlling owner.
    var keysByOwner: [String: Set<ObjectKey>] = [:]
    /// Newest revision that arrived.
    var seen: UInt64 = 0
    /// Newest revision that somebody wrote.
    var written: UInt64 = 0
    var hasSynced = false
    var waiters: [CheckedContinuation<Void, Never>] = []
    var handlers: [Informer<K>.Handler] = []

    mutating func put(_ object: View<K>?, _ key: ObjectKey) {
        if let owner = objects[key]?.metadata.controllerUID { keysByOwner[owner]?.remove(key) }
        objects[key] = object
        guard let object else {
            keysByNamespace[key.namespace]?.remove(key)
            return
        }
        keysByNamespace[key.namespace, default: []].insert(key)
        if let owner = object.metadata.controllerUID { keysByOwner[owner, default: []].insert(key) }
    }

    mutating func takeWaiters() -> [CheckedContinuation<Void, Never>] {
        guard hasSynced, seen >= written else { return [] }
        defer { waiters = [] }
        return waiters
    }
}
