import API
import Controllers
import Machinery
import Network

/// The objects that every cluster begins with, as upstream makes them. Flow control has its own: ``FlowControlPresets``.
enum Presets {
    /// Source: pkg/controlplane/controller/systemnamespaces.
    static let namespaces: [View<Namespace>] = ["default", "kube-node-lease", "kube-public", "kube-system"].map { Namespace.new($0) }

    /// Source: pkg/apis/scheduling/v1/helpers.go.
    static let priorityClasses: [View<PriorityClass>] = [
        (
            "system-cluster-critical",
            "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary."
        ),
        ("system-node-critical", "Used for system critical pods that must not be moved from their current node."),
    ].map { name, description in
        PriorityClass.new(name) {
            $0.value = PriorityClass.systemClasses[name] ?? 0
            $0.json["description"] = .string(description)
        }
    }

    /// Volumes are folders of this machine, made at once.
    static let storageClass: View<StorageClass> = StorageClass.new("standard") {
        $0.metadata.annotations = [StorageClass.defaultAnnotation: "true"]
        $0.provisioner = HostPathProvisioner.name
        $0.reclaimPolicy = "Delete"
        $0.volumeBindingMode = "Immediate"
        $0.allowVolumeExpansion = true
    }

    /// Ingresses are served by the cluster itself.
    static let ingressClass: View<IngressClass> = IngressClass.new(IngressController.className) {
        $0.metadata.annotations = [IngressClass.defaultAnnotation: "true"]
        $0.spec.controller = IngressController.name
    }

    /// Of the API server.
    static let lease: View<Lease> = Lease.new("apiserver-swkube", namespace: "kube-system") {
        $0.metadata.labels = ["apiserver.kubernetes.io/identity": "kube-apiserver"]
        $0.spec.holderIdentity = "swkube"
    }

    /// The API server as a Service of the cluster. Source: pkg/controlplane/controller/kubernetesservice.
    static func service(port: Int) -> View<Service> {
        Service.new("kubernetes", namespace: "default") {
            $0.metadata.labels = ["component": "apiserver", "provider": "kubernetes"]
            $0.spec.clusterIP = ClusterAddresses.api
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

    static func endpoints(_ address: String, port: Int) -> View<Endpoints> {
        Endpoints.new("kubernetes", namespace: "default") {
            $0.metadata.labels = ["endpointslice.kubernetes.io/skip-mirror": "true"]
            $0.json["subsets"] = [["addresses": [["ip": .string(address)]], "ports": ports(port)]]
        }
    }

    static func endpointSlice(_ address: String, port: Int) -> View<EndpointSlice> {
        EndpointSlice.new("kubernetes", namespace: "default") {
            $0.metadata.labels = ["kubernetes.io/service-name": "kubernetes"]
            $0.json["addressType"] = "IPv4"
            $0.json["endpoints"] = [["addresses": [.string(address)], "conditions": ["ready": true]]]
            $0.json["ports"] = ports(port)
        }
    }

    /// The name server as a Service of the cluster. Source: the addon manifests of kubeadm.
    static let names: View<Service> = Service.new("kube-dns", namespace: "kube-system") {
        $0.metadata.labels = [
            "k8s-app": "kube-dns", "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS",
        ]
        $0.spec.clusterIP = ClusterAddresses.dns
        $0.json["spec"]?["ports"] = [
            ["name": "dns", "port": 53, "protocol": "UDP", "targetPort": 53],
            ["name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": 53],
        ]
    }

    static let namesSlice: View<EndpointSlice> = EndpointSlice.new("kube-dns", namespace: "kube-system") {
        $0.metadata.labels = ["kubernetes.io/service-name": "kube-dns"]
        $0.json["addressType"] = "IPv4"
        $0.json["endpoints"] = [["addresses": [.string(ClusterAddresses.gateway)], "conditions": ["ready": true]]]
        $0.json["ports"] = [
            ["name": "dns", "port": 53, "protocol": "UDP"], ["name": "dns-tcp", "port": 53, "protocol": "TCP"],
        ]
    }

    private static func ports(_ port: Int) -> JSON { [["name": "https", "port": .int(Int64(port)), "protocol": "TCP"]] }
}
