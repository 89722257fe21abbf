import API
import Machinery

/// Nobody gives away rights that he does not have: who writes a role must hold all its rules or be allowed to `escalate` it, who
/// writes a binding must hold the rules of its role or be allowed to `bind` it.
///
/// Source: pkg/registry/rbac, the policybased storages.
struct EscalationCheck: AdmissionPlugin {
    let authorizer: Authorizer

    func concerns(_ subject: AdmissionSubject) -> Bool { subject.names.group == RBAC.group }

    func validate(_ operation: AdmissionOperation, _ object: JSON?, old: JSON?, _ call: Call) throws(APIStatus) {
        guard operation != .delete, let object, !call.user.groups.contains(Authorizer.superusers) else {
            return
        }
        // What only the garbage collector needs, he may do.
        if let old, Self.essence(object) == Self.essence(old) { return }
        switch call.names.kind {
        case Role.names.kind, ClusterRole.names.kind: try check(View<ClusterRole>(object), old.map { View<ClusterRole>($0) }, call)
        case RoleBinding.names.kind, ClusterRoleBinding.names.kind: try check(View<RoleBinding>(object), call)
        default: break
        }
    }

    private func check(_ role: View<ClusterRole>, _ old: View<ClusterRole>?, _ call: Call) throws(APIStatus) {
        let escalation = Attributes(
            verb: "escalate", group: RBAC.group, resource: call.names.plural, namespace: role.namespace, name: call.request.name ?? "")
        guard !authorizer.decide(call.user, escalation).isAllowed else { return }
        try holds(role.rules.map { RoleRules.Rule($0) }, role.name, role.namespace, call)
        guard role.aggregationRule != nil || old?.aggregationRule != nil else { return }
        let (owned, _) = authorizer.roles.table.rules(of: call.user, in: "")
        guard RuleCover.covers(owned, [BootstrapPolicy.can("*", "*", in: "*"), BootstrapPolicy.can("*", paths: "*")]) else {
            throw .forbidden(call.names, role.name, "must have cluster-admin privileges to use an aggregationRule")
        }
    }

    private func check(_ binding: View<RoleBinding>, _ call: Call) throws(APIStatus) {
        let role: View<RoleRef> = binding.roleRef
        let isOfClusterRole: Bool = role.kind == ClusterRole.names.kind
        let names: KindNames = isOfClusterRole ? ClusterRole.names : Role.names
        let bind = Attributes(
            verb: "bind", group: RBAC.group, resource: names.plural, namespace: binding.namespace, name: role.name)
        guard !authorizer.decide(call.user, bind).isAllowed else { return }
        let key = ObjectKey(namespace: isOfClusterRole ? "" : binding.namespace, name: role.name)
        guard let rules = authorizer.roles.table.rules(key) else {
            throw .notFound(group: RBAC.group, resource: names.kind.lowercased(), role.name)
        }
        try holds(rules.rules, binding.name, binding.namespace, call)
    }

    /// Throws ``APIStatus`` (403) that lists what the user lacks.
    private func holds(_ wanted: [RoleRules.Rule], _ name: String, _ namespace: String, _ call: Call) throws(APIStatus) {
        let (owned, unresolved) = authorizer.roles.table.rules(of: call.user, in: namespace)
        let missing: [RoleRules.Rule] = RuleCover.missing(wanted, in: owned)
        guard !missing.isEmpty else { return }
        let groups: String = call.user.groups.map { "\"\($0)\"" }.joined(separator: " ")
        let lines: [String] = Set(RuleCover.compacted(missing).map(\.text)).sorted()
        var text: String =
            "user \"\(call.user.name)\" (groups=[\(groups)]) is attempting to grant RBAC permissions not currently held:\n"
            + lines.joined(separator: "\n")
        if !unresolved.isEmpty { text += "; resolution errors: [\(unresolved.joined(separator: " "))]" }
        throw .forbidden(call.names, name, text)
    }

    private static func essence(_ object: JSON) -> JSON {
        var object: JSON = object
        var metadata: JSON = object["metadata"] ?? [:]
        for member in ["ownerReferences", "finalizers", "managedFields", "resourceVersion"] { metadata[member] = nil }
        object["metadata"] = metadata
        return object
    }
}

extension RoleRules.Rule {
    /// `{APIGroups:["apps"], Resources:["deployments"], Verbs:["get" "list"]}`
    var text: String {
        func part(_ name: String, _ values: [String]) -> String? {
            values.isEmpty ? nil : name + ":[" + values.map { "\"\($0)\"" }.joined(separator: " ") + "]"
        }
        let parts: [String?] = [
            part("APIGroups", groups), part("Resources", resources), part("NonResourceURLs", urls), part("ResourceNames", names),
            part("Verbs", verbs),
        ]
        return "{" + parts.compactMap { $0 }.joined(separator: ", ") + "}"
    }
}
