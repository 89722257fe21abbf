import API
import Client
import Machinery

/// Devices that are chosen with the node: kept for the pod's claims, and written into them before the pod is bound.
enum DeviceReservation: Reserve, PreBind {
    static let name = DynamicResources.name

    static func reserve(_ pod: PodInfo, on node: String, _ cluster: inout ClusterCopy, _ reservation: inout Reservation) {
        if !pod.deviceClaims.isEmpty || !pod.extended.isEmpty { reservation.devices = cluster.promiseDevices(to: pod, on: node) }
    }

    static func release(_ pod: PodInfo, _ cluster: inout ClusterCopy) { cluster.withdrawDevices(from: pod) }

    static func prepare(_ pod: PodInfo, on node: String, _ reservation: Reservation, _ scheduler: Scheduler) async throws {
        if let allocation = reservation.devices[ExtendedRequest.claim(for: pod)] {
            do {
                try await scheduler.claimExtended(for: pod, giving: allocation)
            } catch {
                throw PluginFailure(description: "claiming extended resources: \(error)")
            }
        }
        for case let name? in pod.deviceClaims.map(\.claim) where !name.isEmpty {
            let key = ObjectKey(namespace: pod.key.namespace, name: name)
            do {
                try await scheduler.reserve(key, for: pod, giving: reservation.devices[key])
                try await scheduler.readyDevices(of: key, for: pod)
            } catch {
                throw PluginFailure(description: "binding resourceclaim \(key): \(error)")
            }
        }
    }
}

extension Scheduler {
    /// What keeps a claim from going while devices are given to it.
    static let finalizer = "resource.kubernetes.io/delete-protection"

    /// Writes into a claim which devices it has and that the pod uses it. Writing it twice is writing it once.
    ///
    /// - Parameter allocation: nil for a claim that has its devices already.
    fileprivate func reserve(_ key: ObjectKey, for pod: PodInfo, giving allocation: View<AllocationResult>?) async throws {
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
                    claim.status.allocation?.allocationTimestamp = clock.time
                }
                guard claim.status.allocation != nil else { throw PluginFailure(description: "it has lost its devices") }
                guard !claim.status.reservedFor.contains(where: { $0.uid == pod.uid }) else { return }
                claim.status.reservedFor.append(pod.consumer)
                deviceClaims.note(try await client.updateStatus(claim))
                return
            } catch let status as APIStatus where status.isConflict && attempt < 5 {
                // Somebody was faster; what is there now is read anew.
            }
        }
    }

    /// How long drivers may take until the devices of a claim are ready.
    private static let patience: Duration = .seconds(600)

    /// Returns when all devices of a claim are ready for the pod. Where that can't be, the claim gives them back and the pod looks for others.
    func readyDevices(of key: ObjectKey, for pod: PodInfo) async throws {
        do {
            await deviceClaims.caughtUp()
            let since: Time = deviceClaims.get(key)?.status.allocation?.allocationTimestamp ?? clock.time
            try await wait(Self.patience - (clock.time - since)) {
                guard let claim = deviceClaims.get(key) else { throw PluginFailure(description: "it is gone") }
                let readiness = DeviceReadiness(claim)
                if case .failed(let device, let condition) = readiness {
                    throw PluginFailure(description: "device \(device) could not be made ready: its condition \(condition) is true")
                }
                return readiness == .ready
            }
        } catch let failure as PluginFailure {
            try await giveBackDevices(of: key, for: pod.uid)
            throw failure
        }
    }

    /// - Parameter uid: of the pod that no longer wants them.
    func giveBackDevices(of key: ObjectKey, for uid: String) async throws {
        for attempt in 1... {
            guard var claim = try await client.find(ResourceClaim.self, key), claim.status.allocation != nil else { return }
            claim.status.reservedFor.removeAll { $0.uid == uid }
            // Others may use them: then it is not for this pod to say.
            if claim.status.reservedFor.isEmpty {
                claim.status.allocation = nil
                claim.status.devices = []
            }
            do {
                deviceClaims.note(try await client.updateStatus(claim))
                return
            } catch let status as APIStatus where status.isConflict && attempt < 5 {
                // Somebody was faster; what is there now is read anew.
            }
        }
    }
}
