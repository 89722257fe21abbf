import API
import Client
import Machinery

/// Keeps the EndpointSlices of each Service that has a selector: one for each family of addresses and set of ports, of at most 100
/// endpoints.
///
/// Reads Services, Pods, Nodes (for their zones) and EndpointSlices.
struct EndpointSliceController: Controller {
    static let name = "endpointslice-controller"
    static let queueName = "endpoint_slice"

    private static let zoneLabel = "topology.kubernetes.io/zone"
    let context: ControllerContext
    private let gathering = Gathering()
    private var services: Informer<Service> { context.copy() }
    private var pods: Informer<Pod> { context.copy() }
    private var nodes: Informer<Node> { context.copy() }
    private var keeper: SliceKeeper { SliceKeeper(context: context, manager: "endpointslice-controller.k8s.io") }

    init(context: ControllerContext) { self.context = context }

    func watch(_ queue: WorkQueue) {
        services.onChange { before, after in if let object = after ?? before { queue.add(object.key) } }
        watchSelected(by: services, pods, queue, gathering) { $0.podSelector }
        nodes.onChange { [services] before, after in
            let zones: [String?] = [before, after].map { $0?.metadata.labels[Self.zoneLabel] }
            let isMoved: Bool = zones[0] != zones[1]
            let isResized: Bool = before.map(TopologyHints.Share.init) != after.map(TopologyHints.Share.init)
            guard isMoved || isResized else { return }
            for service in services.list() where !service.spec.selector.isEmpty && (isMoved || service.wantsProportionalHints) {
                queue.add(service.key)
            }
        }
        keeper.watch(queue)
    }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        await services.caughtUp()
        await pods.caughtUp()
        await nodes.caughtUp()
        guard let service = services.get(key), !service.isTerminating, !service.spec.selector.isEmpty, service.spec.type != "ExternalName"
        else {
            try await keeper.clear(key)
            return nil
        }
        var contents: [SlicePlan.Group] = []
        let crowds: [ServiceBackends] = service.families.map { ServiceBackends(service, podsByLabel: context.informers.podsByLabel, $0) }
        gathering.weigh(key, crowds.reduce(0) { $0 + $1.count })
        for (family, backends) in zip(service.families, crowds) {
            var groups: [SlicePlan.Group] = Self.contents(service, backends, family) { [nodes] name in
                nodes.get(ObjectKey(namespace: "", name: name))?.metadata.labels[Self.zoneLabel]
            }
            if service.wantsProportionalHints { hint(&groups, service, family) }
            contents += groups
        }
        var labels: [String: String] = service.metadata.labels
        if service.isHeadless { labels["service.kubernetes.io/headless"] = "" }
        let now: Time = context.clock.time
        try await keeper.keep(contents, most: 100, of: service, labels: labels) { crowds[0].triggerTime(after: $0, now: now) }
        return nil
    }

    /// Gives each zone as many endpoints as it has processors, or says why that can't be.
    private func hint(_ contents: inout [SlicePlan.Group], _ service: View<Service>, _ family: IPFamily) {
        switch TopologyHints(nodes.list().map(TopologyHints.Share.init)).hinted(contents) {
        case .success(let hinted):
            contents = hinted
            if !keeper.present(service.key).contains(where: { $0.addressType == family.rawValue && TopologyHints.isHinted($0) }) {
                tell(
                    service, .normal, reason: "TopologyAwareHintsEnabled",
                    "Topology Aware Hints has been enabled, addressType: \(family.rawValue)")
            }
        case .failure(let refusal):
            tell(service, .warning, reason: "TopologyAwareHintsDisabled", "\(refusal.text), addressType: \(family.rawValue)")
        }
    }

    /// What the slices of the service say together in a family: one group for each set of ports.
    ///
    /// - Parameter zone: of a node; nil for one that does not say.
    static func contents(
        _ service: View<Service>, _ backends: ServiceBackends, _ family: IPFamily = .v4, zone: (String) -> String? = { _ in nil }
    ) -> [SlicePlan.Group] {
        let groups: [ServiceBackends.Group] = backends.groups.isEmpty ? [ServiceBackends.Group(ports: [], backends: [])] : backends.groups
        return groups.map { group in
            SlicePlan.Group(
                addressType: family.rawValue, ports: group.ports,
                endpoints: group.backends.map { endpoint($0, service, zone: zone($0.pod.spec.nodeName)) })
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
}
