/// The names under which Kubernetes' own parts and users prove who they are. Source: Kubernetes' documentation of PKI certificates.
package enum KubernetesCertificates {
    /// DNS names of the API server inside and outside of pods.
    package static func serverNames(clusterDomain: String = "cluster.local") -> [String] {
        ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.\(clusterDomain)", "localhost"]
    }

    /// Addresses of the API server: this computer, the address of the service `kubernetes`, and others that are given.
    package static func serverAddresses(serviceIP: String?, others: [String] = []) -> [String] {
        var addresses: [String] = ["127.0.0.1", "::1"]
        for address: String in [serviceIP].compactMap({ $0 }) + others where !addresses.contains(address) { addresses.append(address) }
        return addresses
    }

    /// User and groups of a client certificate.
    package struct Client: Sendable, Hashable {
        package let commonName: String
        package let organizations: [String]
    }

    /// The person who owns the cluster: may do everything.
    package static let admin = Client(commonName: "kubernetes-admin", organizations: ["system:masters"])
    package static let controllerManager = Client(commonName: "system:kube-controller-manager", organizations: [])
    package static let scheduler = Client(commonName: "system:kube-scheduler", organizations: [])

    /// The kubelet of one node.
    package static func node(_ name: String) -> Client {
        Client(commonName: "system:node:\(name)", organizations: ["system:nodes"])
    }
}

extension CertificateAuthority {
    /// Issues the certificate of one of Kubernetes' own clients.
    package func issue(_ client: KubernetesCertificates.Client, validity: Duration = .years(1)) throws -> IssuedCertificate {
        try issueClient(commonName: client.commonName, organizations: client.organizations, validity: validity)
    }
}
