import API
import Client
import Machinery

/// Keeps the EndpointSlices of each Service that has a selector: one for each set of ports, of at most 100 endpoints.
///
/// Reads Services, Pods, Nodes (for their zones) and EndpointSlices.
struct EndpointSliceController: Controller {
    static let name = "endpointslice-controller"
    static let queueName = "endpoint_slice"

    private static let managed = "endpointslice.kubernetes.io/managed-by"
    private static let manager = "endpointslice-controller.k8s.io"
    private static let serviceLabel = "kubernetes.io/service-name"
    private static let zoneLabel = "topology.kubernetes.io/zone"
    private static let most = 100

    private let context: ControllerContext
    private let services: Informer<Service>
    private let pods: Informer<Pod>
    private let slices: Informer<EndpointSlice>
    private let nodes: Informer<Node>

    init(_ context: ControllerContext) {
        self.context = context
        services = context.informers.informer()
        pods = context.informers.informer()
        slices = context.informers.informer()
        nodes = context.informers.informer()
    }

    func watch(_ queue: WorkQueue) {
        watchServices(services, pods, queue)
        nodes.onChange { [services] before, after in
            guard before?.metadata.labels[Self.zoneLabel] != after?.metadata.labels[Self.zoneLabel] else { return }
            for service in services.list() where !service.spec.selector.isEmpty { queue.add(service.key) }
        }
        slices.onChange { before, after in
            guard let slice = after ?? before, slice.metadata.labels[Self.managed] == Self.manager,
                let service = slice.metadata.labels[Self.serviceLabel]
            else { return }
            queue.add(ObjectKey(namespace: slice.namespace, name: service))
        }
    }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        await services.caughtUp()
        await pods.caughtUp()
        await slices.caughtUp()
        await nodes.caughtUp()
        var present: [View<EndpointSlice>] = slices.list(namespace: key.namespace).filter {
            $0.metadata.labels[Self.serviceLabel] == key.name && $0.metadata.labels[Self.managed] == Self.manager && !$0.isTerminating
        }.sorted { $0.name < $1.name }
        var wanted: [JSON] = []
        if let service = services.get(key), !service.isTerminating, !service.spec.selector.isEmpty, service.spec.type != "ExternalName" {
            wanted = Self.contents(service, ServiceBackends(service, pods: pods.list(namespace: key.namespace))) { [nodes] name in
                nodes.get(ObjectKey(namespace: "", name: name))?.metadata.labels[Self.zoneLabel]
            }
            // A slice that has what is wanted stays as it is; others are filled anew.
            var rest: [JSON] = []
            for content in wanted {
                if let index = present.firstIndex(where: { Self.content(of: $0) == content }) {
                    present.remove(at: index)
                } else {
                    rest.append(content)
                }
            }
            for content in rest { try await write(content, into: present.popLast(), service) }
        }
        for slice in present {
            do {
                try await context.client.delete(EndpointSlice.self, slice.key, uid: slice.metadata.uid)
            } catch let status as APIStatus where status.isNotFound {}
        }
        return nil
    }

    /// Endpoints and ports of each slice that the service needs.
    ///
    /// - Parameter zone: of a node; nil for one that does not say.
    static func contents(
        _ service: View<Service>, _ backends: ServiceBackends, zone: (String) -> String? = { _ in nil }
    ) -> [JSON] {
        let groups: [ServiceBackends.Group] = backends.groups.isEmpty ? [ServiceBackends.Group(ports: [], backends: [])] : backends.groups
        return groups.flatMap { group -> [JSON] in
            let endpoints: [JSON] = group.backends.map { endpoint($0, service, zone: zone($0.pod.spec.nodeName)) }
            let pages: [ArraySlice<JSON>] = stride(from: 0, to: max(endpoints.count, 1), by: most).map {
                endpoints[$0..<min($0 + most, endpoints.count)]
            }
            return pages.map { ["endpoints": .array(Array($0)), "ports": .array(group.ports)] }
        }
    }

    private static func endpoint(_ backend: ServiceBackends.Backend, _ service: View<Service>, zone: String?) -> JSON {
        var json: JSON = [
            "addresses": [.string(backend.address)],
            "conditions": [
                "ready": .bool(backend.isReady), "serving": .bool(backend.isServing), "terminating": .bool(backend.isTerminating),
            ],
            "targetRef": backend.reference, "nodeName": .string(backend.pod.spec.nodeName),
        ]
        if let hostname = backend.hostname(in: service.name) { json["hostname"] = .string(hostname) }
        if let zone { json["zone"] = .string(zone) }
        if backend.isReady, let hints = hints(service, zone: zone, node: backend.pod.spec.nodeName) { json["hints"] = hints }
        return json
    }

    /// Who should take this endpoint, where the service asks for short ways. Source: staging/src/k8s.io/endpointslice/trafficdist.
    private static func hints(_ service: View<Service>, zone: String?, node: String) -> JSON? {
        let distribution: String = service.json[["spec", "trafficDistribution"]]?.string ?? ""
        guard ["PreferClose", "PreferSameZone", "PreferSameNode"].contains(distribution) else { return nil }
        var hints: JSON = [:]
        if let zone { hints["forZones"] = [["name": .string(zone)]] }
        if distribution == "PreferSameNode", !node.isEmpty { hints["forNodes"] = [["name": .string(node)]] }
        return hints.isEmpty ? nil : hints
    }

    private static func content(of slice: View<EndpointSlice>) -> JSON {
        ["endpoints": slice.json["endpoints"] ?? [], "ports": slice.json["ports"] ?? []]
    }

    private func write(_ content: JSON, into slice: View<EndpointSlice>?, _ service: View<Service>) async throws {
        var labels: [String: String] = service.metadata.labels
        labels[Self.serviceLabel] = service.name
        labels[Self.managed] = Self.manager
        if service.isHeadless { labels["service.kubernetes.io/headless"] = "" }
        guard var updated = slice else {
            var made = View<EndpointSlice>(["apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4"])
            made.metadata.generateName = service.name + "-"
            made.metadata.namespace = service.namespace
            made.metadata.labels = labels
            made.metadata.ownerReferences = [View<OwnerReference>.controller(service)]
            made.json["endpoints"] = content["endpoints"]
            made.json["ports"] = content["ports"]
            return try await context.createIfAbsent(made, notedIn: slices)
        }
        updated.metadata.labels = labels
        updated.json["endpoints"] = content["endpoints"]
        updated.json["ports"] = content["ports"]
        slices.note(try await context.client.update(updated))
    }
}
