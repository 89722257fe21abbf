import API
import Machinery

/// Conditions on a node, read once and asked of many nodes. A term without conditions fits no node.
///
/// Source: component-helpers/scheduling/corev1/nodeaffinity.
struct NodeTerm: Sendable {
    private let labels: LabelMatch
    /// On `metadata.name`, the one field that is known.
    private let names: [NameCondition]

    private struct NameCondition: Sendable {
        let isExcluding: Bool
        let values: [String]
    }

    init(_ term: View<NodeSelectorTerm>) {
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

    func matches(_ node: NodeInfo) -> Bool {
        names.allSatisfy { $0.values.contains(node.name) != $0.isExcluding } && labels.matches(node.labels)
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
