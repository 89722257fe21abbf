import API
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
