package import Machinery

/// Terms for nodes, one of which must hold.
package struct NodeSelector: Schema {
    package static let definition = Definition(
        NodeSelector(), "core.v1.NodeSelector", "Terms for nodes, one of which must hold.", isAtomic: true)

    package let nodeSelectorTerms = Field<[NodeSelectorTerm]>("nodeSelectorTerms", 1, "The terms.", .always, .atomic)

    package static func validate(_ selector: View<NodeSelector>, _ path: Path, _ problems: inout Problems) {
        if selector.nodeSelectorTerms.isEmpty {
            problems.required(path.child("nodeSelectorTerms"), "must have at least one node selector term")
        }
    }
}

/// Conditions on a node, all of which must hold. A term without conditions fits no node.
package struct NodeSelectorTerm: Schema {
    package static let definition = Definition(
        NodeSelectorTerm(), "core.v1.NodeSelectorTerm",
        "Conditions on a node, all of which must hold. A term without conditions fits no node.", isAtomic: true)

    package let matchExpressions = Field<[NodeSelectorRequirement]>("matchExpressions", 1, "Conditions on its labels.", .atomic)
    package let matchFields = Field<[NodeSelectorRequirement]>(
        "matchFields", 2, "Conditions on its fields; only metadata.name is known.", .atomic)

    /// Source: `ValidateNodeSelectorTerm` of pkg/apis/core/validation.
    package static func validate(_ term: View<NodeSelectorTerm>, _ path: Path, _ problems: inout Problems) {
        for (index, requirement) in term.matchExpressions.enumerated() {
            NodeSelectorRequirement.validateExpression(requirement, path.child("matchExpressions").index(index), &problems)
        }
        for (index, requirement) in term.matchFields.enumerated() {
            NodeSelectorRequirement.validateField(requirement, path.child("matchFields").index(index), &problems)
        }
    }
}

/// One condition on a node.
package struct NodeSelectorRequirement: Schema {
    package static let definition = Definition(NodeSelectorRequirement(), "core.v1.NodeSelectorRequirement", "One condition on a node.")

    package let key = Field<String>("key", 1, "The label or field.", .always)
    package let `operator` = Field<String>("operator", 2, "In, NotIn, Exists, DoesNotExist, Gt or Lt.", .always)
    package let values = Field<[String]>("values", 3, "One or more for In and NotIn, one number for Gt and Lt, none otherwise.", .atomic)
}
