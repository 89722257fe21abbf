package import Machinery

/// The pod that a controller makes.
package struct PodTemplateSpec: Schema {
    package static let definition = Definition(PodTemplateSpec(), "core.v1.PodTemplateSpec", "The pod that a controller makes.")

    package let metadata = Field<ObjectMeta>("metadata", 1, "Labels and annotations of the pods.")
    package let spec = Field<PodSpec>("spec", 2, "What the pods should run and how.")

    /// Source: `ValidatePodTemplateSpec` of pkg/apis/core/validation.
    package static func validate(_ template: View<PodTemplateSpec>, _ path: Path, _ problems: inout Problems) {
        if !template.spec.ephemeralContainers.isEmpty {
            problems.forbidden(path.child("spec").child("ephemeralContainers"), "ephemeral containers not allowed in pod template")
        }
    }
}
