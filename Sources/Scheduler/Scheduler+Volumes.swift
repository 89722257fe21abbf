import API
import Client
import Logging
import Machinery

/// Volumes that are chosen with the node: kept for the pod's claims, and told to claims and volumes before the pod is bound.
enum VolumeReservation: Reserve, PreBind {
    static let name = VolumeBinding.name

    static func reserve(_ pod: PodInfo, on node: String, _ cluster: inout ClusterCopy, _ reservation: inout Reservation) {
        if !pod.claims.isEmpty { reservation.volumes = cluster.promise(pod, on: node) }
    }

    static func release(_ pod: PodInfo, _ cluster: inout ClusterCopy) { cluster.withdrawPromises(to: pod) }

    static func prepare(_ pod: PodInfo, on node: String, _ reservation: Reservation, _ scheduler: Scheduler) async throws {
        guard !reservation.volumes.isEmpty else { return }
        do {
            let profile: Profile? = scheduler.state.profiles[pod.schedulerName]
            let patience: Duration = profile?.arguments.volumeBindTimeout ?? PluginArguments().volumeBindTimeout
            try await scheduler.bindVolumes(of: pod, reservation.volumes, on: node, patience: patience)
        } catch {
            throw PluginFailure(description: "binding volumes: \(error)")
        }
    }
}

extension Scheduler {
    /// Returns when all claims of the pod have their volumes. Throws when that can't be.
    ///
    /// - Parameter patience: how long a claim may take to get its volume.
    fileprivate func bindVolumes(
        of pod: PodInfo, _ choices: [ObjectKey: StorageView.Choice], on node: String, patience: Duration
    ) async throws {
        for (key, choice) in choices {
            guard let claim = claims.get(key) else {
                throw PluginFailure(description: "persistentvolumeclaim \(JSON.quoted(key.name)) not found")
            }
            switch choice {
            case .volume(let name):
                guard var volume = volumes.get(ObjectKey(namespace: "", name: name)) else {
                    throw PluginFailure(description: "persistentvolume \(JSON.quoted(name)) not found")
                }
                guard !volume.isMeant(for: claim) || volume.spec.claimRef?.uid != claim.metadata.uid else { continue }
                volume.spec.claimRef = View<ObjectReference> {
                    $0.kind = PersistentVolumeClaim.names.kind
                    $0.apiVersion = PersistentVolumeClaim.names.apiVersion
                    $0.namespace = claim.namespace
                    $0.name = claim.name
                    $0.uid = claim.metadata.uid
                    $0.resourceVersion = claim.metadata.resourceVersion
                }
                volume.metadata.annotations[View<PersistentVolume>.boundByController] = "yes"
                volumes.note(try await client.update(volume))
            case .provision:
                guard claim.metadata.annotations[View<PersistentVolumeClaim>.selectedNode] != node else { continue }
                var told: View<PersistentVolumeClaim> = claim
                told.metadata.annotations[View<PersistentVolumeClaim>.selectedNode] = node
                claims.note(try await client.update(told))
            }
        }
        try await wait(patience) { choices.keys.allSatisfy { claims.get($0)?.isBound ?? false } }
    }
}
