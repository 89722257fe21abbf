package import Machinery

/// Several sources in one directory.
package struct ProjectedVolumeSource: Schema {
    package static let definition = Definition(
        ProjectedVolumeSource(), "core.v1.ProjectedVolumeSource", "Several sources in one directory.")

    package let sources = Field<[VolumeProjection]>("sources", 1, "The sources; their paths must differ.", .atomic)
    package let defaultMode = Field<Int32?>("defaultMode", 2, "Permissions of the files.", default: 0o644, .fileMode)

    /// Source: `validateProjectionSources` of pkg/apis/core/validation.
    package static func validate(_ volume: View<ProjectedVolumeSource>, _ path: Path, _ problems: inout Problems) {
        var seen: Set<String> = []
        for (index, source) in volume.sources.enumerated() {
            let here: Path = path.child("sources").index(index)
            for member in (source.json.object?.members ?? []).dropFirst() {
                problems.forbidden(here.child(member.key), "may not specify more than 1 volume type")
            }
            for file in source.paths where !file.isEmpty && !seen.insert(file).inserted {
                problems.invalid(path, .string(file), "conflicting duplicate paths")
            }
        }
    }
}

/// One source of a projected volume; one of its fields.
package struct VolumeProjection: Schema {
    package static let definition = Definition(
        VolumeProjection(), "core.v1.VolumeProjection", "One source of a projected volume; one of its fields.")

    package let secret = Field<SecretProjection?>("secret", 1, "The keys of a Secret.")
    package let downwardAPI = Field<DownwardAPIProjection?>("downwardAPI", 2, "Fields of the pod.")
    package let configMap = Field<ConfigMapProjection?>("configMap", 3, "The keys of a ConfigMap.")
    package let serviceAccountToken = Field<ServiceAccountTokenProjection?>("serviceAccountToken", 4, "A token of the pod's account.")
    package let clusterTrustBundle = Field<ClusterTrustBundleProjection?>("clusterTrustBundle", 5, "Certificates of authorities to trust.")
    package let podCertificate = Field<PodCertificateProjection?>("podCertificate", 6, "A certificate and key for the pod.")
}

extension View<VolumeProjection> {
    /// The files that are known from the declaration alone.
    fileprivate var paths: [String] {
        var paths: [String] = []
        paths += (self.secret?.items ?? []).map { $0.path }
        paths += (self.configMap?.items ?? []).map { $0.path }
        paths += (self.downwardAPI?.items ?? []).map { $0.path }
        if let token: View<ServiceAccountTokenProjection> = self.serviceAccountToken { paths.append(token.path) }
        if let bundle: View<ClusterTrustBundleProjection> = self.clusterTrustBundle { paths.append(bundle.path) }
        if let certificate: View<PodCertificateProjection> = self.podCertificate {
            paths += [certificate.credentialBundlePath, certificate.keyPath, certificate.certificateChainPath]
        }
        return paths
    }
}

/// The keys of a Secret as files.
package struct SecretProjection: Schema {
    package static let definition = Definition(SecretProjection(), "core.v1.SecretProjection", "The keys of a Secret as files.")

    package let name = Field<String>("name", embedded(1, 1), "The Secret, in the pod's namespace.", default: "")
    package let items = Field<[KeyToPath]>("items", 2, "Keys to show and their paths; all keys when empty.", .atomic)
    package let optional = Field<Bool?>("optional", 4, "True when the Secret and its keys don't have to exist.")

    package static func validate(_ source: View<SecretProjection>, _ path: Path, _ problems: inout Problems) {
        if source.name.isEmpty { problems.required(path.child("name")) }
    }
}

/// The keys of a ConfigMap as files.
package struct ConfigMapProjection: Schema {
    package static let definition = Definition(ConfigMapProjection(), "core.v1.ConfigMapProjection", "The keys of a ConfigMap as files.")

    package let name = Field<String>("name", embedded(1, 1), "The ConfigMap, in the pod's namespace.", default: "")
    package let items = Field<[KeyToPath]>("items", 2, "Keys to show and their paths; all keys when empty.", .atomic)
    package let optional = Field<Bool?>("optional", 4, "True when the ConfigMap and its keys don't have to exist.")

    package static func validate(_ source: View<ConfigMapProjection>, _ path: Path, _ problems: inout Problems) {
        if source.name.isEmpty { problems.required(path.child("name")) }
    }
}

