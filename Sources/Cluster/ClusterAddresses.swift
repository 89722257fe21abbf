import API
import Machinery
import Network
import Sandbox

/// Addresses within a cluster's own network. The same in every cluster: none sees the other's.
enum ClusterAddresses {
    /// Of a node's pods, from 0 for the first node to 255. The first address of each is the node's own.
    static func pods(ofNode number: Int, _ family: IPFamily) -> String {
        switch family {
        case .v4: "10.244.\(number).0/24"
        case .v6: number == 0 ? "fd00:10:244::/64" : "fd00:10:244:\(String(number, radix: 16))::/64"
        }
    }
    static func gateway(ofNode number: Int, _ family: IPFamily) -> String {
        switch family {
        case .v4: "10.244.\(number).1"
        case .v6: number == 0 ? "fd00:10:244::1" : "fd00:10:244:\(String(number, radix: 16))::1"
        }
    }
    /// Of the pods of all nodes.
    static func allPods(_ family: IPFamily) -> String { family == .v4 ? "10.244.0.0/16" : "fd00:10:244::/56" }
    static let gateway: String = gateway(ofNode: 0, .v4)
    static func services(_ family: IPFamily) -> String { family == .v4 ? "10.96.0.0/16" : "fd00:10:96::/112" }
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
    static func proxies(_ families: [IPFamily]) -> PolicyRuleset.Proxies {
        PolicyRuleset.Proxies(addresses: families.map { gateway(ofNode: 0, $0) }, ports: (MeshProxy.tracesPort + 1)...MeshProxy.lastPort)
    }

    static func ruleset(_ family: IPFamily) -> ServiceRuleset {
        ServiceRuleset(family, nodeAddress: gateway(ofNode: 0, family), nodes: allPods(family), ranges: [services(family)])
    }
}

extension ClusterNetwork {
    /// The main one first.
    var families: [IPFamily] { hasIPv6 ? [.v4, .v6] : [.v4] }
}

extension ClusterProfile {
    /// Where the host reaches a Service, by its address in the cluster; nil for one without.
    package func hostAddress(ofService clusterIP: String) -> String? {
        ServiceDoors.address(for: clusterIP, range: PodAddresses.range(for: nodeFolder))
    }

    var networkConfiguration: ClusterNetwork.Configuration {
        let families: [IPFamily] = Host.hasIPv6 ? [.v4, .v6] : [.v4]
        return ClusterNetwork.Configuration(
            folder: networkFolder,
            addresses: families.map { ClusterAddresses.gateway(ofNode: 0, $0) } + [ClusterAddresses.api, ClusterAddresses.dns],
            ranges: families.map(ClusterAddresses.services))
    }
}
