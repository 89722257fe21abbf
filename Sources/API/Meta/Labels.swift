package import Machinery

/// The rules for labels, wherever they stand. Source: `ValidateLabels` of k8s.io/apimachinery.
package enum Labels {
    /// Keys are qualified names and values are 63 characters at most; nil is no labels.
    package static func validate(_ labels: JSON?, _ path: Path, _ problems: inout Problems) {
        guard let labels = labels?.object else { return }
        for member in labels {
            validateKey(member.key, path, &problems)
            let value: String = member.value.string ?? ""
            for detail in Names.labelValue(value) { problems.invalid(path, .string(value), detail) }
        }
    }

    package static func validateKey(_ key: String, _ path: Path, _ problems: inout Problems) {
        for detail in Names.qualifiedName(key) { problems.invalid(path, .string(key), detail) }
    }
}
