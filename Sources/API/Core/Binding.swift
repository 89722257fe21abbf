package import Machinery

/// Ties a pod to the node that shall run it.
package struct Binding: Kind {
    package static let definition = Definition(Binding(), "core.v1.Binding", "Ties a pod to the node that shall run it.")
    package static let names = KindNames("Binding", group: "", plural: "bindings", verbs: [.create])

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name and namespace of the pod.")
    package let target = Field<ObjectReference>("target", 2, "The node.", .required)

    /// Source: `ValidatePodBinding` of pkg/apis/core/validation.
    package static func validate(_ binding: View<Binding>, _ path: Path, _ problems: inout Problems) {
        let target: View<ObjectReference> = binding.target
        if !target.kind.isEmpty, target.kind != "Node" {
            problems.notSupported(path.child("target").child("kind"), .string(target.kind), supported: ["Node", "<empty>"])
        }
        if target.name.isEmpty { problems.required(path.child("target").child("name")) }
    }
}
