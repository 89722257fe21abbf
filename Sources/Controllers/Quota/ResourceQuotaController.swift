import API
import Client
import Machinery
import Synchronization

/// Counts what the objects of a namespace use of its ResourceQuotas, and gives back what those that are gone no longer use.
///
/// The API server charges what is new; this controller writes the bounds that are in force and the whole count when a quota is new or
/// changed, and when an object that it counts was deleted or ended. It reads from the API, never from a copy, as a count that misses an
/// object would let one too many in. Reads ResourceQuotas and all kinds that these name. Source: pkg/controller/resourcequota.
struct ResourceQuotaController: Controller {
    static let name = "resourcequota-controller"
    static let queueName = "resourcequota_primary"
    /// As upstream, every count is made again after a while.
    private static let resync: Duration = .seconds(300)
    /// How soon a kind that is counted, but not served yet, is looked for again.
    private static let search: Duration = .seconds(30)

    let context: ControllerContext
    private var quotas: Informer<ResourceQuota> { context.copy() }
    private var pods: Informer<Pod> { context.copy() }
    private let hearing = Hearing()

    /// Kinds that are heard because a quota counts them, and whom their deletions are told.
    private final class Hearing: Sendable {
        private let state = Mutex<(queue: WorkQueue?, kinds: Set<GroupVersionResource>)>((nil, []))

        func begin(_ queue: WorkQueue) { state.withLock { $0.queue = queue } }

        /// nil for a kind that is heard already.
        func queue(new kind: GroupVersionResource) -> WorkQueue? {
            state.withLock { $0.kinds.insert(kind).inserted ? $0.queue : nil }
        }
    }

    func watch(_ queue: WorkQueue) {
        hearing.begin(queue)
        quotas.onChange { before, after in
            // Charges of the API server change the status alone.
            if let after, before == nil || before?.spec != after.spec || after.status.hard != after.spec.hard { queue.add(after.key) }
        }
        pods.onChange { [quotas] before, after in
            guard let pod = before, after == nil || pod.isFinished != after?.isFinished else { return }
            for quota in quotas.list(namespace: pod.namespace) { queue.add(quota.key) }
        }
    }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        // As it is stored now, not as it was heard of: its role lets it list.
        let stored: [View<ResourceQuota>] = try await context.client.list(ResourceQuota.self, namespace: key.namespace).items
        guard let quota = stored.first(where: { $0.name == key.name }), !quota.isTerminating else { return nil }
        let (kinds, areAll): ([KindNames], Bool) = try await self.kinds(of: quota.spec.hard.keys)
        hear(kinds)
        var objects: [(names: KindNames, objects: [JSON])] = []
        for names in kinds {
            let list: JSON = try await context.client.send(APIRequest(.list, names.resource, namespace: key.namespace))
            objects.append((names, list["items"]?.array ?? []))
        }
        let pause: Duration = areAll ? Self.resync : Self.search
        let surroundings: ClaimSurroundings = try await surroundings(of: objects, namespace: key.namespace)
        let status: View<ResourceQuotaStatus> = Self.status(of: quota, objects, now: context.clock.time, surroundings)
        guard status.hard != quota.status.hard || status.used != quota.status.used else { return pause }
        var next: View<ResourceQuota> = quota
        next.status = status
        let written: View<ResourceQuota> = try await context.client.updateStatus(next)
        // The server adds what it charged while we counted; that is counted next time.
        return written.status.used == status.used ? pause : .milliseconds(20)
    }

    /// Pure: the bounds of the spec, and what the objects use of them together.
    static func status(
        of quota: View<ResourceQuota>, _ objects: [(names: KindNames, objects: [JSON])], now: Time, _ surroundings: ClaimSurroundings
    ) -> View<ResourceQuotaStatus> {
        var counted: View<ResourceQuota> = quota
        let hard: [String: Quantity] = quota.spec.hard
        var used: [String: Quantity] = hard.mapValues { Quantity(0, $0.format) }
        counted.status.hard = hard
        for (names, objects) in objects {
            for object in objects where counted.covers(object, names) {
                for (name, amount) in QuotaUsage.of(object, names, now: now, surroundings) where hard[name] != nil {
                    used[name] = (used[name] ?? .zero) + amount
                }
            }
        }
        counted.status.used = used
        return counted.status
    }

    /// What the counts of claims depend on; nothing where there are none.
    private func surroundings(of objects: [(names: KindNames, objects: [JSON])], namespace: String) async throws -> ClaimSurroundings {
        let found: [JSON] = objects.first { $0.names.resource == ResourceClaim.names.resource }?.objects ?? []
        guard !found.isEmpty else { return .none }
        let claims: [View<ResourceClaim>] = found.map { View($0) }
        let classes: [View<DeviceClass>] = try await context.client.list(DeviceClass.self).items
        let resources: [String: String] = Dictionary(
            classes.compactMap { one in one.spec.extendedResourceName.map { (one.name, $0) } }
        ) { first, _ in first }
        let pods: [View<Pod>] =
            claims.contains(where: \.isOfExtendedResources) ? try await context.client.list(Pod.self, namespace: namespace).items : []
        return ClaimSurroundings(
            resource: { resources[$0] }, pod: { key in pods.first { $0.name == key.name } }, claims: { _ in claims })
    }

    /// The kinds whose objects use something of these resources, custom ones too, and whether all that are counted are served.
    private func kinds(of resources: some Sequence<String>) async throws -> (kinds: [KindNames], areAll: Bool) {
        let names: [String] = Array(resources)
        let builtIn: [KindNames] = Registry.types.filter { type in
            type.names.isNamespaced && type.conversion == nil && names.contains { QuotaUsage.counts($0, for: type.names) }
        }.map(\.names)
        let known: Set<String> = Set(Registry.types.map { "count/" + $0.names.qualifiedResource })
        var missing: Set<String> = Set(names.filter { $0.hasPrefix("count/") && !known.contains($0) })
        guard !missing.isEmpty else { return (builtIn, true) }
        // Of several versions the preferred one.
        let served: [APIResource] = try await Discovery.groups(context.client.transport).flatMap(\.resources).filter {
            $0.isNamespaced && $0.can("list") && missing.remove("count/" + $0.qualified) != nil
        }
        let custom: [KindNames] = served.map {
            KindNames($0.kind, group: $0.resource.group, version: $0.resource.version, plural: $0.resource.resource)
        }
        return (builtIn + custom, missing.isEmpty)
    }

    /// Begins to hear of the deletions of kinds; of pods the shared copy tells.
    private func hear(_ kinds: [KindNames]) {
        for names in kinds where names.plural != "pods" || !names.group.isEmpty {
            let resource: GroupVersionResource = names.resource
            guard let queue = hearing.queue(new: resource) else { continue }
            // Services and claims may come to use less, too.
            let shrinks: Bool = resource.group.isEmpty && ["persistentvolumeclaims", "services"].contains(resource.resource)
            context.informers.feed(resource) { [quotas] change in
                let shrunk: [View<ResourceQuota>] =
                    switch change {
                    // What went before the list is not in it.
                    case .listed: quotas.list()
                    case .put(let metadata): shrinks ? quotas.list(namespace: metadata.namespace) : []
                    case .deleted(let metadata): quotas.list(namespace: metadata.namespace)
                    }
                for quota in shrunk { queue.add(quota.key) }
            }
        }
    }
}
