import API
import Client
import Machinery

/// Devices that are chosen with the node: kept for the pod's claims, and written into them before the pod is bound.
enum DeviceReservation: Reserve, PreBind {
    static let name = DynamicResources.name

    static func reserve(_ pod: PodInfo, on node: String, _ cluster: inout ClusterCopy, _ reservation: inout Reservation) {
        if !pod.deviceClaims.isEmpty { reservation.devices = cluster.promiseDevices(to: pod, on: node) }
    }

    static func release(_ pod: PodInfo, _ cluster: inout ClusterCopy) { cluster.withdrawDevices(from: pod) }

    static func prepare(_ pod: PodInfo, on node: String, _ reservation: Reservation, _ scheduler: Scheduler) async throws {
        for case let name? in pod.deviceClaims.map(\.claim) where !name.isEmpty {
            let key = ObjectKey(namespace: pod.key.namespace, name: name)
            do {
                try await scheduler.reserve(key, for: pod, giving: reservation.devices[key])
            } catch {
                throw PluginFailure(description: "binding resourceclaim \(key): \(error)")
            }
        }
    }
}

extension Scheduler {
    /// What keeps a claim from going while devices are given to it.
    private static let finalizer = "resource.kubernetes.io/delete-protection"

    /// Writes into a claim which devices it has and that the pod uses it. Writing it twice is writing it once.
    ///
    /// - Parameter allocation: nil for a claim that has its devices already.
    fileprivate func reserve(_ key: ObjectKey, for pod: PodInfo, giving allocation: View<AllocationResult>?) async throws {
        let user = View<ResourceClaimConsumerReference> {
            $0.resource = "pods"
            $0.name = pod.key.name
            $0.uid = pod.uid
        }
        for attempt in 1... {
            do {
                var claim: View<ResourceClaim> = try await client.get(ResourceClaim.self, key)
                if claim.isTerminating { throw PluginFailure(description: "it is being deleted") }
                if let allocation, claim.status.allocation == nil {
                    if !claim.metadata.finalizers.contains(Self.finalizer) {
                        claim.metadata.finalizers.append(Self.finalizer)
                        claim = try await client.update(claim)
                    }
                    claim.status.allocation = allocation
                }
                guard claim.status.allocation != nil else { throw PluginFailure(description: "it has lost its devices") }
                guard !claim.status.reservedFor.contains(where: { $0.uid == pod.uid }) else { return }
                claim.status.reservedFor.append(user)
                try await client.updateStatus(claim)
                return
            } catch let status as APIStatus where status.isConflict && attempt < 5 {
                // Somebody was faster; what is there now is read anew.
            }
        }
    }
}
