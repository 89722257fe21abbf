package import API
package import Logging
package import Machinery
import Synchronization

/// A local copy of all objects of a kind, or of those with one name, kept true by a watch, with indexes by namespace and owner.
///
/// Objects are copied without their `managedFields`. An update that is based on a copy leaves them as they are: absent is not empty.
///
/// Readers that must not miss their own writes call ``note(_:)`` with what a write returned and ``caughtUp()`` before they read:
/// revisions are one counter for the whole cluster, so the copy knows when it has seen that write.
package final class Informer<K: Kind>: ObjectCopy {
    /// What changed: nil before for a new object, nil after for one that is gone.
    package typealias Handler = @Sendable (_ before: View<K>?, _ after: View<K>?) -> Void

    private let client: Client
    /// Objects with another name are not copied; nil copies all.
    private let name: String?
    private let log: Logger
    private let state = Mutex(InformerState<K>())
    /// Held while a change is made and told, so that every handler hears changes in their order, also one that comes meanwhile.
    private let telling = Mutex(())

    /// - Parameter name: nil copies objects of all names.
    package init(_ client: Client, name: String? = nil, log: Logger) {
        self.client = client
        self.name = name
        self.log = log
    }

    /// Calls `handler` for each change from now on, and at once for each object that is there. It must not block.
    package func onChange(_ handler: @escaping Handler) {
        telling.withLock { _ in
            let present: [View<K>] = state.withLock { state in
                state.handlers.append(handler)
                return Array(state.objects.values)
            }
            for object in present { handler(nil, object) }
        }
    }

    // MARK: - Reading

    package func get(_ key: ObjectKey) -> View<K>? { state.withLock { $0.objects[key] } }

    /// - Parameter namespace: nil reads all.
    package func list(namespace: String? = nil) -> [View<K>] {
        state.withLock { state in
            guard let namespace else { return Array(state.objects.values) }
            guard let keys = state.keysByNamespace[namespace] else { return [] }
            return keys.compactMap { state.objects[$0] }
        }
    }

    /// Objects of a namespace whose label has this value, however many others there are.
    package func list(namespace: String, label: String, value: String) -> [View<K>] {
        state.withLock { $0.labelled(label, value, namespace: namespace) }
    }

    package var isEmpty: Bool { state.withLock { $0.objects.isEmpty } }

    /// Objects whose controlling owner has this uid.
    package func owned(by uid: String) -> [View<K>] {
        state.withLock { state in (state.keysByOwner[uid] ?? []).compactMap { state.objects[$0] } }
    }

    package func count(ownedBy uid: String) -> Int { state.withLock { $0.keysByOwner[uid]?.count ?? 0 } }

    /// Objects of a namespace that no owner controls.
    package func orphans(namespace: String) -> [View<K>] { owned(by: InformerState<K>.orphans(namespace)) }

    /// Remembers that this was written, so that ``caughtUp()`` waits for it.
    package func note(_ written: View<K>) {
        guard let revision = UInt64(written.metadata.resourceVersion) else { return }
        state.withLock { $0.written = max($0.written, revision) }
    }

    package func caughtUp() async {
        await withCheckedContinuation { continuation in
            let isReady: Bool = state.withLock { state in
                if state.isClosed || state.hasSynced && state.seen >= state.written { return true }
                state.waiters.append((state.written, continuation))
                return false
            }
            if isReady { continuation.resume() }
        }
    }

    /// Returns when the copy shows all that happened up to a revision, and handlers have heard of it.
    ///
    /// A server in this process is asked how far the watch is; of another nobody knows that, and then this returns at once.
    ///
    /// - Returns: the revision up to which the copy is true.
    package func caughtUp(to revision: UInt64) async -> UInt64 {
        let ask: (@Sendable () -> Void)? = state.withLock { $0.seen >= revision ? nil : $0.askForBookmark }
        if let ask {
            ask()
            await withCheckedContinuation { continuation in
                let isReady: Bool = state.withLock { state in
                    if state.isClosed || state.seen >= revision || state.askForBookmark == nil { return true }
                    state.waiters.append((revision, continuation))
                    return false
                }
                if isReady { continuation.resume() }
            }
        }
        return state.withLock { max($0.seen, revision) }
    }

    // MARK: - The watch

    /// Lists and watches until the task is cancelled; starts anew after failures.
    package func run() async {
        // Whoever waits for this copy is let go when nobody keeps it any longer.
        defer { for waiter in state.withLock({ $0.close() }) { waiter.resume() } }
        await WatchLoop(log: log, what: K.names.kind).run { [self] in try await follow() }
    }

    private func follow() async throws {
        var options = RequestOptions { $0.fieldSelector = name.map { "metadata.name=" + $0 } }
        let list: ObjectList<K> = try await client.list(K.self, options: options)
        let items: [View<K>] = list.items.map { View($0.json.withoutManagedFields) }
        telling.withLock { _ in replace(items, revision: UInt64(list.resourceVersion) ?? 0) }
        options.resourceVersion = list.resourceVersion
        options.allowWatchBookmarks = true
        var watch = APIRequest(.watch, K.names.resource, options: options)
        watch.omitsManagedFields = true
        let events: WatchEvents = try await client.watch(watch)
        state.withLock { $0.askForBookmark = events.askForBookmark }
        defer { for waiter in state.withLock({ $0.stopAsking() }) { waiter.resume() } }
        for try await event in events {
            telling.withLock { _ in apply(event) }
        }
    }

    private func replace(_ items: [View<K>], revision: UInt64) {
        var changes: [(View<K>?, View<K>?)] = []
        let handlers: [Handler] = state.withLock { state in
            let present: Set<ObjectKey> = Set(items.map(\.key))
            for (key, object) in state.objects where !present.contains(key) {
                changes.append((object, nil))
                state.put(nil, key)
            }
            for item in items {
                let before: View<K>? = state.objects[item.key]
                guard before?.metadata.resourceVersion != item.metadata.resourceVersion else { continue }
                changes.append((before, item))
                state.put(item, item.key)
            }
            return state.handlers
        }
        for (before, after) in changes { for handler in handlers { handler(before, after) } }
        show(revision, isComplete: true)
    }

    /// What came up to a revision is in the copy, and all handlers have heard of it.
    private func show(_ revision: UInt64, isComplete: Bool = false) {
        let waiters: [CheckedContinuation<Void, Never>] = state.withLock { state in
            if isComplete { state.hasSynced = true }
            state.seen = max(state.seen, revision)
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume() }
    }

    private func apply(_ event: WatchEvent) {
        let object = View<K>(event.object.withoutManagedFields)
        defer { show(UInt64(object.metadata.resourceVersion) ?? 0) }
        guard event.kind != .bookmark else { return }
        let key: ObjectKey = object.key
        let isGone: Bool = event.kind == .deleted
        let (before, handlers) = state.withLock { state in
            let before: View<K>? = state.objects[key]
            state.put(isGone ? nil : object, key)
            return (before, state.handlers)
        }
        for handler in handlers { handler(isGone ? before ?? object : before, isGone ? nil : object) }
    }
}

/// What all informers share, whatever their kind.
package protocol AnyInformer: AnyObject, Sendable {
    func run() async
}

/// An informer that keeps a copy.
package protocol ObjectCopy: AnyInformer {
    /// Returns when the copy is complete and shows everything that was noted.
    func caughtUp() async
}

extension View<ObjectMeta> {
    /// One label, without a look at the others.
    package func label(_ name: String) -> String? { json["labels"]?[name]?.string }

    /// The uid of the owner that controls the object; nil when none does.
    package var controllerUID: String? { self.ownerReferences.first { $0.controller == true }?.uid }
}

extension JSON {
    /// The same object without who owns which of its fields; itself when nothing is said of that.
    fileprivate var withoutManagedFields: JSON {
        guard self["metadata"]?["managedFields"] != nil else { return self }
        var json: JSON = self
        json[["metadata", "managedFields"]] = nil
        return json
    }
}
