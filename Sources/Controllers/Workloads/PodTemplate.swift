import API
import Client
import Machinery

/// A pod as a template describes it, for an owner that will control it. The server gives it a name.
func makePod<Owner: Kind>(from template: View<PodTemplateSpec>, for owner: View<Owner>) -> View<Pod> {
    var pod = View<Pod>(["apiVersion": "v1", "kind": "Pod"])
    pod.metadata.generateName = owner.metadata.name + "-"
    pod.metadata.namespace = owner.metadata.namespace
    let labels: [String: String] = template.metadata.labels
    if !labels.isEmpty { pod.metadata.labels = labels }
    let annotations: [String: String] = template.metadata.annotations
    if !annotations.isEmpty { pod.metadata.annotations = annotations }
    let finalizers: [String] = template.metadata.finalizers
    if !finalizers.isEmpty { pod.metadata.finalizers = finalizers }
    pod.metadata.ownerReferences = [View<OwnerReference>.controller(owner)]
    pod.spec = template.spec
    return pod
}

extension ObjectController {
    /// Makes a pod for an owner and tells of it. In a namespace that is going nothing is made, and nothing need be.
    func createPod(_ pod: View<Pod>, for owner: View<Object>) async throws {
        do {
            let made: View<Pod> = try await context.client.create(pod)
            context.copy(Pod.self).note(made)
            tell(owner, .normal, reason: "SuccessfulCreate", "Created pod: \(made.name)")
        } catch let status as APIStatus where status.isNamespaceTerminating {
        } catch let status as APIStatus {
            tell(owner, .warning, reason: "FailedCreate", "Error creating: \(status.message)")
            throw status
        }
    }

    /// Deletes pods of an owner side by side and tells of it. Returns the first failure.
    func deletePods(_ pods: some Collection<View<Pod>>, of owner: View<Object>) async -> (any Error)? {
        await withTaskGroup(of: (any Error)?.self) { group in
            for pod in pods {
                group.addTask {
                    do {
                        try await context.client.delete(Pod.self, pod.key, uid: pod.metadata.uid) { context.copy().note($0) }
                        tell(owner, .normal, reason: "SuccessfulDelete", "Deleted pod: \(pod.name)")
                        return nil
                    } catch let status as APIStatus where status.isNotFound || status.isConflict {
                        return nil
                    } catch {
                        tell(owner, .warning, reason: "FailedDelete", "Error deleting: \(error)")
                        return error
                    }
                }
            }
            return await group.reduce(nil) { $0 ?? $1 }
        }
    }
}
