package import Machinery

/// Conditions on a node, read once and asked of many nodes. A term without conditions fits no node.
///
/// Source: component-helpers/scheduling/corev1/nodeaffinity.
package struct NodeTerm: Hashable, Sendable {
    private let labels: LabelMatch
    /// On `metadata.name`, the one field that is known.
    private let names: [NameCondition]

    private struct NameCondition: Hashable, Sendable {
        let isExcluding: Bool
        let values: [String]
    }

    package init(_ term: View<NodeSelectorTerm>) {
        let expressions: [View<NodeSelectorRequirement>] = term.matchExpressions
        let fields: [View<NodeSelectorRequirement>] = term.matchFields
        var requirements: [LabelMatch.Requirement] = []
        var isHopeless: Bool = expressions.isEmpty && fields.isEmpty
        for expression in expressions {
            if let requirement = Self.requirement(expression) {
                requirements.append(requirement)
            } else {
                isHopeless = true
            }
        }
        labels = LabelMatch(requirements: requirements, isNothing: isHopeless)
        names = fields.map { NameCondition(isExcluding: $0.operator == "NotIn", values: $0.values) }
    }

    /// - Parameter name: of the node, with its labels.
    package func matches(name: String, labels: [String: String]) -> Bool {
        names.allSatisfy { $0.values.contains(name) != $0.isExcluding } && self.labels.matches(labels)
    }

    /// nil for one that validation refuses.
    private static func requirement(_ expression: View<NodeSelectorRequirement>) -> LabelMatch.Requirement? {
        let operation: LabelMatch.Operation
        switch expression.operator {
        case "In": operation = .isIn
        case "NotIn": operation = .isNotIn
        case "Exists": operation = .exists
        case "DoesNotExist": operation = .doesNotExist
        case "Gt": operation = .greaterThan
        case "Lt": operation = .lessThan
        default: return nil
        }
        return try? LabelMatch.Requirement(expression.key, operation, expression.values)
    }
}

/// Which nodes a pod's own spec allows: its `nodeSelector` and its required node affinity, read once.
package struct NodeRule: Hashable, Sendable {
    private let labels: [String: String]
    /// One of them must hold; nil when the pod doesn't say.
    private let terms: [NodeTerm]?

    package init(_ spec: View<PodSpec>) {
        labels = spec.nodeSelector
        terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms.map { NodeTerm($0) }
    }

    /// Terms alone, as volumes have them; nil allows all nodes.
    package init(_ selector: View<NodeSelector>?) {
        labels = [:]
        terms = selector?.nodeSelectorTerms.map { NodeTerm($0) }
    }

    package var allowsAll: Bool { labels.isEmpty && terms == nil }

    package func allows(name: String, labels there: [String: String]) -> Bool {
        for (key, value) in labels where there[key] != value { return false }
        return terms?.contains { $0.matches(name: name, labels: there) } ?? true
    }
}
