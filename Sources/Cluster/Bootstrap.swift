import API
import Client
import Machinery

/// Makes what every cluster has from its first moment, and says at each start where the API server listens.
///
/// Only what is missing is made, and all of it at once: writes that wait for the disk together share one trip to it.
struct Bootstrap {
    let client: Client
    /// Of the API server on the host.
    let port: Int
    /// Where pods find it.
    let advertised: (address: String, port: Int)
    /// Whether the cluster has a name server.
    let hasNames: Bool
    /// Of the addresses that Services may have, the main one first.
    let families: [IPFamily]
    /// Of this start.
    let now: Time
    /// From which extension API servers learn whom to trust; the data of a ConfigMap.
    let trust: [String: String]

    func run() async throws {
        // Who deletes the default storage class of a new cluster, or makes another the default one, is not overruled at the next start.
        let isNew: Bool = try await client.find(Lease.self, Presets.lease.key) == nil
        // Objects in namespaces need those first, and Services their addresses.
        try await together { group in
            add(Presets.namespaces, to: &group)
            group.addTask { try await ensureServiceRange() }
        }
        try await together { group in
            add(Presets.priorityClasses, to: &group)
            add(FlowControlPresets.mandatoryLevels + FlowControlPresets.suggestedLevels, to: &group)
            add(FlowControlPresets.mandatorySchemas + FlowControlPresets.suggestedSchemas, to: &group)
            add(APIService.local, to: &group)
            add(HostImagePresets.all, to: &group)
            if isNew {
                add([Presets.storageClass], to: &group)
                add([Presets.ingressClass], to: &group)
            }
            add([Presets.service(port: advertised.port)], to: &group)
            if hasNames {
                add([Presets.names], to: &group)
                add([Presets.namesSlice], to: &group)
            }
            add([tokenTracking], to: &group)
            group.addTask { try await publishTrust() }
            group.addTask { try await publishEndpoints() }
            group.addTask { try await openServiceRange() }
            group.addTask { try await renewLease() }
        }
    }

    private func together(_ fill: (inout ThrowingDiscardingTaskGroup<any Error>) -> Void) async throws {
        try await withThrowingDiscardingTaskGroup { group in fill(&group) }
    }

    private func add<K: Kind>(_ objects: [View<K>], to group: inout ThrowingDiscardingTaskGroup<any Error>) {
        for object in objects { group.addTask { try await ensure(object) } }
    }

    /// Looks before it makes: a second `kubernetes` service would be refused for its address before it is found to exist.
    private func ensure<K: Kind>(_ object: View<K>) async throws {
        guard try await client.find(K.self, object.key) == nil else { return }
        do {
            _ = try await client.create(object)
        } catch let status as APIStatus where status.isAlreadyExists {}
    }

    /// A cluster that had addresses of one family may get a second one; none is taken from it.
    private func ensureServiceRange() async throws {
        let ranges: [String] = families.map(ClusterAddresses.services)
        let known: View<ServiceCIDR>? = try await client.find(ServiceCIDR.self, ServiceCIDR.preset.key)
        guard let known else { return try await ensure(ServiceCIDR.new(ServiceCIDR.preset.name) { $0.spec.cidrs = ranges }) }
        guard known.spec.cidrs.count == 1, ranges.count == 2, known.spec.cidrs[0] == ranges[0] else { return }
        try await client.patch(ServiceCIDR.self, known.key, ["spec": ["cidrs": .array(ranges.map { .string($0) })]], as: .mergePatch)
    }

    /// Says that Services get addresses from the range, unless somebody else judged that. Source: pkg/controlplane/controller/defaultservicecidr.
    private func openServiceRange() async throws {
        let key: ObjectKey = ServiceCIDR.preset.key
        guard let range = try await client.find(ServiceCIDR.self, key), !range.status.conditions.contains(where: { $0.type == "Ready" })
        else { return }
        let ready: JSON = [
            "type": "Ready", "status": "True", "reason": "", "message": "Kubernetes default Service CIDR is ready",
            "lastTransitionTime": now.json,
        ]
        try await client.patch(ServiceCIDR.self, key, ["status": ["conditions": [ready]]], subresource: "status")
    }

    /// Says who serves and since when. Written at each start: a disk that takes no writes is told here, not by a node that never
    /// gets Ready.
    private func renewLease() async throws {
        let lease: View<Lease> = Presets.lease
        try await ensure(lease)
        let time: JSON = .string(MicroTime(now).description)
        try await client.patch(
            Lease.self, lease.key, ["spec": ["acquireTime": time, "renewTime": time, "holderIdentity": .string("swkube_\(port)")]],
            as: .mergePatch)
    }

    /// Since when Secrets with tokens are told of their use. Source: pkg/controlplane/controller/legacytokentracking.
    private var tokenTracking: View<ConfigMap> {
        ConfigMap.new("kube-apiserver-legacy-service-account-token-tracking", namespace: "kube-system") {
            $0.data = ["since": String(now.description.prefix(10))]
        }
    }

    /// The authorities of this start. Source: pkg/controlplane/controller/clusterauthenticationtrust.
    private func publishTrust() async throws {
        let map: View<ConfigMap> = ConfigMap.new("extension-apiserver-authentication", namespace: "kube-system") { $0.data = trust }
        try await ensure(map)
        guard let stored = try await client.find(ConfigMap.self, map.key), stored.data != trust else { return }
        try await client.patch(ConfigMap.self, map.key, ["data": map.json["data"] ?? [:]], as: .mergePatch)
    }

    /// Where the API server listens this time.
    private func publishEndpoints() async throws {
        let endpoints: View<Endpoints> = Presets.endpoints(advertised.address, port: advertised.port)
        try await ensure(endpoints)
        try await client.patch(Endpoints.self, endpoints.key, ["subsets": endpoints.json["subsets"] ?? []], as: .mergePatch)
        let slice: View<EndpointSlice> = Presets.endpointSlice(advertised.address, port: advertised.port)
        try await ensure(slice)
        try await client.patch(
            EndpointSlice.self, slice.key, ["endpoints": slice.json["endpoints"] ?? [], "ports": slice.json["ports"] ?? []], as: .mergePatch
        )
    }
}
