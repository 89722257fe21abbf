import API
import Machinery
import TestSupport
import Testing

@testable import APIServer

/// Who may do what, asked of a real server with roles and bindings. Texts are those of kube-apiserver 1.36.
@Suite struct AuthorizationTests {
    static let roles = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles"
    static let roleBindings = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings"
    static let clusterRoles = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
    static let clusterRoleBindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"

    static let jane: UserInfo = .system("jane", groups: ["dev"])

    static func rule(_ verbs: [String], _ resources: [String], in group: String = "") -> JSON {
        [
            "verbs": .array(verbs.map { .string($0) }), "apiGroups": [.string(group)],
            "resources": .array(resources.map { .string($0) }),
        ]
    }

    static func role(_ name: String, _ rules: JSON..., kind: String = "Role") -> JSON {
        [
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": .string(kind), "metadata": ["name": .string(name)],
            "rules": .array(rules),
        ]
    }

    static func binding(_ name: String, to role: String, kind: String = "Role", _ subjects: JSON...) -> JSON {
        [
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": ["name": .string(name)],
            "roleRef": ["kind": .string(kind), "name": .string(role)], "subjects": .array(subjects),
        ]
    }

    @Test func `a binding can be used as soon as it is acknowledged, and no longer when it is gone`() async throws {
        let server = try await TestServer()
        let refused: TestServer.Reply = try await server.ask("GET", Place.pods, as: Self.jane)
        #expect(refused.code == 403)
        #expect(
            refused["message"]
                == #"pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default""#)
        try await server.ask("POST", Self.roles, Self.role("reader", Self.rule(["get", "list"], ["pods"])))
        try await server.ask("POST", Self.roleBindings, Self.binding("b", to: "reader", ["kind": "Group", "name": "dev"]))
        #expect(try await server.ask("GET", Place.pods, as: Self.jane).code == 200)
        #expect(try await server.ask("GET", "/api/v1/pods", as: Self.jane).code == 403, "only in the namespace")
        let more: JSON = ["rules": [Self.rule(["watch"], ["pods"])]]
        try await server.ask("PATCH", Self.roles + "/reader", more, type: .mergePatch)
        #expect(try await server.ask("GET", Place.pods, as: Self.jane).code == 403, "the role says something else now")
        try await server.ask("DELETE", Self.roles + "/reader")
        let dangling: TestServer.Reply = try await server.ask("GET", Place.pods, as: Self.jane)
        #expect(dangling["message"]?.string?.hasSuffix(#": RBAC: role.rbac.authorization.k8s.io "reader" not found"#) == true)
        try await server.ask("POST", Self.roles, Self.role("reader", Self.rule(["get", "list"], ["pods"])))
        #expect(try await server.ask("GET", Place.pods, as: Self.jane).code == 200)
        try await server.ask("DELETE", Self.roleBindings + "/b")
        #expect(try await server.ask("GET", Place.pods, as: Self.jane).code == 403)
    }

