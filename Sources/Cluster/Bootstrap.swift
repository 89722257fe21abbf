import API
import Client
import Machinery

/// Makes what every cluster has from its first moment: the system's namespaces, priority classes, and the `kubernetes` service.
struct Bootstrap {
    let client: Client
    /// Of the API server.
    let port: Int
    /// Of this start.
    let now: Time

    func run() async throws {
        for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
            try await ensure(Namespace.new(name))
        }
        for (name, value, doc) in [
            (
                "system-cluster-critical", 2_000_000_000,
                "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary."
            ),
            ("system-node-critical", 2_000_001_000, "Used for system critical pods that must not be moved from their current node."),
        ] {
            try await ensure(
                PriorityClass.new(name) {
                    $0.value = value
                    $0.json["description"] = .string(doc)
                })
        }
        try await ensure(service)
        try await publishEndpoints()
        try await renewLease()
    }

    /// Says who serves and since when. Written at each start: a disk that takes no writes is told here, not by a node that never
    /// gets Ready.
    private func renewLease() async throws {
        let lease = Lease.new("apiserver-swkube", namespace: "kube-system") {
            $0.metadata.labels = ["apiserver.kubernetes.io/identity": "kube-apiserver"]
            $0.spec.holderIdentity = "swkube"
        }
        try await ensure(lease)
        let time: JSON = .string(MicroTime(now).description)
        try await client.patch(
            Lease.self, lease.key, ["spec": ["acquireTime": time, "renewTime": time, "holderIdentity": .string("swkube_\(port)")]],
            as: .mergePatch)
    }

    /// Looks before it makes: a second `kubernetes` service would be refused for its address before it is found to exist.
    private func ensure<K: Kind>(_ object: View<K>) async throws {
        guard try await client.find(K.self, object.key) == nil else { return }
        do {
            _ = try await client.create(object)
        } catch let status as APIStatus where status.isAlreadyExists {}
    }

    private var service: View<Service> {
        Service.new("kubernetes", namespace: "default") {
            $0.metadata.labels = ["component": "apiserver", "provider": "kubernetes"]
            $0.spec.clusterIP = "10.96.0.1"
            $0.spec.ports = [
                View<ServicePort> {
                    $0.name = "https"
                    $0.protocol = "TCP"
                    $0.port = 443
                    $0.targetPort = .int(port)
                }
            ]
        }
    }

    /// Where the API server listens this time.
    private func publishEndpoints() async throws {
        let key = ObjectKey(namespace: "default", name: "kubernetes")
        let subsets: JSON = [
            [
                "addresses": [["ip": "127.0.0.1"]],
                "ports": [["name": "https", "port": .int(Int64(port)), "protocol": "TCP"]],
            ]
        ]
        try await ensure(
            View<Endpoints>([
                "apiVersion": "v1", "kind": "Endpoints",
                "metadata": [
                    "name": "kubernetes", "namespace": "default", "labels": ["endpointslice.kubernetes.io/skip-mirror": "true"],
                ],
                "subsets": subsets,
            ]))
        try await client.patch(Endpoints.self, key, ["subsets": subsets], as: .mergePatch)
        let ports: JSON = [["name": "https", "port": .int(Int64(port)), "protocol": "TCP"]]
        try await ensure(
            View<EndpointSlice>([
                "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
                "metadata": ["name": "kubernetes", "namespace": "default", "labels": ["kubernetes.io/service-name": "kubernetes"]],
                "addressType": "IPv4", "endpoints": [["addresses": ["127.0.0.1"], "conditions": ["ready": true]]], "ports": ports,
            ]))
        try await client.patch(EndpointSlice.self, key, ["ports": ports], as: .mergePatch)
    }
}
