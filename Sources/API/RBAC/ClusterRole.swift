package import Machinery

/// What may be done in the whole cluster, or wherever a RoleBinding refers to it.
package struct ClusterRole: Kind {
    package static let definition = Definition(
        ClusterRole(), "rbac.v1.ClusterRole", "What may be done in the whole cluster, or in the namespaces whose RoleBindings refer to it.")
    package static let names = KindNames(
        "ClusterRole", group: RBAC.group, plural: "clusterroles", isNamespaced: false, createsOnUpdate: true,
        nameRule: { Names.pathSegment($0) })

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let rules = Field<[PolicyRule]>("rules", 2, "What the role allows.", .written, .atomic)
    package let aggregationRule = Field<AggregationRule?>(
        "aggregationRule", 3, "Roles whose rules make up this one. A controller then writes the rules; others' changes to them are lost.")

    package static let columns: [Column<ClusterRole>] = [.name, .createdAt]

    /// Source: `ValidateClusterRole` of pkg/apis/rbac/validation.
    package static func validate(_ role: View<ClusterRole>, _ path: Path, _ problems: inout Problems) {
        PolicyRule.validate(role.rules, isNamespaced: false, &problems)
        guard let aggregation = role.aggregationRule else { return }
        let selectors: Path = Path("aggregationRule").child("clusterRoleSelectors")
        if aggregation.clusterRoleSelectors.isEmpty {
            problems.required(selectors, "at least one clusterRoleSelector required if aggregationRule is non-nil")
        }
        for (index, selector) in aggregation.clusterRoleSelectors.enumerated() where (try? LabelMatch(labelSelector: selector.json)) == nil
        {
            problems.invalid(selectors.index(index).child("labelSelector"), selector.json, "invalid label selector.")
        }
    }
}

/// Which roles make up an aggregated one.
package struct AggregationRule: Schema {
    package static let definition = Definition(
        AggregationRule(), "rbac.v1.AggregationRule", "Which ClusterRoles make up an aggregated one.")

    package let clusterRoleSelectors = Field<[LabelSelector]>(
        "clusterRoleSelectors", 1, "A role whose labels match any of these is part of the aggregated one.", .atomic)
}

extension View<ClusterRole> {
    /// The rules that the aggregation rule asks for: those of all selected roles in the order of the roles' names, each once.
    /// nil for a role that aggregates nothing.
    ///
    /// Source: `syncClusterRole` of pkg/controller/clusterroleaggregation.
    package func aggregatedRules(from roles: [View<ClusterRole>]) -> [View<PolicyRule>]? {
        guard let aggregation = self.aggregationRule else { return nil }
        var rules: [View<PolicyRule>] = []
        for selector in aggregation.clusterRoleSelectors {
            let match: LabelMatch = selector.match
            let selected: [View<ClusterRole>] = roles.filter { $0.name != name && match.matches($0.metadata.labels) }
            for role in selected.sorted(by: { $0.name < $1.name }) {
                for rule in role.rules where !rules.contains(rule) { rules.append(rule) }
            }
        }
        return rules
    }
}