    @Test func `rules for one name allow lists of that name`() async throws {
        let server = try await TestServer()
        var rule: JSON = Self.rule(["get", "list"], ["configmaps"])
        rule["resourceNames"] = ["one"]
        try await server.ask("POST", Self.roles, Self.role("one", rule))
        try await server.ask("POST", Self.roleBindings, Self.binding("b", to: "one", ["kind": "User", "name": "jane"]))
        try await server.ask("POST", Place.configMaps, Sample.configMap("one"))
        #expect(try await server.ask("GET", Place.configMaps + "/one", as: Self.jane).code == 200)
        #expect(try await server.ask("GET", Place.configMaps + "/two", as: Self.jane).code == 403)
        #expect(try await server.ask("GET", Place.configMaps, as: Self.jane).code == 403)
        #expect(
            try await server.ask("GET", Place.configMaps + "?fieldSelector=metadata.name%3Done", as: Self.jane).names == ["one"])
    }

    @Test func `the roles of a cluster work from the start, and are mended at the next`() async throws {
        let server = try await TestServer()
        try await server.server.writeBootstrapPolicy()
        try await server.ask(
            "POST", Self.roleBindings, Self.binding("b", to: "view", kind: "ClusterRole", ["kind": "User", "name": "jane"]))
        #expect(try await server.ask("GET", Place.pods, as: Self.jane).code == 200)
        #expect(try await server.ask("GET", "/api/v1/namespaces/default", as: Self.jane).code == 200)
        #expect(try await server.ask("GET", "/api/v1/namespaces/default/secrets", as: Self.jane).code == 403)
        #expect(try await server.ask("POST", Place.configMaps, Sample.configMap("a"), as: Self.jane).code == 403)

        let before: TestServer.Reply = try await server.ask("GET", Self.clusterRoles)
        try await server.server.writeBootstrapPolicy()
        #expect(try await server.ask("GET", Self.clusterRoles).revision == before.revision, "nothing is missing: nothing is written")
        try await server.ask("PATCH", Self.clusterRoles + "/system:basic-user", ["rules": []], type: .mergePatch)
        let kept: JSON = ["metadata": ["annotations": ["rbac.authorization.kubernetes.io/autoupdate": "false"]], "rules": []]
        try await server.ask("PATCH", Self.clusterRoles + "/system:discovery", kept, type: .mergePatch)
        try await server.ask("PATCH", Self.clusterRoleBindings + "/system:basic-user", ["subjects": []], type: .mergePatch)
        try await server.server.writeBootstrapPolicy()
        #expect(try await server.ask("GET", Self.clusterRoles + "/system:basic-user")["rules"]?.array?.count == 2)
        #expect(try await server.ask("GET", Self.clusterRoles + "/system:discovery")["rules"]?.array?.isEmpty ?? true)
        #expect(try await server.ask("GET", Self.clusterRoleBindings + "/system:basic-user")["subjects"]?.array?.count == 1)
    }

    @Test func `nobody gives away rights that he does not have`() async throws {
        let server = try await TestServer()
        try await server.ask(
            "POST", Self.roles,
            Self.role("manager", Self.rule(["*"], ["roles", "rolebindings"], in: RBAC.group), Self.rule(["get"], ["pods"])))
        try await server.ask("POST", Self.roleBindings, Self.binding("b", to: "manager", ["kind": "User", "name": "ann"]))
        // `*` holds bind and escalate: take them away again.
        let verbs = ["create", "get", "list", "update", "patch", "delete"]
        try await server.ask(
            "PATCH", Self.roles + "/manager",
            ["rules": [Self.rule(verbs, ["roles", "rolebindings"], in: RBAC.group), Self.rule(["get"], ["pods"])]], type: .mergePatch)
        let ann: UserInfo = .system("ann", groups: ["ops"])
        #expect(try await server.ask("POST", Self.roles, Self.role("mine", Self.rule(["get"], ["pods"])), as: ann).code == 201)
        let refused: TestServer.Reply = try await server.ask(
            "POST", Self.roles, Self.role("more", Self.rule(["get", "delete", "list"], ["pods"])), as: ann)
        #expect(refused.code == 403)
        #expect(
            refused["message"]?.string == """
                roles.rbac.authorization.k8s.io "more" is forbidden: user "ann" (groups=["ops" "system:authenticated"]) is attempting to \
                grant RBAC permissions not currently held:
                {APIGroups:[""], Resources:["pods"], Verbs:["delete" "list"]}
                """)
        try await server.ask("POST", Self.roles, Self.role("strong", Self.rule(["*"], ["*"], in: "*")))
        let bound: JSON = Self.binding("x", to: "strong", ["kind": "User", "name": "ann"])
        #expect(try await server.ask("POST", Self.roleBindings, bound, as: ann).code == 403)
        #expect(try await server.ask("POST", Self.roleBindings, Self.binding("y", to: "nope"), as: ann).code == 404)

        var bind: JSON = Self.rule(["bind"], ["roles"], in: RBAC.group)
        bind["resourceNames"] = ["strong"]
        try await server.ask("POST", Self.roles, Self.role("binder", bind))
        try await server.ask("POST", Self.roleBindings, Self.binding("z", to: "binder", ["kind": "User", "name": "ann"]))
        #expect(try await server.ask("POST", Self.roleBindings, bound, as: ann).code == 201, "who may bind it need not hold it")
    }

    @Test func `a node reads what its pods name and writes what is its own`() async throws {
        let server = try await TestServer()
        let node: UserInfo = .system("system:node:n1", groups: ["system:nodes"])
        let secrets = "/api/v1/namespaces/default/secrets"
        for name in ["used", "other"] {
            try await server.ask("POST", secrets, ["apiVersion": "v1", "kind": "Secret", "metadata": ["name": .string(name)]])
        }
        var pod: JSON = Sample.pod("p")
        pod[["spec", "volumes"]] = [["name": "v", "secret": ["secretName": "used"]]]
        try await server.ask("POST", Place.pods, pod)
        #expect(try await server.ask("GET", secrets + "/used", as: node).code == 403, "the pod is on no node yet")
        try await server.ask("POST", Place.pods + "/p/binding", ServerSubresourceTests.binding("p", to: "n1"))
        #expect(try await server.ask("GET", secrets + "/used", as: node).code == 200)
        let other: TestServer.Reply = try await server.ask("GET", secrets + "/other", as: node)
        #expect(
            other["message"]?.string == """
                secrets "other" is forbidden: User "system:node:n1" cannot get resource "secrets" in API group "" in the namespace \
                "default": no relationship found between node 'n1' and this object
                """)
        #expect(try await server.ask("GET", secrets, as: node).code == 403)
        #expect(try await server.ask("GET", Place.pods + "?fieldSelector=spec.nodeName%3Dn1", as: node).names == ["p"])
        let foreign: JSON = ["apiVersion": "v1", "kind": "Node", "metadata": ["name": "n2"]]
        let refused: TestServer.Reply = try await server.ask("POST", "/api/v1/nodes", foreign, as: node)
        #expect(refused["message"]?.string == #"nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2""#)
        let own: JSON = ["apiVersion": "v1", "kind": "Node", "metadata": ["name": "n1"]]
        #expect(try await server.ask("POST", "/api/v1/nodes", own, as: node).code == 201)
        let mirror: TestServer.Reply = try await server.ask("POST", Place.pods, Sample.pod("q"), as: node)
        #expect(mirror["message"]?.string?.contains("node \"n1\" can only create mirror pods") == true, "\(mirror)")
    }
}
