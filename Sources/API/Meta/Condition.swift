package import Machinery

/// One aspect of an object's state, in the form that newer kinds share.
package struct Condition: Schema {
    package static let definition = Definition(
        Condition(), "io.k8s.apimachinery.pkg.apis.meta.v1.Condition", "One aspect of an object's state.")

    package let type = Field<String>("type", 1, "Name of the condition, in CamelCase or with a domain before it.", .required)
    package let status = Field<String>("status", 2, "True, False or Unknown.", .required, .oneOf("True", "False", "Unknown"))
    package let observedGeneration = Field<Int64>(
        "observedGeneration", 3, "Generation of the object that the condition was seen on.", .atLeast(0))
    package let lastTransitionTime = Field<Time?>("lastTransitionTime", 4, "When the status changed last.", .required)
    package let reason = Field<String>("reason", 5, "One word in CamelCase for why the status is what it is.", .always)
    package let message = Field<String>("message", 6, "The same for people; may be empty.", .always)

    /// For the kinds that ask for a reason: all but ServiceCIDR, whose range is ready without one.
    static func requireReasons(_ conditions: [View<Condition>], _ path: Path, _ problems: inout Problems) {
        for (index, condition) in conditions.enumerated() where condition.reason.isEmpty {
            problems.required(path.index(index).child("reason"))
        }
    }
}
