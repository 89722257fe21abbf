import API
import Client
import Logging
import Machinery

/// Deletes what nobody owns any longer, and ends deletions that wait for dependents.
///
/// Hears the metadata of all kinds. An object all of whose owners are gone is deleted; one with a remaining owner loses the
/// references to the others. An owner deleted in the foreground goes when no dependent blocks it; an owner deleted with orphaning goes
/// when its dependents have forgotten it. Before anything is deleted the API is asked, never the copy alone.
/// Source: pkg/controller/garbagecollector.
struct GarbageCollector: Controller {
    static let name = "garbage-collector-controller"
    static let queueName = "garbage_collector_attempt_to_delete"

    let context: ControllerContext
    private let graph = OwnerGraph()
    private let resources = CollectedResources()

    func watch(_ queue: WorkQueue) {
        for resource in CollectedResources.builtIn { context.informers.feed(resource.resource) { hear($0, of: resource, queue) } }
        // Definitions bring resources and take them away; what is served is asked of the server.
        context.informers.feed(CustomResourceDefinition.names.resource) { _ in
            Task { await followCustomResources(queue) }
        }
    }

    private func followCustomResources(_ queue: WorkQueue) async {
        let groups: [Discovery.GroupVersion]
        do { groups = try await Discovery.groups(context.client.transport) } catch {
            context.log.warning("cannot read what the server offers", metadata: ["error": "\(error)"])
            return
        }
        for (resource, turn) in resources.update(groups.flatMap(\.resources)) {
            context.informers.feed(resource.resource, while: { [resources] in resources.isCurrent(resource, turn) }) {
                hear($0, of: resource, queue)
            }
        }
    }

    // MARK: - The graph

    private func hear(_ change: MetadataFeed.Change, of type: APIResource, _ queue: WorkQueue) {
        switch change {
        case .put(let metadata): put(OwnerGraph.Node(type, metadata), queue)
        case .deleted(let metadata): remove(OwnerGraph.Node(type, metadata), queue)
        case .listed(let all):
            let nodes: [OwnerGraph.Node] = all.map { OwnerGraph.Node(type, $0) }
            if graph.keepOnly(nodes, of: type) {
                // Owners and dependents of this kind may have gone unseen: whose owner is not there any longer is looked at, and who waits to go.
                let present: Set<String> = Set(nodes.map(\.uid))
                for node in graph.all
                where node.isTerminating || node.owners.contains(where: { $0.kind == type.kind && !present.contains($0.uid) }) {
                    queue.add(Self.key(node.uid))
                }
            }
            for node in nodes { put(node, queue) }
        }
    }

    /// Keys of the queue are uids.
    private func put(_ node: OwnerGraph.Node, _ queue: WorkQueue) {
        let before: OwnerGraph.Node? = graph[node.uid]
        // Most changes of an object are of its status, or a heartbeat.
        if let before, before.isSame(as: node) { return }
        defer {
            // Who waited for this object may wait for it no longer.
            for owner in before?.owners ?? [] where before?.owners != node.owners && graph[owner.uid]?.waitsForDependents == true {
                queue.add(Self.key(owner.uid))
            }
        }
        graph.put(node)
        guard node.isLinked else { return }
        let isNewOwned: Bool = !node.owners.isEmpty && before?.owners != node.owners
        let waits: Bool = node.isTerminating && !Set(node.finalizers).isDisjoint(with: ["orphan", "foregroundDeletion"])
        if isNewOwned || waits { queue.add(Self.key(node.uid)) }
        if node.waitsForDependents, before?.isTerminating != true {
            for dependent in graph.dependents(of: node.uid) { queue.add(Self.key(dependent.uid)) }
        }
    }

    private func remove(_ node: OwnerGraph.Node, _ queue: WorkQueue) {
        graph.remove(node.uid)
        for dependent in graph.dependents(of: node.uid) { queue.add(Self.key(dependent.uid)) }
        for owner in node.owners where graph[owner.uid]?.isTerminating == true { queue.add(Self.key(owner.uid)) }
    }

