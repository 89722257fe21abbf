import API
package import Machinery

/// What a certificate request asks for.
package struct CertificateRequest: Sendable, Equatable {
    package let commonName: String
    package let organizations: [String]
    package let dnsNames: [String]
    /// As text.
    package let addresses: [String]
    /// Number of other names: mail addresses, URIs.
    package let otherNames: Int

    package init(commonName: String, organizations: [String], dnsNames: [String] = [], addresses: [String] = [], otherNames: Int = 0) {
        self.commonName = commonName
        self.organizations = organizations
        self.dnsNames = dnsNames
        self.addresses = addresses
        self.otherNames = otherNames
    }
}

/// The cluster's authority, for those that ask for certificates through the API.
package protocol CertificateSigner: Sendable {
    /// Reads a PKCS #10 request, PEM. Throws when it is none, or not signed with its own key.
    func read(_ pem: String) throws -> CertificateRequest

    /// Issues the certificate, PEM.
    ///
    /// - Parameter usages: in the API's words: `client auth`, `server auth`, `digital signature`, `key encipherment`.
    func sign(_ pem: String, usages: [String], validity: Duration) throws -> String

    /// When the first certificate of a chain in PEM ends; nil for what is none.
    func end(of pem: String) -> Time?
}

/// Which requests the cluster's own signers take. Pure.
///
/// Source: "Kubernetes signers" in the documentation, pkg/controller/certificates/signer and pkg/apis/certificates/helpers.go.
enum KubernetesSigner: String {
    case client = "kubernetes.io/kube-apiserver-client"
    case kubeletClient = "kubernetes.io/kube-apiserver-client-kubelet"
    case kubeletServing = "kubernetes.io/kubelet-serving"

    /// Why the signer refuses; nil when it signs.
    ///
    /// - Parameter requester: the user who made the request.
    func refusal(_ request: CertificateRequest, usages: [String], requester: String) -> String? {
        let usages: Set<String> = Set(usages)
        switch self {
        case .client: return Self.usages(usages, needed: ["client auth"])
        case .kubeletClient:
            if let problem = Self.ofNode(request) { return problem }
            if !request.dnsNames.isEmpty { return "DNS subjectAltNames are not allowed" }
            if !request.addresses.isEmpty { return "IP subjectAltNames are not allowed" }
            if request.otherNames > 0 { return "Email and URI subjectAltNames are not allowed" }
            return Self.usages(usages, needed: ["client auth", "digital signature"])
        case .kubeletServing:
            if let problem = Self.ofNode(request) { return problem }
            if request.dnsNames.isEmpty && request.addresses.isEmpty { return "at least one DNS or IP subjectAltName is required" }
            if request.otherNames > 0 { return "Email and URI subjectAltNames are not allowed" }
            if request.commonName != requester { return "the common name must be the user who asks, \(requester)" }
            return Self.usages(usages, needed: ["server auth", "digital signature"])
        }
    }

    private static func ofNode(_ request: CertificateRequest) -> String? {
        if request.organizations != ["system:nodes"] { return "subject organization is not system:nodes" }
        if !request.commonName.hasPrefix("system:node:") { return "subject common name does not begin with system:node:" }
        return nil
    }

    /// Beside the needed ones only those that belong to a TLS key.
    private static func usages(_ usages: Set<String>, needed: [String]) -> String? {
        let allowed: Set<String> = Set(needed).union(["digital signature", "key encipherment"])
        if usages.isSuperset(of: needed), usages.isSubset(of: allowed) { return nil }
        return "usages did not match \(allowed.sorted())"
    }
}

extension View<CertificateSigningRequest> {
    func has(condition type: String) -> Bool { self.status.conditions.contains { $0.type == type && $0.status == "True" } }

    mutating func add(condition type: String, _ reason: String, _ message: String, _ now: Time) {
        self.status.conditions.append(
            View<CertificateSigningRequestCondition> {
                $0.type = type
                $0.status = "True"
                $0.reason = reason
                $0.message = message
                $0.lastUpdateTime = now
                $0.lastTransitionTime = now
            })
    }

    /// The request itself, PEM.
    var pem: String { Base64Text.decode(self.spec.request).map { String(decoding: $0, as: UTF8.self) } ?? "" }
}
