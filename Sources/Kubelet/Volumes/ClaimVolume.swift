import API
import Client
import Machinery

/// The storage behind a claim, as far as this node can mount it: volumes of type hostPath and local.
///
/// Source: `getPVCExtractPV` and `getPVSpec` of pkg/kubelet/volumemanager/populator, and pkg/volume/local.
struct ClaimVolume: Sendable {
    let path: String
    let isReadOnly: Bool
    /// Whether the folder may be given to the pod's group: what others of the node use may not.
    let isOwn: Bool

    /// Throws ``ConfigError`` or what the API answers.
    init(_ claimName: String, readOnly: Bool, ephemeralOf pod: View<Pod>?, namespace: String, _ client: Client) async throws {
        let key = ObjectKey(namespace: namespace, name: claimName)
        func failed(_ why: String) -> ConfigError { ConfigError("error processing PVC \(key): \(why)") }
        guard let claim = try await client.find(PersistentVolumeClaim.self, key) else {
            throw failed("failed to fetch PVC from API server: persistentvolumeclaims \"\(claimName)\" not found")
        }
        if let pod, claim.metadata.controllerUID != pod.metadata.uid {
            throw failed("PVC \(key) was not created for pod \(pod.key) (pod is not owner)")
        }
        if claim.isTerminating { throw failed("PVC is being deleted") }
        guard claim.status.phase == "Bound", !claim.spec.volumeName.isEmpty else { throw failed("PVC is not bound") }
        let name: String = claim.spec.volumeName
        guard let volume = try await client.find(PersistentVolume.self, ObjectKey(namespace: "", name: name)) else {
            throw failed("failed to fetch PV \(name) from API server: persistentvolumes \"\(name)\" not found")
        }
        guard volume.spec.claimRef?.uid == claim.metadata.uid else {
            throw failed("PVC and PV do not belong together: volume \(name) is bound to another claim")
        }
        if volume.spec.volumeMode == "Block" {
            throw ConfigError("this version cannot give block devices to containers; use volumeMode Filesystem")
        }
        isReadOnly = readOnly || (claim.spec.accessModes == ["ReadOnlyMany"])
        if let host: View<HostPathVolumeSource> = volume.spec.hostPath {
            try HostPath.check(host.path, type: host.type ?? "")
            path = host.path
            isOwn = false
        } else if let local: View<LocalVolumeSource> = volume.spec.local {
            guard Files.kind(local.path) != nil else {
                throw ConfigError("path \"\(local.path)\" does not exist")
            }
            path = local.path
            isOwn = true
        } else {
            let kind: String = PersistentVolumeSpec.sources.first { volume.spec.json[$0] != nil } ?? "nothing"
            throw ConfigError("this version cannot mount persistent volumes of type \(kind); it knows hostPath and local")
        }
    }
}
