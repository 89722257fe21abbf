import API
import Machinery
import Network
import Sandbox

/// Addresses within a cluster's own network. The same in every cluster: none sees the other's.
enum ClusterAddresses {
    /// Of a node's pods, from 0 for the first node to 255. The first address of each is the node's own.
    static func pods(ofNode number: Int) -> String { "10.244.\(number).0/24" }
    static func gateway(ofNode number: Int) -> String { "10.244.\(number).1" }
    /// Of the pods of all nodes.
    static let allPods = "10.244.0.0/16"
    static let gateway: String = gateway(ofNode: 0)
    static let services = "10.96.0.0/16"
    /// Of the service `kubernetes`, on which the API server listens itself.
    static let api = "10.96.0.1"
    static let apiPort = 443
    /// Where the endpoints of that service say that the API server is, beside ``gateway``.
    static let advertisedPort = 6443
    /// Of the service `kube-dns`.
    static let dns = "10.96.0.10"

    /// The name server as policies may select it, which upstream runs as pods with this label.
    static let nameServer = PolicyMember(
        namespace: "kube-system", labels: ["k8s-app": "kube-dns"], addresses: [dns, gateway],
        ports: [
            PolicyMember.Port(name: "dns", transport: .udp, number: 53), PolicyMember.Port(name: "dns-tcp", transport: .tcp, number: 53),
        ])

    /// The part of 127.0.0.0/8 that a cluster's Gateways have: 127.216.0.0/16 to 127.253.0.0/16, by the place of its data.
    static func gateways(of profile: ClusterProfile) -> CIDR {
        var hash = FNV32a()
        hash.add(profile.nodeFolder.utf8)
        return CIDR(IPAddress(ipv4: 127 << 24 | (216 + hash.value % 38) << 16), prefixLength: 16)
    }

    /// Where Services that ask for a proxy have it.
    static let proxies = PolicyRuleset.Proxies(address: gateway, ports: (MeshProxy.tracesPort + 1)...MeshProxy.lastPort)

    static var ruleset: ServiceRuleset {
        ServiceRuleset(nodeAddress: gateway, nodes: allPods, ranges: [services])
    }
}

extension ClusterProfile {
    /// Where the host reaches a Service, by its address in the cluster; nil for one without.
    package func hostAddress(ofService clusterIP: String) -> String? {
        ServiceDoors.address(for: clusterIP, range: PodAddresses.range(for: nodeFolder))
    }

    var networkConfiguration: ClusterNetwork.Configuration {
        ClusterNetwork.Configuration(
            folder: networkFolder, addresses: [ClusterAddresses.gateway, ClusterAddresses.api, ClusterAddresses.dns],
            ranges: [ClusterAddresses.services])
    }
}
