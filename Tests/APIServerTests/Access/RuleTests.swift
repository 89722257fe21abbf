import API
import Testing

@testable import APIServer

/// How rules match requests. Source: plugin/pkg/auth/authorizer/rbac.
struct RuleTests {
    private static let rules = RoleRules([
        BootstrapPolicy.can("get list", "pods pods/log"), BootstrapPolicy.can("*", "deployments", in: "apps extensions"),
        BootstrapPolicy.can("get", "configmaps", named: "one two"), BootstrapPolicy.can("update", "*/scale", in: "*"),
        BootstrapPolicy.can("watch", "*", in: "batch"), BootstrapPolicy.can("get", paths: "/healthz /logs/*"),
    ])

    private static let resources: [(Attributes, Bool)] = [
        (Attributes(verb: "get", group: "", resource: "pods"), true),
        (Attributes(verb: "get", group: "", resource: "pods", subresource: "log"), true),
        (Attributes(verb: "get", group: "", resource: "pods", subresource: "exec"), false),
        (Attributes(verb: "delete", group: "", resource: "pods"), false),
        (Attributes(verb: "get", group: "metrics.k8s.io", resource: "pods"), false),
        (Attributes(verb: "frobnicate", group: "extensions", resource: "deployments"), true),
        (Attributes(verb: "get", group: "apps", resource: "deployments", subresource: "status"), false),
        (Attributes(verb: "get", group: "", resource: "configmaps", name: "two"), true),
        (Attributes(verb: "get", group: "", resource: "configmaps", name: "three"), false),
        (Attributes(verb: "get", group: "", resource: "configmaps"), false),
        (Attributes(verb: "update", group: "x.io", resource: "things", subresource: "scale"), true),
        (Attributes(verb: "update", group: "x.io", resource: "things", subresource: "status"), false),
        (Attributes(verb: "update", group: "x.io", resource: "scale"), false),
        (Attributes(verb: "watch", group: "batch", resource: "jobs", subresource: "status"), true),
    ]

    @Test(arguments: resources) func `a rule allows its verbs on its resources`(_ row: (Attributes, Bool)) {
        #expect(Self.rules.allows(row.0) == row.1)
    }

    @Test(arguments: [("/healthz", true), ("/healthz/x", false), ("/logs/a/b", true), ("/logs", false)])
    func `a path is allowed as it is or by what it begins with`(_ path: String, _ isAllowed: Bool) {
        #expect(Self.rules.allows(Attributes(verb: "get", path: path)) == isAllowed)
        #expect(!Self.rules.allows(Attributes(verb: "post", path: path)))
    }

    @Test func `rules cover others piece by piece, wildcards and names included`() {
        let owned: [RoleRules.Rule] = [
            BootstrapPolicy.can("get", "pods"), BootstrapPolicy.can("list", "pods"), BootstrapPolicy.can("get", "*/scale", in: "*"),
            BootstrapPolicy.can("get", paths: "/logs/*"),
        ]
        #expect(RuleCover.covers(owned, [BootstrapPolicy.can("get list", "pods", named: "a")]))
        #expect(RuleCover.covers(owned, [BootstrapPolicy.can("get", "deployments/scale", in: "apps")]))
        #expect(RuleCover.covers(owned, [BootstrapPolicy.can("get", paths: "/logs/x")]))
        let missing: [RoleRules.Rule] = RuleCover.missing([BootstrapPolicy.can("get list delete watch", "pods")], in: owned)
        #expect(RuleCover.compacted(missing).map(\.text) == [#"{APIGroups:[""], Resources:["pods"], Verbs:["delete" "watch"]}"#])
        #expect(!RuleCover.covers([BootstrapPolicy.can("get", "pods", named: "a")], [BootstrapPolicy.can("get", "pods")]))
    }

    @Test func `the roles of a cluster are whole`() {
        let names: Set<ObjectKey> = Set(BootstrapPolicy.roles.map(\.key))
        #expect(names.count == BootstrapPolicy.roles.count, "no role twice")
        #expect(Set(BootstrapPolicy.bindings.map(\.key)).count == BootstrapPolicy.bindings.count, "no binding twice")
        for binding in BootstrapPolicy.bindings {
            #expect(names.contains(ObjectKey(namespace: binding.namespace, name: binding.role)), "\(binding.name)")
        }
        let admin = RoleRules(BootstrapPolicy.rules(of: BootstrapPolicy.roles.first { $0.name == "admin" } ?? BootstrapPolicy.roles[0]))
        for (verb, resource) in [("get", "pods"), ("delete", "secrets"), ("create", "pods")] {
            #expect(admin.allows(Attributes(verb: verb, group: "", resource: resource)))
        }
        #expect(admin.allows(Attributes(verb: "create", group: RBAC.group, resource: "rolebindings")))
        #expect(!admin.allows(Attributes(verb: "create", group: RBAC.group, resource: "clusterroles")))
    }
}
