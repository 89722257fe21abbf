package import Machinery

/// Keeps pods that don't tolerate it away from a node.
package struct Taint: Schema {
    package static let definition = Definition(Taint(), "core.v1.Taint", "Keeps pods that don't tolerate it away from a node.")

    package let key = Field<String>("key", 1, "Key of the taint.", .required)
    package let value = Field<String>("value", 2, "Value of the taint.")
    package let effect = Field<String>(
        "effect", 3, "NoSchedule, PreferNoSchedule, or NoExecute, which also drives running pods away.", .required)
    package let timeAdded = Field<Time?>("timeAdded", 4, "When the taint was added; set for NoExecute.")

    /// Source: `validateNodeTaints` of pkg/apis/core/validation.
    package static func validate(_ taint: View<Taint>, _ path: Path, _ problems: inout Problems) {
        Labels.validateKey(taint.key, path.child("key"), &problems)
        for detail in Names.labelValue(taint.value) { problems.invalid(path.child("value"), .string(taint.value), detail) }
        Toleration.validateEffect(taint.effect, path.child("effect"), &problems)
    }
}