/// Fields of the pod as files.
package struct DownwardAPIProjection: Schema {
    package static let definition = Definition(DownwardAPIProjection(), "core.v1.DownwardAPIProjection", "Fields of the pod as files.")

    package let items = Field<[DownwardAPIVolumeFile]>("items", 1, "The files.", .atomic)
}

/// A token of the pod's account, renewed before it expires.
package struct ServiceAccountTokenProjection: Schema {
    package static let definition = Definition(
        ServiceAccountTokenProjection(), "core.v1.ServiceAccountTokenProjection",
        "A token of the pod's account, renewed before it expires.")

    package let audience = Field<String>("audience", 1, "Whom the token is for; the API server when empty.")
    package let expirationSeconds = Field<Int64?>(
        "expirationSeconds", 2, "Seconds that a token is good for.", default: 3600, .tokenLifetime)
    package let path = Field<String>("path", 3, "The file, relative to the volume.", .required, .relativePath)
}

/// Certificates of authorities to trust, as one PEM file.
package struct ClusterTrustBundleProjection: Schema {
    package static let definition = Definition(
        ClusterTrustBundleProjection(), "core.v1.ClusterTrustBundleProjection", "Certificates of authorities to trust, as one PEM file.")

    package let name = Field<String?>("name", 1, "A single bundle by name.")
    package let signerName = Field<String?>("signerName", 2, "All bundles of this signer that the selector meets.")
    package let labelSelector = Field<LabelSelector?>(
        "labelSelector", 3, "Which of the signer's bundles; none when absent, all when empty.")
    package let path = Field<String>("path", 4, "The file, relative to the volume.", .required, .relativePath)
    package let optional = Field<Bool?>("optional", 5, "True when no bundle has to exist.")

    /// Source: `validateProjectionSources` of pkg/apis/core/validation.
    package static func validate(_ source: View<ClusterTrustBundleProjection>, _ path: Path, _ problems: inout Problems) {
        switch (source.name ?? "", source.signerName ?? "") {
        case ("", ""): problems.required(path, "either name or signerName must be specified")
        case ("", _): break
        case (_, ""):
            if source.labelSelector != nil {
                problems.invalid(
                    path.child("labelSelector"), source.json["labelSelector"] ?? .null, "labelSelector must be unset if name is specified")
            }
        default: problems.invalid(path, source.json, "only one of name and signerName may be used")
        }
    }
}

/// A private key and a certificate for it, made for the pod and renewed in time.
package struct PodCertificateProjection: Schema {
    package static let definition = Definition(
        PodCertificateProjection(), "core.v1.PodCertificateProjection",
        "A private key and a certificate for it, made for the pod and renewed in time.")

    package let signerName = Field<String>("signerName", 1, "Who signs.", .required)
    package let keyType = Field<String>(
        "keyType", 2, "Kind of key: RSA3072, RSA4096, ECDSAP256, ECDSAP384, ECDSAP521 or ED25519.",
        .required, .oneOf("RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"))
    package let maxExpirationSeconds = Field<Int32?>(
        "maxExpirationSeconds", 3, "Seconds that a certificate is good for at most; 86400 when absent.", .between(3600, 7_862_400))
    package let credentialBundlePath = Field<String>("credentialBundlePath", 4, "One file with the key and the chain.", .relativePath)
    package let keyPath = Field<String>("keyPath", 5, "File with the key.", .relativePath)
    package let certificateChainPath = Field<String>("certificateChainPath", 6, "File with the chain.", .relativePath)
    package let userAnnotations = Field<[String: String]>("userAnnotations", 7, "Notes for the signer.")

    package static func validate(_ source: View<PodCertificateProjection>, _ path: Path, _ problems: inout Problems) {
        if source.credentialBundlePath.isEmpty, source.keyPath.isEmpty, source.certificateChainPath.isEmpty {
            problems.required(path, "specify at least one of credentialBundlePath, keyPath, and certificateChainPath")
        }
    }
}
