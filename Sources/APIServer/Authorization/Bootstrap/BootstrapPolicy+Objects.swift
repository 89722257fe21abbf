import API
import FoundationEssentials
import Machinery

/// The roles and bindings as objects, and what an older cluster lacks of them.
extension BootstrapPolicy {
    private static let aggregateLabel = "rbac.authorization.k8s.io/aggregate-to-"
    static let updateAnnotation = "rbac.authorization.kubernetes.io/autoupdate"

    /// The rules of a role; of an aggregated one those of its parts, as the controller for aggregation puts them together.
    static func rules(of role: Role) -> [Rule] {
        guard let aggregate = role.aggregate else { return role.rules }
        var rules: [Rule] = []
        for part in roles.filter({ $0.part == aggregate }).sorted(by: { $0.name < $1.name }) {
            for rule in self.rules(of: part) where !rules.contains(rule) { rules.append(rule) }
        }
        return rules
    }

    /// What of these rules the present ones do not have.
    static func missing(_ wanted: [Rule], in present: [Rule]) -> [Rule] {
        wanted.filter { !present.contains($0) && !RuleCover.covers(present, [$0]) }
    }
}

extension BootstrapPolicy.Role {
    var key: ObjectKey { ObjectKey(namespace: namespace, name: name) }
    var names: KindNames { namespace.isEmpty ? ClusterRole.names : API.Role.names }

    func object(at now: Time) -> JSON {
        var labels: JSON = [:]
        if let part { labels[BootstrapPolicy.partLabel(part)] = "true" }
        var object: JSON = ["metadata": BootstrapPolicy.metadata(key, labels, now)]
        if let aggregate {
            object["aggregationRule"] = [
                "clusterRoleSelectors": [["matchLabels": JSON.object(JSONObject([(BootstrapPolicy.partLabel(aggregate), "true")]))]]
            ]
        }
        object["rules"] = .array(BootstrapPolicy.rules(of: self).map(\.view.json))
        return object
    }
}

extension BootstrapPolicy.Binding {
    var key: ObjectKey { ObjectKey(namespace: namespace, name: name) }
    var names: KindNames { namespace.isEmpty ? ClusterRoleBinding.names : RoleBinding.names }

    var subjects: [View<Subject>] {
        func subject(_ kind: String, _ name: String, _ more: (inout View<Subject>) -> Void) -> View<Subject> {
            View<Subject> {
                $0.kind = kind
                $0.name = name
                more(&$0)
            }
        }
        return users.map { subject("User", $0) { $0.apiGroup = RBAC.group } }
            + groups.map { subject("Group", $0) { $0.apiGroup = RBAC.group } }
            + accounts.map { subject("ServiceAccount", $0) { $0.namespace = "kube-system" } }
    }

    func object(at now: Time) -> JSON {
        var object: JSON = [
            "metadata": BootstrapPolicy.metadata(key, [:], now),
            "roleRef": [
                "apiGroup": .string(RBAC.group), "kind": .string(namespace.isEmpty ? ClusterRole.names.kind : API.Role.names.kind),
                "name": .string(role),
            ],
        ]
        let subjects: [View<Subject>] = subjects
        if !subjects.isEmpty { object["subjects"] = .array(subjects.map(\.json)) }
        return object
    }
}

extension BootstrapPolicy {
    fileprivate static func partLabel(_ aggregate: String) -> String { aggregateLabel + aggregate }

    fileprivate static func metadata(_ key: ObjectKey, _ labels: JSON, _ now: Time) -> JSON {
        var labels: JSON = labels
        labels["kubernetes.io/bootstrapping"] = "rbac-defaults"
        var metadata: JSON = ["name": .string(key.name)]
        if !key.namespace.isEmpty { metadata["namespace"] = .string(key.namespace) }
        metadata["uid"] = .string(RandomUUID.text())
        metadata["creationTimestamp"] = now.json
        metadata["labels"] = labels
        metadata["annotations"] = .object(JSONObject([(updateAnnotation, "true")]))
        return metadata
    }
}
