import API
import Client
import Machinery

/// Keeps the Endpoints of each Service that has a selector. Reads Services, Pods and Endpoints.
struct EndpointsController: Controller {
    static let name = "endpoint-controller"
    static let queueName = "endpoint"

    /// Addresses that one object shows. Source: `maxCapacity` of pkg/controller/endpoint.
    private static let most = 1000

    let context: ControllerContext
    private let gathering = Gathering()
    private var services: Informer<Service> { context.copy() }
    private var pods: Informer<Pod> { context.copy() }
    private var endpoints: Informer<Endpoints> { context.copy() }

    init(context: ControllerContext) { self.context = context }

    func watch(_ queue: WorkQueue) {
        services.onChange { before, after in if let object = after ?? before { queue.add(object.key) } }
        watchSelected(by: services, pods, queue, gathering) { $0.podSelector }
        endpoints.onChange { [services] before, after in
            if let key = (after ?? before)?.key, services.get(key) != nil { queue.add(key) }
        }
    }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        await services.caughtUp()
        await pods.caughtUp()
        await endpoints.caughtUp()
        let present: View<Endpoints>? = endpoints.get(key)
        guard let service = services.get(key), !service.spec.selector.isEmpty, service.spec.type != "ExternalName" else {
            // Endpoints without a service of that name are somebody's own, or left over from one of ours.
            if services.get(key) == nil, let present,
                present.metadata.labels[Self.managed] != nil || present.metadata.annotations[ServiceBackends.trigger] != nil
            {
                try await context.client.delete(Endpoints.self, key, uid: present.metadata.uid)
            }
            return nil
        }
        var backends = ServiceBackends(service, podsByLabel: context.informers.podsByLabel)
        gathering.weigh(key, backends.count)
        let isTruncated: Bool = backends.truncate(to: Self.most)
        let subsets: [JSON] = backends.groups.map(subset)
        var updated: View<Endpoints> = present ?? Endpoints.new(key.name, namespace: key.namespace) { _ in }
        updated.json["subsets"] = .array(subsets)
        updated.metadata.labels = service.metadata.labels
        updated.metadata.labels[Self.managed] = Self.name
        if service.isHeadless { updated.metadata.labels["service.kubernetes.io/headless"] = "" }
        if updated.metadata.annotations[Self.overCapacity] != nil || isTruncated {
            updated.metadata.annotations[Self.overCapacity] = isTruncated ? "truncated" : nil
        }
        let isSame: Bool = present?.json["subsets"] ?? [] == .array(subsets) && present?.metadata.json == updated.metadata.json
        if isSame { return nil }
        updated.metadata.annotations[ServiceBackends.trigger] = backends.triggerTime(
            after: present?.metadata.annotations[ServiceBackends.trigger], now: context.clock.time)
        guard present != nil else {
            try await context.createIfAbsent(updated, notedIn: endpoints)
            return nil
        }
        endpoints.note(try await context.client.update(updated))
        return nil
    }

    private static let managed = "endpoints.kubernetes.io/managed-by"
    private static let overCapacity = "endpoints.kubernetes.io/over-capacity"

    private func subset(_ group: ServiceBackends.Group) -> JSON {
        func addresses(_ backends: [ServiceBackends.Backend]) -> JSON {
            .array(
                backends.map { backend in
                    var json: JSON = [
                        "ip": .string(backend.address), "nodeName": .string(backend.pod.spec.nodeName), "targetRef": backend.reference,
                    ]
                    if let hostname = backend.hostname(in: backend.pod.spec.subdomain) { json["hostname"] = .string(hostname) }
                    return json
                })
        }
        var json: JSON = [:]
        let ready: [ServiceBackends.Backend] = group.backends.filter(\.isReady)
        let notReady: [ServiceBackends.Backend] = group.backends.filter { !$0.isReady }
        if !ready.isEmpty { json["addresses"] = addresses(ready) }
        if !notReady.isEmpty { json["notReadyAddresses"] = addresses(notReady) }
        json["ports"] = .array(
            group.ports.map { port in
                var port: JSON = port
                if port["name"] == "" { port["name"] = nil }
                return port
            })
        return json
    }
}
