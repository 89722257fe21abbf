import API
import Client
import Logging
import Machinery

/// The claim that is made for extended resources that devices serve. Source: `dynamicresources/extended` of pkg/scheduler/framework/plugins.
extension Scheduler {
    /// Makes the claim with its devices and tells the pod of it, then waits until the devices are ready. Leaves no claim where that fails.
    func claimExtended(for pod: PodInfo, giving allocation: View<AllocationResult>) async throws {
        do {
            try await makeClaim(for: pod, allocation)
        } catch {
            for claim in deviceClaims.owned(by: pod.uid) { try? await discard(claim) }
            throw error
        }
    }

    /// Removes claims of pods that did not get to their node before the scheduler was stopped.
    func discardExtendedClaims() async {
        await deviceClaims.caughtUp()
        let made: [View<ResourceClaim>] = deviceClaims.list().filter(\.isOfExtendedResources)
        for claim in made {
            guard let owner = claim.metadata.ownerReferences.first(where: { $0.controller == true }) else { continue }
            let pod: View<Pod>? = pods.get(ObjectKey(namespace: claim.namespace, name: owner.name))
            guard let pod, !pod.isScheduled else { continue }
            do {
                try await discard(claim)
            } catch {
                log.warning("a claim could not be removed", metadata: ["claim": "\(claim.key)", "error": "\(error)"])
            }
        }
    }

    private func discard(_ claim: View<ResourceClaim>) async throws {
        guard claim.isOfExtendedResources else { return }
        try await giveBackDevices(of: claim.key, for: claim.metadata.controllerUID ?? "")
        try await client.delete(ResourceClaim.self, claim.key, uid: claim.metadata.uid)
    }

    private func makeClaim(for pod: PodInfo, _ allocation: View<AllocationResult>) async throws {
        let requests: [ExtendedRequest] = pod.extended.filter { request in
            allocation.devices.results.contains { $0.request == request.name }
        }
        var claim: View<ResourceClaim> = try await client.create(self.claim(for: pod, requests))
        claim.status.allocation = allocation
        claim.status.allocation?.allocationTimestamp = clock.time
        claim.status.reservedFor = [pod.consumer]
        claim = try await client.updateStatus(claim)
        deviceClaims.note(claim)
        try await write(
            [
                "extendedResourceClaimStatus": [
                    "resourceClaimName": .string(claim.name),
                    "requestMappings": .array(
                        requests.map {
                            [
                                "containerName": .string($0.container), "resourceName": .string($0.resource),
                                "requestName": .string($0.name),
                            ]
                        }),
                ]
            ], to: pod)
        await deviceClaims.caughtUp()
        state.claimedExtended(pod)
        try await readyDevices(of: claim.key, for: pod)
    }

    private func claim(for pod: PodInfo, _ requests: [ExtendedRequest]) -> View<ResourceClaim> {
        var claim = View<ResourceClaim>(["apiVersion": .string(ResourceClaim.names.apiVersion), "kind": "ResourceClaim"])
        claim.metadata.generateName = "\(pod.key.name)-extended-resources-"
        claim.metadata.namespace = pod.key.namespace
        claim.metadata.annotations = [ResourceClaim.extendedResources: "true"]
        claim.metadata.finalizers = [Self.finalizer]
        claim.metadata.ownerReferences = [
            View<OwnerReference> {
                $0.apiVersion = Pod.names.apiVersion
                $0.kind = Pod.names.kind
                $0.name = pod.key.name
                $0.uid = pod.uid
                $0.controller = true
                $0.blockOwnerDeletion = true
            }
        ]
        claim.spec.json["devices"] = [
            "requests": .array(
                requests.compactMap { request in
                    state.deviceClass(of: request.resource).map { name in
                        [
                            "name": .string(request.name),
                            "exactly": [
                                "deviceClassName": .string(name), "allocationMode": "ExactCount", "count": .int(Int64(request.count)),
                            ],
                        ]
                    }
                })
        ]
        return claim
    }
}

extension PodInfo {
    /// Of devices.
    var consumer: View<ResourceClaimConsumerReference> {
        View<ResourceClaimConsumerReference> {
            $0.resource = "pods"
            $0.name = key.name
            $0.uid = uid
        }
    }
}
