package import Machinery

/// The rules that kinds with a pod template share. The template's own rules stand at ``PodTemplateSpec``.
package enum PodTemplateRules {
    /// A template must carry labels that its owner's selector finds, and its pods must run for ever.
    ///
    /// - Parameter selector: nil when it is missing, which is another problem; nothing matches it.
    /// - Parameter path: of the template.
    /// Source: `ValidatePodTemplateSpecForReplicaSet` of pkg/apis/apps/validation.
    package static func validate(
        _ template: View<PodTemplateSpec>, selector: View<LabelSelector>?, of kind: String, _ path: Path, _ problems: inout Problems
    ) {
        // A selector that can't be read has told its own problem.
        let matches: Bool = selector.map { (try? LabelMatch(labelSelector: $0.json))?.matches(template.metadata.labels) ?? true } ?? false
        if !matches { mismatch(template, path, &problems) }
        validateLongRunning(template, of: kind, path, &problems)
    }

    package static func mismatch(_ template: View<PodTemplateSpec>, _ path: Path, _ problems: inout Problems) {
        problems.invalid(
            path.child("metadata").child("labels"), template.metadata.json["labels"] ?? .null,
            "`selector` does not match template `labels`")
    }

    /// `restartPolicy` is Always and no deadline is set.
    package static func validateLongRunning(
        _ template: View<PodTemplateSpec>, of kind: String, _ path: Path, _ problems: inout Problems
    ) {
        let spec: Path = path.child("spec")
        if template.spec.restartPolicy != "Always" {
            problems.notSupported(spec.child("restartPolicy"), .string(template.spec.restartPolicy), supported: ["Always"])
        }
        if template.spec.activeDeadlineSeconds != nil {
            problems.forbidden(spec.child("activeDeadlineSeconds"), "activeDeadlineSeconds in \(kind) is not Supported")
        }
    }
}
