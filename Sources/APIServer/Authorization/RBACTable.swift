import API
import Machinery

/// Roles by name and bindings by whom they name. A value: readers keep a copy.
struct RBACTable: Sendable {
    /// A binding that names one subject.
    final class Grant: Sendable, CustomStringConvertible {
        let key: ObjectKey
        let role: View<RoleRef>
        let subject: View<Subject>

        init(key: ObjectKey, role: View<RoleRef>, subject: View<Subject>) {
            self.key = key
            self.role = role
            self.subject = subject
        }

        /// `ClusterRoleBinding "admins" of ClusterRole "cluster-admin" to Group "ops"`
        var description: String {
            let isWide: Bool = key.namespace.isEmpty
            var name: String = subject.name
            if subject.kind == "ServiceAccount" { name += "/" + (subject.namespace.isEmpty ? key.namespace : subject.namespace) }
            return "\(isWide ? "Cluster" : "")RoleBinding \"\(key.name)\(isWide ? "" : "/" + key.namespace)\" of "
                + "\(role.kind) \"\(role.name)\" to \(subject.kind) \"\(name)\""
        }

        var isOfClusterRole: Bool { role.kind == ClusterRole.names.kind }
        var roleKey: ObjectKey { ObjectKey(namespace: isOfClusterRole ? "" : key.namespace, name: role.name) }
    }

    /// Whom a binding can name. A service account is the user that it acts as.
    private enum Who: Hashable {
        case user(String)
        case group(String)

        /// - Parameter namespace: of the binding; a service account without one is of the same.
        init?(_ subject: View<Subject>, in namespace: String) {
            switch subject.kind {
            case "User": self = .user(subject.name)
            case "Group": self = .group(subject.name)
            case "ServiceAccount":
                let namespace: String = subject.namespace.isEmpty ? namespace : subject.namespace
                self = .user(ServiceAccountName(namespace: namespace, name: subject.name).user)
            default: return nil
            }
        }
    }

    /// The bindings of one namespace, or of the cluster.
    private struct Bindings {
        var grants: [Who: [Grant]] = [:]
        var subjects: [String: [Who]] = [:]

        mutating func remove(_ name: String) {
            for who in subjects.removeValue(forKey: name) ?? [] {
                grants[who]?.removeAll { $0.key.name == name }
                if grants[who]?.isEmpty == true { grants[who] = nil }
            }
        }
    }

    /// Of cluster roles too, under the empty namespace.
    private var roles: [ObjectKey: RoleRules] = [:]
    /// By namespace; those of the cluster under the empty one.
    private var bindings: [String: Bindings] = [:]

    /// - Parameter key: of the store: `rbac.authorization.k8s.io/roles/default/reader`. - Parameter object: nil when it is gone.
    mutating func put(_ key: String, _ object: JSON?) {
        let parts: [Substring] = key.split(separator: "/")
        guard parts.count >= 3, let last = parts.last else { return }
        let name = ObjectKey(namespace: parts.count > 3 ? String(parts[2]) : "", name: String(last))
        switch parts[1] {
        case "roles", "clusterroles": roles[name] = object.map { RoleRules(View<ClusterRole>($0).rules) }
        case "rolebindings", "clusterrolebindings":
            bindings[name.namespace]?.remove(name.name)
            guard let object else { return }
            add(name, View<RoleBinding>(object))
        default: break
        }
    }

    private mutating func add(_ key: ObjectKey, _ binding: View<RoleBinding>) {
        let role: View<RoleRef> = binding.roleRef
        bindings[key.namespace, default: Bindings()].subjects[key.name] = []
        for subject in binding.subjects {
            guard let who = Who(subject, in: key.namespace) else { continue }
            bindings[key.namespace]?.grants[who, default: []].append(Grant(key: key, role: role, subject: subject))
            bindings[key.namespace]?.subjects[key.name]?.append(who)
        }
    }

    func rules(_ role: ObjectKey) -> RoleRules? { roles[role] }

    func hasBinding(_ key: ObjectKey) -> Bool { bindings[key.namespace]?.subjects[key.name] != nil }

    /// True when the binding names the subject and gives the role.
    func hasGrant(_ key: ObjectKey, to subject: View<Subject>, of role: String) -> Bool {
        guard let who = Who(subject, in: key.namespace) else { return false }
        return bindings[key.namespace]?.grants[who]?.contains { $0.key == key && $0.role.name == role } ?? false
    }

    /// The first of the user's grants, those of the cluster before those of the namespace, whose role passes the test.
    ///
    /// - Parameter missing: gets a text for each role that a binding names and that is not there.
    func firstGrant(
        to user: UserInfo, in namespace: String, missing: inout [String], where test: (RoleRules) -> Bool
    ) -> Grant? {
        for place in namespace.isEmpty ? [""] : ["", namespace] {
            guard let bindings = bindings[place] else { continue }
            if let grant = firstGrant(bindings.grants[.user(user.name)], &missing, test) { return grant }
            for group in user.groups {
                if let grant = firstGrant(bindings.grants[.group(group)], &missing, test) { return grant }
            }
        }
        return nil
    }

    private func firstGrant(_ grants: [Grant]?, _ missing: inout [String], _ test: (RoleRules) -> Bool) -> Grant? {
        for grant in grants ?? [] {
            if let rules = roles[grant.roleKey] {
                if test(rules) { return grant }
            } else {
                missing.append("\(grant.role.kind.lowercased()).\(RBAC.group) \"\(grant.role.name)\" not found")
            }
        }
        return nil
    }

    /// Everything that the user may do in the namespace, and what stands in the way of knowing it all.
    func rules(of user: UserInfo, in namespace: String) -> (rules: [RoleRules.Rule], missing: [String]) {
        var rules: [RoleRules.Rule] = []
        var missing: [String] = []
        _ = firstGrant(to: user, in: namespace, missing: &missing) { role in
            rules += role.rules
            return false
        }
        return (rules, missing)
    }
}