    private static func key(_ uid: String) -> ObjectKey { ObjectKey(namespace: "", name: uid) }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        guard let node = graph[key.name], let object = try await live(node.type, node.key), object.uid == node.uid else { return nil }
        if object.deletionTimestamp != nil {
            return try await finish(node, object)
        }
        guard !object.ownerReferences.isEmpty else { return nil }
        var gone: [View<OwnerReference>] = []
        var waiting: [View<OwnerReference>] = []
        var solid = 0
        for owner in object.ownerReferences {
            switch try await state(of: owner, node) {
            case .solid: solid += 1
            case .gone: gone.append(owner)
            case .waiting: waiting.append(owner)
            }
        }
        if solid > 0 {
            if !(gone + waiting).isEmpty { try await forget(gone + waiting, node) }
        } else {
            let dependents: [OwnerGraph.Node] = graph.dependents(of: node.uid)
            let isInForeground: Bool = !waiting.isEmpty && !dependents.isEmpty
            // A circle of owners would wait for itself for ever: whoever closes it blocks nobody any longer.
            if isInForeground, dependents.contains(where: \.waitsForDependents) { try await unblockOwners(of: node, object) }
            try await delete(node, object, inForeground: isInForeground)
        }
        return nil
    }

    // MARK: - Owners

    private enum OwnerState { case solid, gone, waiting }

    private func state(of owner: View<OwnerReference>, _ node: OwnerGraph.Node) async throws -> OwnerState {
        // A kind that this server does not know can't be judged: its objects keep what they own.
        guard let type = resources[owner.apiVersion, owner.kind] else { return .solid }
        // An owner in another namespace does not exist; nothing owned can own across the border.
        if type.isNamespaced, node.key.namespace.isEmpty {
            tellOfStranger(owner, node)
            return .solid
        }
        let key = ObjectKey(namespace: type.isNamespaced ? node.key.namespace : "", name: owner.name)
        guard let found = try await live(type, key), found.uid == owner.uid else {
            tellOfStranger(owner, node)
            return .gone
        }
        let isForeground: Bool = found.deletionTimestamp != nil && found.finalizers.contains("foregroundDeletion")
        return isForeground && owner.blockOwnerDeletion == true ? .waiting : isForeground ? .waiting : .solid
    }

    /// Says of an object that the owner that it names is one of another namespace, where that is so.
    private func tellOfStranger(_ owner: View<OwnerReference>, _ node: OwnerGraph.Node) {
        guard let home = graph.namespace(of: owner.uid), home != node.key.namespace else { return }
        let object = View<ObjectReference> {
            $0.kind = node.type.kind
            $0.apiVersion = node.type.apiVersion
            $0.namespace = node.key.namespace
            $0.name = node.key.name
            $0.uid = node.uid
        }
        let shown: String =
            "[\(owner.apiVersion)/\(owner.kind), namespace: \(node.key.namespace), name: \(owner.name), uid: \(owner.uid)]"
        context.events.record(
            object, .warning, reason: "OwnerRefInvalidNamespace",
            "ownerRef \(shown) does not exist in namespace \(JSON.quoted(node.key.namespace))", by: Self.component)
    }

    private func live(_ type: APIResource, _ key: ObjectKey) async throws -> View<ObjectMeta>? {
        let request = APIRequest(
            .get, type.resource, namespace: type.isNamespaced ? key.namespace : nil, name: key.name, representation: .metadata)
        do {
            return View<ObjectMeta>(try await context.client.send(request)["metadata"] ?? [:])
        } catch let status as APIStatus where status.isNotFound {
            return nil
        }
    }

    // MARK: - Deeds

    /// Ends a deletion that waits: for dependents to go, or to forget their owner.
    private func finish(_ node: OwnerGraph.Node, _ object: View<ObjectMeta>) async throws -> Duration? {
        let dependents: [OwnerGraph.Node] = graph.dependents(of: node.uid)
        if object.finalizers.contains("orphan") {
            for dependent in dependents { try await forget(dependent.owners.filter { $0.uid == node.uid }, dependent) }
            try await removeFinalizer("orphan", node, object)
        } else if object.finalizers.contains("foregroundDeletion") {
            let blocking: [OwnerGraph.Node] = dependents.filter { dependent in
                dependent.owners.contains { $0.uid == node.uid && $0.blockOwnerDeletion == true }
            }
            if blocking.isEmpty { try await removeFinalizer("foregroundDeletion", node, object) }
        }
        return nil
    }

    private func delete(_ node: OwnerGraph.Node, _ object: View<ObjectMeta>, inForeground: Bool) async throws {
        var request = APIRequest(.delete, node.type.resource, namespace: node.namespace, name: node.key.name)
        let policy: String =
            object.finalizers.contains("orphan")
            ? "Orphan"
            : inForeground || object.finalizers.contains("foregroundDeletion") ? "Foreground" : "Background"
        let options: JSON = ["propagationPolicy": .string(policy), "preconditions": ["uid": .string(node.uid)]]
        request.body = options.serialized()
        do {
            _ = try await context.client.send(request)
        } catch let status as APIStatus where status.isNotFound || status.isConflict {}
    }

    private func forget(_ owners: [View<OwnerReference>], _ node: OwnerGraph.Node) async throws {
        guard !resources.isCustom(node.type) else { return try await forgetByMerge(owners, node) }
        let patch: JSON = [
            "metadata": [
                "uid": .string(node.uid),
                "ownerReferences": .array(owners.map { ["$patch": "delete", "uid": .string($0.uid)] }),
            ]
        ]
        try await send(patch, as: .strategicMergePatch, node)
    }

    /// Custom resources know no strategic merge: the list is written whole, if nobody has changed the object meanwhile.
    private func forgetByMerge(_ owners: [View<OwnerReference>], _ node: OwnerGraph.Node) async throws {
        guard let object = try await live(node.type, node.key), object.uid == node.uid else { return }
        let uids = Set<String>(owners.map(\.uid))
        let rest: [JSON] = object.ownerReferences.filter { !uids.contains($0.uid) }.map(\.json)
        try await send(
            [
                "metadata": [
                    "uid": .string(node.uid), "resourceVersion": .string(object.resourceVersion),
                    "ownerReferences": rest.isEmpty ? .null : .array(rest),
                ]
            ], as: .mergePatch, node)
    }

    /// Source: `unblockOwnerReferencesStrategicMergePatch` of pkg/controller/garbagecollector/patch.go.
    private func unblockOwners(of node: OwnerGraph.Node, _ object: View<ObjectMeta>) async throws {
        let blocking: [View<OwnerReference>] = object.ownerReferences.filter { $0.blockOwnerDeletion == true }
        guard !blocking.isEmpty else { return }
        let free: [JSON] = object.ownerReferences.map { owner in
            var owner: JSON = owner.json
            owner["blockOwnerDeletion"] = false
            return owner
        }
        try await send(
            [
                "metadata": [
                    "uid": .string(node.uid), "resourceVersion": .string(object.resourceVersion), "ownerReferences": .array(free),
                ]
            ], as: .mergePatch, node)
    }

    private func removeFinalizer(_ name: String, _ node: OwnerGraph.Node, _ object: View<ObjectMeta>) async throws {
        let rest: [JSON] = object.finalizers.filter { $0 != name }.map { .string($0) }
        try await send(
            [
                "metadata": [
                    "uid": .string(node.uid), "resourceVersion": .string(object.resourceVersion),
                    "finalizers": rest.isEmpty ? .null : .array(rest),
                ]
            ], as: .mergePatch, node)
    }

    private func send(_ patch: JSON, as type: APIRequest.ContentType, _ node: OwnerGraph.Node) async throws {
        var request = APIRequest(.patch, node.type.resource, namespace: node.namespace, name: node.key.name)
        request.contentType = type
        request.body = patch.serialized()
        do {
            _ = try await context.client.send(request)
        } catch let status as APIStatus where status.isNotFound {}
    }
}

extension OwnerGraph.Node {
    var namespace: String? { type.isNamespaced ? key.namespace : nil }
}
