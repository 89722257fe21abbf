package import Machinery

/// Conditions on where volumes may be made, all of which must hold.
package struct TopologySelectorTerm: Schema {
    package static let definition = Definition(
        TopologySelectorTerm(), "core.v1.TopologySelectorTerm",
        "Conditions on where volumes may be made, all of which must hold.", isAtomic: true)

    package let matchLabelExpressions = Field<[TopologySelectorLabelRequirement]>(
        "matchLabelExpressions", 1, "Conditions on labels.", .atomic)

    /// Source: `ValidateTopologySelectorTerm` of pkg/apis/core/validation.
    package static func validate(_ term: View<TopologySelectorTerm>, _ path: Path, _ problems: inout Problems) {
        var keys: Set<String> = []
        for (index, requirement) in term.matchLabelExpressions.enumerated() where !keys.insert(requirement.key).inserted {
            problems.duplicate(path.child("matchLabelExpressions").index(index).child("key"), .string(requirement.key))
        }
    }
}

extension View<TopologySelectorTerm> {
    /// True when both say the same, in whatever order.
    package func means(_ other: View<TopologySelectorTerm>) -> Bool { values == other.values }

    private var values: [String: Set<String>] {
        [String: Set<String>](self.matchLabelExpressions.map { ($0.key, Set($0.values)) }) { $1 }
    }
}

/// One condition on where volumes may be made.
package struct TopologySelectorLabelRequirement: Schema {
    package static let definition = Definition(
        TopologySelectorLabelRequirement(), "core.v1.TopologySelectorLabelRequirement", "One condition on where volumes may be made.")

    package let key = Field<String>("key", 1, "The label.", .always)
    package let values = Field<[String]>("values", 2, "Values that the label may have.", .always, .atomic)

    /// Source: `validateTopologySelectorLabelRequirement` of pkg/apis/core/validation.
    package static func validate(_ requirement: View<TopologySelectorLabelRequirement>, _ path: Path, _ problems: inout Problems) {
        let values: Path = path.child("values")
        if requirement.values.isEmpty { problems.required(values) }
        var seen: Set<String> = []
        for (index, value) in requirement.values.enumerated() where !seen.insert(value).inserted {
            problems.duplicate(values.index(index), .string(value))
        }
        Labels.validateKey(requirement.key, path.child("key"), &problems)
    }
}
