import API
import Client
import Machinery

/// Keeps the Endpoints of each Service that has a selector. Reads Services, Pods and Endpoints.
struct EndpointsController: Controller {
    static let name = "endpoint-controller"
    static let queueName = "endpoint"

    let context: ControllerContext
    private var services: Informer<Service> { context.copy() }
    private var pods: Informer<Pod> { context.copy() }
    private var endpoints: Informer<Endpoints> { context.copy() }

    func watch(_ queue: WorkQueue) {
        watchServices(services, pods, queue)
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
                present.metadata.labels[Self.managed] != nil || present.metadata.annotations[Self.trigger] != nil
            {
                try await context.client.delete(Endpoints.self, key, uid: present.metadata.uid)
            }
            return nil
        }
        let subsets: [JSON] = ServiceBackends(service, pods: pods.list(namespace: key.namespace)).groups.map(subset)
        var labels: [String: String] = service.metadata.labels
        labels[Self.managed] = Self.name
        if service.isHeadless { labels["service.kubernetes.io/headless"] = "" }
        guard var updated = present else {
            var made: View<Endpoints> = Endpoints.new(key.name, namespace: key.namespace) { $0.metadata.labels = labels }
            made.json["subsets"] = .array(subsets)
            try await context.createIfAbsent(made, notedIn: endpoints)
            return nil
        }
        guard (updated.json["subsets"] ?? []) != .array(subsets) || updated.metadata.labels != labels else { return nil }
        updated.json["subsets"] = .array(subsets)
        updated.metadata.labels = labels
        endpoints.note(try await context.client.update(updated))
        return nil
    }

    private static let managed = "endpoints.kubernetes.io/managed-by"
    private static let trigger = "endpoints.kubernetes.io/last-change-trigger-time"

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

/// Asks for work on a service when it changes, or a pod that it selects or selected does.
func watchServices(_ services: Informer<Service>, _ pods: Informer<Pod>, _ queue: WorkQueue) {
    services.onChange { before, after in if let object = after ?? before { queue.add(object.key) } }
    pods.onChange { before, after in
        guard let namespace = (after ?? before)?.namespace else { return }
        let there: [View<Service>] = services.list(namespace: namespace)
        guard !there.isEmpty else { return }
        let labels: [[String: String]] = [before, after].compactMap { $0?.metadata.labels }
        for service in there {
            let selector: [String: String] = service.spec.selector
            let isSelected: Bool = !selector.isEmpty && labels.contains { own in selector.allSatisfy { own[$0.key] == $0.value } }
            if isSelected { queue.add(service.key) }
        }
    }
}
