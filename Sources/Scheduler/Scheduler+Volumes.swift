import API
import Client
import Logging
import Machinery

/// Volumes that are chosen with the node: told to claims and volumes before the pod is bound.
extension Scheduler {
    /// How long a claim may take to get its volume.
    private static let patience: Duration = .seconds(600)

    /// Returns when all claims of the pod have their volumes. Throws when that can't be.
    func bindVolumes(of pod: PodInfo, _ choices: [ObjectKey: StorageView.Choice], on node: String) async throws {
        for (key, choice) in choices {
            guard let claim = claims.get(key) else {
                throw VolumeProblem(description: "persistentvolumeclaim \(JSON.quoted(key.name)) not found")
            }
            switch choice {
            case .volume(let name):
                guard var volume = volumes.get(ObjectKey(namespace: "", name: name)) else {
                    throw VolumeProblem(description: "persistentvolume \(JSON.quoted(name)) not found")
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
        let deadline: ClusterClock.Instant = clock.now.advanced(by: Self.patience)
        var pause: Duration = .milliseconds(5)
        while !choices.keys.allSatisfy({ claims.get($0)?.isBound ?? false }) {
            guard clock.now < deadline else { throw VolumeProblem(description: "timed out waiting for the condition") }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(1))
        }
    }
}

/// Why volumes could not be bound.
struct VolumeProblem: Error, CustomStringConvertible {
    let description: String
}
