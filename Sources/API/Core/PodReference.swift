package import Machinery

/// An object that a pod brings with it: one of its namespace that it names, itself, or the volume of a claim.
package struct PodReference: Hashable, Sendable {
    package enum Kind: Sendable { case pod, secret, configMap, claim, volume, serviceAccount, resourceClaim }

    package let kind: Kind
    package let name: String

    package init(kind: Kind, name: String) {
        self.kind = kind
        self.name = name
    }

    /// Names of the Secrets that a pod needs.
    package static func secrets(of pod: View<Pod>) -> Set<String> { Set(all(of: pod).filter { $0.kind == .secret }.map(\.name)) }

    /// What a pod names, in its spec and its status.
    package static func all(of pod: View<Pod>) -> Set<PodReference> {
        var found: Set<PodReference> = [PodReference(kind: .serviceAccount, name: pod.spec.serviceAccountName)]
        func add(_ kind: Kind, _ name: String?) {
            if let name, !name.isEmpty { found.insert(PodReference(kind: kind, name: name)) }
        }
        for secret in pod.spec.imagePullSecrets { add(.secret, secret.name) }
        let spec: JSON = pod.json["spec"] ?? [:]
        for list in ["initContainers", "containers", "ephemeralContainers"] {
            for container in spec[list]?.array ?? [] {
                for source in container["envFrom"]?.array ?? [] {
                    add(.secret, source[["secretRef", "name"]]?.string)
                    add(.configMap, source[["configMapRef", "name"]]?.string)
                }
                for variable in container["env"]?.array ?? [] {
                    add(.secret, variable[["valueFrom", "secretKeyRef", "name"]]?.string)
                    add(.configMap, variable[["valueFrom", "configMapKeyRef", "name"]]?.string)
                }
            }
        }
        for volume in spec["volumes"]?.array ?? [] {
            add(.secret, volume[["secret", "secretName"]]?.string)
            add(.configMap, volume[["configMap", "name"]]?.string)
            add(.claim, volume[["persistentVolumeClaim", "claimName"]]?.string)
            if volume["ephemeral"] != nil, let name = volume["name"]?.string { add(.claim, pod.name + "-" + name) }
            for source in volume[["projected", "sources"]]?.array ?? [] {
                add(.secret, source[["secret", "name"]]?.string)
                add(.configMap, source[["configMap", "name"]]?.string)
            }
            // Drivers of all kinds name the secret that opens the volume.
            for source in volume.object?.members ?? [] {
                add(.secret, source.value[["secretRef", "name"]]?.string)
                add(.secret, source.value[["nodePublishSecretRef", "name"]]?.string)
            }
        }
        for status in pod.json[["status", "resourceClaimStatuses"]]?.array ?? [] {
            add(.resourceClaim, status["resourceClaimName"]?.string)
        }
        for claim in spec["resourceClaims"]?.array ?? [] { add(.resourceClaim, claim["resourceClaimName"]?.string) }
        return found
    }
}
