package import Machinery

extension Toleration {
    /// Source: `ValidateTolerations` of pkg/apis/core/validation.
    package static func validate(_ toleration: View<Toleration>, _ path: Path, _ problems: inout Problems) {
        let word: String = toleration.operator
        if toleration.key.isEmpty {
            if word != "Exists" {
                problems.invalid(
                    path.child("operator"), .string(word),
                    "operator must be Exists when `key` is empty, which means \"match all values and all keys\"")
            }
        } else {
            Labels.validateKey(toleration.key, path.child("key"), &problems)
        }
        if toleration.tolerationSeconds != nil, toleration.effect != "NoExecute" {
            problems.invalid(
                path.child("effect"), .string(toleration.effect), "effect must be 'NoExecute' when `tolerationSeconds` is set")
        }
        switch word {
        case "", "Equal":
            for detail in Names.labelValue(toleration.value) { problems.invalid(path.child("operator"), .string(toleration.value), detail) }
        case "Exists":
            if !toleration.value.isEmpty {
                problems.invalid(
                    path.child("operator"), .string(toleration.value), "value must be empty when `operator` is 'Exists'")
            }
        case "Lt", "Gt":
            if Int64(toleration.value) == nil {
                problems.invalid(path.child("value"), .string(toleration.value), "value must be a valid integer")
            }
        default:
            problems.notSupported(path.child("operator"), .string(word), supported: ["Equal", "Exists", "Gt", "Lt"])
        }
        if !toleration.effect.isEmpty { validateEffect(toleration.effect, path.child("effect"), &problems) }
    }

    static func validateEffect(_ effect: String, _ path: Path, _ problems: inout Problems) {
        guard !effect.isEmpty else { return }
        let supported: [String] = ["NoSchedule", "PreferNoSchedule", "NoExecute"]
        if !supported.contains(effect) { problems.notSupported(path, .string(effect), supported: supported) }
    }
}

extension View<Toleration> {
    /// True when the toleration is about this taint. Source: `ToleratesTaint` of k8s.io/api/core/v1.
    package func tolerates(_ taint: View<Taint>) -> Bool { TolerationInfo(self).tolerates(TaintInfo(taint)) }
}
