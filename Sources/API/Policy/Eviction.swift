package import Machinery

/// Asks for a pod to be deleted as far as budgets allow it: the body of a pod's `eviction` subresource.
package struct Eviction: Kind {
    package static let definition = Definition(
        Eviction(), "policy.v1.Eviction", "Asks for a pod to be deleted as far as disruption budgets allow it.")
    package static let names = KindNames("Eviction", group: "policy", plural: "evictions", verbs: [.create])

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name and namespace of the pod.")
    package let deleteOptions = Field<DeleteOptions?>("deleteOptions", 2, "How the pod is to be deleted.")
}
