import API
import Machinery

/// The roles and bindings that every cluster has: for its parts, for nodes, and for people who need no roles of their own.
///
/// Source: plugin/pkg/auth/authorizer/rbac/bootstrappolicy of Kubernetes 1.36, feature gates as they are by default.
enum BootstrapPolicy {
    typealias Rule = RoleRules.Rule

    /// A ClusterRole, or with a namespace a Role.
    struct Role: Sendable {
        let name: String
        var namespace = ""
        /// The aggregated roles that this one is a part of: `admin`, `edit`, `view`.
        var part: String?
        /// The aggregated role that this one is itself.
        var aggregate: String?
        var rules: [Rule] = []
    }

    /// A ClusterRoleBinding, or with a namespace a RoleBinding to a Role.
    struct Binding: Sendable {
        let name: String
        let role: String
        var namespace = ""
        var users: [String] = []
        var groups: [String] = []
        /// Of kube-system.
        var accounts: [String] = []
    }

    static let roles: [Role] = userRoles + componentRoles + controllerRoles.map(\.role) + namespaceRoles

    /// What a node may do, before it is looked at what its pods name.
    static let node = RoleRules(nodeRules)

    static let read = "get list watch"
    static let write = "create delete deletecollection patch update"

    /// A rule as one line: verbs, resources and groups with spaces between them; `core` is the core group.
    static func can(_ verbs: String, _ resources: String, in groups: String = "core", named names: String = "") -> Rule {
        Rule(
            verbs: words(verbs), groups: words(groups).map { $0 == "core" ? "" : $0 }.sorted(), resources: words(resources),
            names: words(names))
    }

    static func can(_ verbs: String, paths: String) -> Rule { Rule(verbs: words(verbs), urls: words(paths)) }

    static let writesEvents: Rule = can("create patch update", "events", in: "core events.k8s.io")

    private static func words(_ text: String) -> [String] { text.split(separator: " ").map(String.init).sorted() }
}
