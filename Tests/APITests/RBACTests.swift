import API
import Machinery
import Testing

/// Roles and bindings. Source: kube-apiserver v1.36.
struct RBACTests {
    @Test func `a role's rules are for resources, and name them`() throws {
        let made = try Created(
            Role.self,
            #"""
            {"metadata":{"name":"a:b","namespace":"default"},"rules":[
            {"verbs":[],"apiGroups":[""],"resources":["pods"]},{"verbs":["get"],"resources":["pods"]},
            {"verbs":["get"],"nonResourceURLs":["/x"],"apiGroups":[""]}]}
            """#)
        #expect(
            made.problems == [
                "rules[0].verbs: Required value: verbs must contain at least one value",
                "rules[1].apiGroups: Required value: resource rules must supply at least one api group",
                #"rules[2].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs"#,
                #"rules[2].nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular resources and non-resource URLs"#,
            ])
    }

    @Test func `a name of a role is a segment of a path`() throws {
        let made = try Created(ClusterRole.self, #"{"metadata":{"name":"a/b"},"rules":[]}"#)
        #expect(made.problems == [#"metadata.name: Invalid value: "a/b": may not contain '/'"#])
        #expect(try Created(ClusterRole.self, #"{"metadata":{"name":"system:node"}}"#).problems.isEmpty)
    }

    @Test func `a role without rules says so`() throws {
        #expect(try Created(ClusterRole.self, #"{"metadata":{"name":"a"}}"#).object.json["rules"] == .null)
        #expect(try Created(ClusterRole.self, #"{"metadata":{"name":"a"},"rules":[]}"#).object.json["rules"] == .array([]))
    }

    @Test func `an aggregation rule selects something`() throws {
        let made = try Created(ClusterRole.self, #"{"metadata":{"name":"all"},"aggregationRule":{}}"#)
        #expect(
            made.problems == [
                "aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is "
                    + "non-nil"
            ])
    }

    @Test func `groups of users and roles go without saying`() throws {
        let made = try Created(
            RoleBinding.self,
            #"""
            {"metadata":{"name":"b","namespace":"default"},"roleRef":{"kind":"Role","name":"r"},
            "subjects":[{"kind":"User","name":"ada"},{"kind":"Group","name":"dev"},{"kind":"ServiceAccount","name":"bot","namespace":"ci"}]}
            """#)
        #expect(made.problems.isEmpty)
        #expect(made.object.roleRef.apiGroup == RBAC.group)
        #expect(made.object.subjects.map(\.apiGroup) == [RBAC.group, RBAC.group, ""])
        #expect(made.cells == ["b", "Role/r", "<unknown>", "ada", "dev", "ci/bot"])
        #expect(
            try made.problems(
                updatingTo: #"{"metadata":{"name":"b","namespace":"default"},"roleRef":{"kind":"ClusterRole","name":"r"},"subjects":[]}"#)
                == [
                    #"roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"ClusterRole","Name":"r"}: cannot change roleRef"#
                ])
    }

    @Test func `a cluster's binding refers to a cluster's role and full names`() throws {
        let made = try Created(
            ClusterRoleBinding.self,
            #"""
            {"metadata":{"name":"b"},"roleRef":{"apiGroup":"x","kind":"Role","name":""},
            "subjects":[{"kind":"ServiceAccount","name":"bot"},{"kind":"User","apiGroup":"x","name":""},{"kind":"Robot","name":"r"}]}
            """#)
        #expect(
            made.problems == [
                #"roleRef.apiGroup: Unsupported value: "x": supported values: "rbac.authorization.k8s.io""#,
                #"roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole""#,
                "roleRef.name: Required value",
                "subjects[0].namespace: Required value",
                "subjects[1].name: Required value",
                #"subjects[1].apiGroup: Unsupported value: "x": supported values: "rbac.authorization.k8s.io""#,
                #"subjects[2].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group""#,
            ])
    }

    @Test func `an aggregated role has each rule of its parts once, in the order of their names`() {
        func role(_ name: String, _ label: String, _ resources: [String]) -> View<ClusterRole> {
            ClusterRole.new(name) { role in
                role.metadata.labels = [label: "true"]
                role.rules = resources.map { resource in
                    View<PolicyRule> {
                        $0.verbs = ["get"]
                        $0.apiGroups = [""]
                        $0.resources = [resource]
                    }
                }
            }
        }
        var all = role("all", "to-all", ["stale"])
        #expect(all.aggregatedRules(from: []) == nil, "a plain role aggregates nothing")
        all.json["aggregationRule"] = ["clusterRoleSelectors": [["matchLabels": ["to-all": "true"]], ["matchLabels": ["more": "true"]]]]
        let parts = [role("b", "to-all", ["pods", "nodes"]), role("a", "to-all", ["pods"]), role("c", "other", ["secrets"]), all]
        #expect(all.aggregatedRules(from: parts)?.flatMap(\.resources) == ["pods", "nodes"])
    }

    @Test func `a review asks exactly one question about somebody`() throws {
        let made = try Created(SubjectAccessReview.self, #"{"metadata":{"name":"x"},"spec":{}}"#)
        #expect(
            made.problems == [
                "spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified",
                #"spec.user: Invalid value: "": at least one of user or group must be specified"#,
                #"metadata: Invalid value: {"name":"x","uid":"0001"}: must be empty"#,
            ])
    }
}
