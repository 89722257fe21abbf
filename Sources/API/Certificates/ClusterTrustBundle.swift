package import Machinery

/// Certificates of authorities that workloads may trust, for all namespaces.
package struct ClusterTrustBundle: Kind {
    package static let definition = Definition(
        ClusterTrustBundle(), "certificates.v1beta1.ClusterTrustBundle",
        "Certificates of authorities that workloads may trust, for all namespaces.")
    package static let names = KindNames(
        "ClusterTrustBundle", group: "certificates.k8s.io", version: "v1beta1", plural: "clustertrustbundles", isNamespaced: false,
        nameRule: { Names.pathSegment($0) })

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<ClusterTrustBundleSpec>("spec", 2, "The certificates, and whose they are.", .always)

    package static let selectableFields: [SelectableField] = ["spec.signerName"]

    package static let columns: [Column<ClusterTrustBundle>] = [
        .name,
        Column("SignerName", .string, "Whose bundle it is.") { bundle, _ in
            .string(bundle.spec.signerName.isEmpty ? "<none>" : bundle.spec.signerName)
        },
    ]

    /// The bundle of a signer is named for it. Source: `ValidateClusterTrustBundleName` of pkg/apis/core/validation.
    package static func validate(_ bundle: View<ClusterTrustBundle>, _ path: Path, _ problems: inout Problems) {
        let (name, signer): (String, String) = (bundle.name, bundle.spec.signerName)
        guard !name.isEmpty else { return }
        let prefix: String = signer.isEmpty ? "" : signer.map { $0 == "/" ? ":" : String($0) }.joined() + ":"
        let faults: [String] =
            if signer.isEmpty, name.contains(":") {
                ["ClusterTrustBundle without signer name must not have \":\" in its name"]
            } else if !name.hasPrefix(prefix) {
                ["ClusterTrustBundle for signerName \(signer) must be named with prefix \(prefix)"]
            } else {
                Names.dns1123Subdomain(String(name.dropFirst(prefix.count)))
            }
        for fault in faults { problems.invalid(path.child("metadata").child("name"), .string(name), fault) }
    }
}

/// Certificates of authorities, and whose they are.
package struct ClusterTrustBundleSpec: Schema {
    package static let definition = Definition(
        ClusterTrustBundleSpec(), "certificates.v1beta1.ClusterTrustBundleSpec", "Certificates of authorities, and whose they are.")

    package let signerName = Field<String>("signerName", 1, "The signer whose bundle it is; empty for anybody's.", .immutable)
    package let trustBundle = Field<String>("trustBundle", 2, "PEM of the certificates; their order means nothing.", .always)

    package static func validate(_ spec: View<ClusterTrustBundleSpec>, _ path: Path, _ problems: inout Problems) {
        if !spec.signerName.isEmpty { SignerName.validate(spec.signerName, path.child("signerName"), &problems) }
        let faults: [String] = CertificatePEM.anchorFaults(spec.trustBundle)
        for fault in faults { problems.invalid(path.child("trustBundle"), "<value omitted>", fault) }
    }
}
