import API
import Machinery

/// What an informer holds, under its lock.
struct InformerState<K: Kind>: Sendable {
    var objects: [ObjectKey: View<K>] = [:]
    var keysByNamespace: [String: Set<ObjectKey>] = [:]
    /// By uid of the controlling owner.
    var keysByOwner: [String: Set<ObjectKey>] = [:]
    /// Of each label that somebody asked for, by namespace and value.
    var keysByLabel: [String: [ObjectKey: Set<ObjectKey>]] = [:]
    /// Newest revision that arrived.
    var seen: UInt64 = 0
    /// Newest revision that somebody wrote.
    var written: UInt64 = 0
    var hasSynced = false
    /// The copy is kept no longer: nothing new will come.
    var isClosed = false
    /// Each with the newest revision that was written when it began to wait: writes that come later don't hold it up.
    var waiters: [(revision: UInt64, continuation: CheckedContinuation<Void, Never>)] = []
    var handlers: [Informer<K>.Handler] = []
    /// Of the watch that goes on; nil for none, and where nobody can be asked.
    var askForBookmark: (@Sendable () -> Void)?

    mutating func put(_ object: View<K>?, _ key: ObjectKey) {
        let before: View<K>? = objects[key]
        objects[key] = object
        for label in keysByLabel.keys { move(key, from: before, to: object, under: label) }
        // Most changes leave an object to its owner.
        if let before, let object, before.metadata.json["ownerReferences"] == object.metadata.json["ownerReferences"] { return }
        let (former, owner): (String?, String?) = (before.map(Self.owner), object.map(Self.owner))
        guard former != owner else { return }
        if let former { Self.remove(key, from: &keysByOwner, at: former) }
        guard let owner else { return Self.remove(key, from: &keysByNamespace, at: key.namespace) }
        if former == nil { keysByNamespace[key.namespace, default: []].insert(key) }
        keysByOwner[owner, default: []].insert(key)
    }

    /// Objects of a namespace whose label has this value. The first question for a label looks through all objects, and from then on they are
    /// found by it.
    mutating func labelled(_ label: String, _ value: String, namespace: String) -> [View<K>] {
        if keysByLabel[label] == nil {
            keysByLabel[label] = [:]
            for (key, object) in objects { move(key, from: nil, to: object, under: label) }
        }
        return (keysByLabel[label]?[ObjectKey(namespace: namespace, name: value)] ?? []).compactMap { objects[$0] }
    }

    private mutating func move(_ key: ObjectKey, from before: View<K>?, to after: View<K>?, under label: String) {
        let (former, value): (String?, String?) = (before?.metadata.label(label), after?.metadata.label(label))
        guard former != value else { return }
        if let former { Self.remove(key, from: &keysByLabel[label, default: [:]], at: ObjectKey(namespace: key.namespace, name: former)) }
        if let value { keysByLabel[label, default: [:]][ObjectKey(namespace: key.namespace, name: value), default: []].insert(key) }
    }

    /// The watch has ended: those who wait for a revision that nobody wrote here would wait for ever.
    mutating func stopAsking() -> [CheckedContinuation<Void, Never>] {
        askForBookmark = nil
        defer { waiters.removeAll { $0.revision > written } }
        return waiters.filter { $0.revision > written }.map(\.continuation)
    }

    /// Ends all waiting, now and later.
    mutating func close() -> [CheckedContinuation<Void, Never>] {
        isClosed = true
        defer { waiters = [] }
        return waiters.map(\.continuation)
    }

    mutating func takeWaiters() -> [CheckedContinuation<Void, Never>] {
        guard hasSynced, waiters.contains(where: { $0.revision <= seen }) else { return [] }
        defer { waiters.removeAll { $0.revision <= seen } }
        return waiters.filter { $0.revision <= seen }.map(\.continuation)
    }

    /// The uid of the controlling owner; objects without one are kept by namespace.
    static func owner(_ object: View<K>) -> String { object.metadata.controllerUID ?? orphans(object.metadata.namespace) }

    static func orphans(_ namespace: String) -> String { "orphans of " + namespace }

    private static func remove<Place: Hashable>(_ key: ObjectKey, from index: inout [Place: Set<ObjectKey>], at place: Place) {
        index[place]?.remove(key)
        if index[place]?.isEmpty == true { index[place] = nil }
    }
}
