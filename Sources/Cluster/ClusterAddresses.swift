import Sandbox

/// Addresses within a cluster's own network. The same in every cluster: none sees the other's.
enum ClusterAddresses {
    /// Of the first node's pods; each further node has the next range of this size. Its first address is the cluster's own.
    static let pods = "10.244.0.0/24"
    static let gateway = "10.244.0.1"
    static let services = "10.96.0.0/16"
    /// Of the service `kubernetes`, on which the API server listens itself.
    static let api = "10.96.0.1"
    static let apiPort = 443
    /// Where the endpoints of that service say that the API server is, beside ``gateway``.
    static let advertisedPort = 6443
    /// Of the service `kube-dns`.
    static let dns = "10.96.0.10"
}

extension ClusterProfile {
    var networkConfiguration: ClusterNetwork.Configuration {
        ClusterNetwork.Configuration(
            folder: networkFolder, addresses: [ClusterAddresses.gateway, ClusterAddresses.api, ClusterAddresses.dns],
            ranges: [ClusterAddresses.services])
    }
}
