package import Machinery

extension NodeSelectorRequirement {
    /// Source: `ValidateNodeSelectorRequirement` of pkg/apis/core/validation.
    static func validateExpression(_ requirement: View<NodeSelectorRequirement>, _ path: Path, _ problems: inout Problems) {
        let values: Path = path.child("values")
        switch requirement.operator {
        case "In", "NotIn":
            if requirement.values.isEmpty { problems.required(values, "must be specified when `operator` is 'In' or 'NotIn'") }
        case "Exists", "DoesNotExist":
            if !requirement.values.isEmpty {
                problems.forbidden(values, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
            }
        case "Gt", "Lt":
            if requirement.values.count != 1 {
                problems.required(values, "must be specified single value when `operator` is 'Lt' or 'Gt'")
            }
        default:
            problems.invalid(path.child("operator"), .string(requirement.operator), "not a valid selector operator")
        }
        Labels.validateKey(requirement.key, path.child("key"), &problems)
        for (index, value) in requirement.values.enumerated() {
            for detail in Names.labelValue(value) { problems.invalid(values.index(index), .string(value), detail) }
        }
    }

    /// Source: `ValidateNodeFieldSelectorRequirement` of pkg/apis/core/validation.
    static func validateField(_ requirement: View<NodeSelectorRequirement>, _ path: Path, _ problems: inout Problems) {
        switch requirement.operator {
        case "In", "NotIn":
            if requirement.values.count != 1 {
                problems.required(
                    path.child("values"), "must be only one value when `operator` is 'In' or 'NotIn' for node field selector")
            }
        default:
            problems.invalid(path.child("operator"), .string(requirement.operator), "not a valid selector operator")
        }
        guard requirement.key == "metadata.name" else {
            return problems.invalid(path.child("key"), .string(requirement.key), "not a valid field selector key")
        }
        for (index, value) in requirement.values.enumerated() {
            for detail in Names.dns1123Subdomain(value) {
                problems.invalid(path.child("values").index(index), .string(value), detail)
            }
        }
    }
}

extension PodAffinityTerm {
    /// Source: `validatePodAffinityTerm` of pkg/apis/core/validation.
    package static func validate(_ term: View<PodAffinityTerm>, _ path: Path, _ problems: inout Problems) {
        for (index, namespace) in term.namespaces.enumerated() {
            for detail in Names.dns1123Label(namespace) {
                problems.invalid(path.child("namespaces").index(index), .string(namespace), detail)
            }
        }
        validateKeys(term.matchLabelKeys, "matchLabelKeys", selector: term.labelSelector, path, &problems)
        validateKeys(term.mismatchLabelKeys, "mismatchLabelKeys", selector: term.labelSelector, path, &problems)
        let mismatched: [String] = term.mismatchLabelKeys
        for (index, key) in term.matchLabelKeys.enumerated() where mismatched.contains(key) {
            problems.invalid(
                path.child("matchLabelKeys").index(index), .string(key), "exists in both matchLabelKeys and mismatchLabelKeys")
        }
        if term.topologyKey.isEmpty {
            problems.required(path.child("topologyKey"), "can not be empty")
        } else {
            Labels.validateKey(term.topologyKey, path.child("topologyKey"), &problems)
        }
    }

    /// Keys whose values the pod's own labels give.
    static func validateKeys(
        _ keys: [String], _ field: String, selector: View<LabelSelector>?, _ path: Path, _ problems: inout Problems
    ) {
        guard !keys.isEmpty else { return }
        let here: Path = path.child(field)
        if selector == nil { problems.forbidden(here, "must not be specified when labelSelector is not set") }
        for (index, key) in keys.enumerated() { Labels.validateKey(key, here.index(index), &problems) }
    }
}

extension View<PodSpec> {
    /// Adds what `matchLabelKeys` and `mismatchLabelKeys` mean to the selectors beside them, by the labels of the pod itself.
    ///
    /// Source: `applyMatchLabelKeysAndMismatchLabelKeys` and `mutateTopologySpreadConstraints` of pkg/registry/core/pod/strategy.go.
    mutating func mergeMatchLabelKeys(of labels: [String: String]) {
        for kind in ["podAffinity", "podAntiAffinity"] where json["affinity"]?[kind] != nil {
            Self.merge(labels, into: &json, at: ["affinity", kind, "requiredDuringSchedulingIgnoredDuringExecution"], within: [])
            Self.merge(
                labels, into: &json, at: ["affinity", kind, "preferredDuringSchedulingIgnoredDuringExecution"],
                within: ["podAffinityTerm"])
        }
        Self.merge(labels, into: &json, at: ["topologySpreadConstraints"], within: [])
    }

    private static func merge(_ labels: [String: String], into json: inout JSON, at path: [String], within inner: [String]) {
        guard var terms: [JSON] = json[path]?.array else { return }
        for index in terms.indices {
            guard var term: JSON = inner.isEmpty ? terms[index] : terms[index][inner], term["labelSelector"] != nil else { continue }
            var added: [JSON] = []
            for (field, word) in [("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn")] {
                for key in term[field]?.array ?? [] {
                    guard let name: String = key.string, let value: String = labels[name] else { continue }
                    added.append(["key": key, "operator": .string(word), "values": [.string(value)]])
                }
            }
            guard !added.isEmpty else { continue }
            let expressions: [JSON] = term["labelSelector"]?["matchExpressions"]?.array ?? []
            term[["labelSelector", "matchExpressions"]] = .array(expressions + added.filter { !expressions.contains($0) })
            if inner.isEmpty { terms[index] = term } else { terms[index][inner] = term }
        }
        json[path] = .array(terms)
    }
}
