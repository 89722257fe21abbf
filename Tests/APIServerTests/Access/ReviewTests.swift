import API
import HTTP
import Machinery
import TestSupport
import Testing

@testable import APIServer

/// Questions about who somebody is and what he may do, and acting for somebody else.
@Suite struct ReviewTests {
    private static let authorization = "/apis/authorization.k8s.io/v1/"
    private static let authentication = "/apis/authentication.k8s.io/v1/"

    private static func review(_ kind: String, _ spec: JSON) -> JSON {
        ["apiVersion": "authorization.k8s.io/v1", "kind": .string(kind), "spec": spec]
    }

    private static func server() async throws -> TestServer {
        let server = try await TestServer()
        try await server.server.writeBootstrapPolicy()
        try await server.ask(
            "POST", AuthorizationTests.roleBindings,
            AuthorizationTests.binding("readers", to: "view", kind: "ClusterRole", ["kind": "User", "name": "jane"]))
        return server
    }

    @Test func `an access review answers what a request would find, with the binding that allows it`() async throws {
        let server: TestServer = try await Self.server()
        let pods: JSON = ["verb": "list", "resource": "pods", "namespace": "default"]
        let own: TestServer.Reply = try await server.ask(
            "POST", Self.authorization + "selfsubjectaccessreviews", Self.review("SelfSubjectAccessReview", ["resourceAttributes": pods]),
            as: AuthorizationTests.jane)
        #expect(own.code == 201)
        #expect(
            own["status"] == [
                "allowed": true, "reason": #"RBAC: allowed by RoleBinding "readers/default" of ClusterRole "view" to User "jane""#,
            ])
        let other: TestServer.Reply = try await server.ask(
            "POST", Self.authorization + "subjectaccessreviews",
            Self.review("SubjectAccessReview", ["user": "joe", "resourceAttributes": pods]))
        #expect(other["status"] == ["allowed": false])
        let path: TestServer.Reply = try await server.ask(
            "POST", Self.authorization + "subjectaccessreviews",
            Self.review(
                "SubjectAccessReview",
                ["groups": ["system:unauthenticated"], "nonResourceAttributes": ["path": "/version", "verb": "get"]]))
        #expect(path["status", "allowed"] == true)
        let local: TestServer.Reply = try await server.ask(
            "POST", Self.authorization + "namespaces/kube-system/localsubjectaccessreviews",
            Self.review("LocalSubjectAccessReview", ["user": "jane", "resourceAttributes": pods]))
        #expect(local.code == 422)
        #expect(
            local["message"]?.string == """
                LocalSubjectAccessReview.authorization.k8s.io "" is invalid: spec.resourceAttributes.namespace: Invalid value: \
                "default": must match metadata.namespace
                """)
        #expect(
            try await server.ask(
                "POST", Self.authorization + "subjectaccessreviews", Self.review("SubjectAccessReview", [:]), as: AuthorizationTests.jane
            ).code == 403, "others may be asked about by few")
        #expect(try await server.ask("GET", Self.authorization + "subjectaccessreviews").code == 405)
    }

    @Test func `a rules review lists what its asker may do in a namespace`() async throws {
        let server: TestServer = try await Self.server()
        let answer: TestServer.Reply = try await server.ask(
            "POST", Self.authorization + "selfsubjectrulesreviews", Self.review("SelfSubjectRulesReview", ["namespace": "default"]),
            as: AuthorizationTests.jane)
        #expect(answer["status", "incomplete"] == false)
        let rules: [JSON] = answer["status", "resourceRules"]?.array ?? []
        #expect(rules.contains { $0["resources"]?.array?.contains("pods/log") == true && $0["verbs"] == ["get", "list", "watch"] })
        #expect(rules.contains { $0["resources"] == ["selfsubjectreviews"] })
        let paths: [JSON] = answer["status", "nonResourceRules"]?.array ?? []
        #expect(paths.contains { $0["nonResourceURLs"]?.array?.contains("/openapi/*") == true })
    }

    @Test func `whoami tells name, groups and what else is known`() async throws {
        let server: TestServer = try await Self.server()
        let jane = UserInfo(name: "jane", uid: "7", groups: ["system:authenticated"], extra: ["team": ["blue"]])
        let answer: TestServer.Reply = try await server.ask(
            "POST", Self.authentication + "selfsubjectreviews", ["apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"],
            as: jane)
        #expect(
            answer["status", "userInfo"]
                == ["username": "jane", "uid": "7", "groups": ["system:authenticated"], "extra": ["team": ["blue"]]])
    }

    @Test func `a token review names the account, for the audiences that the token is good for`() async throws {
        let server: TestServer = try await Self.server()
        let asked: JSON = ["apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": ["audiences": ["vault", "x"]]]
        let made: TestServer.Reply = try await server.ask(
            "POST", "/api/v1/namespaces/default/serviceaccounts/default/token", asked)
        let token: JSON = try #require(made["status", "token"])
        func review(_ spec: JSON) async throws -> JSON? {
            try await server.ask(
                "POST", Self.authentication + "tokenreviews",
                ["apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": spec])["status"]
        }
        let good: JSON? = try await review(["token": token, "audiences": ["y", "vault"]])
        #expect(good?["authenticated"] == true && good?["audiences"] == ["vault"])
        #expect(good?[["user", "username"]] == "system:serviceaccount:default:default")
        let bad: JSON? = try await review(["token": token])
        #expect(bad?["authenticated"] == nil)
        #expect(
            bad?["error"]
                == .string(
                    #"[invalid bearer token, token audiences ["vault" "x"] is invalid for the target audiences "#
                        + #"["https://kubernetes.default.svc.cluster.local"]]"#))
        #expect(try await review(["token": "abc"])?["error"] == "invalid bearer token")
    }

    /// As a real server answers. Source: `kubectl auth can-i -v=8`, `kubectl create token -v=8`.
    @Test func `what is asked belongs to who asks, as of an object that is kept`() async throws {
        let server: TestServer = try await Self.server()
        let access: TestServer.Reply = try await server.ask(
            "POST", Self.authorization + "selfsubjectaccessreviews",
            Self.review("SelfSubjectAccessReview", ["resourceAttributes": ["verb": "list", "resource": "pods", "namespace": "default"]]),
            as: AuthorizationTests.jane)
        let owner: JSON? = access["metadata", "managedFields"]?.array?.first
        #expect(owner?["manager"] == "test" && owner?["operation"] == "Update" && owner?["apiVersion"] == "authorization.k8s.io/v1")
        #expect(
            owner?["fieldsV1"] == [
                "f:spec": ["f:resourceAttributes": [".": [:], "f:namespace": [:], "f:resource": [:], "f:verb": [:]]]
            ])
        let who: TestServer.Reply = try await server.ask(
            "POST", Self.authentication + "selfsubjectreviews", ["apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"])
        #expect(who.code == 201 && who["metadata", "managedFields"] == nil)
        try await server.ask("POST", "/api/v1/namespaces/default/serviceaccounts", ["metadata": ["name": "bot"]])
        let token: TestServer.Reply = try await server.ask(
            "POST", "/api/v1/namespaces/default/serviceaccounts/bot/token", ["spec": ["audiences": ["a"]]])
        let asker: JSON? = token["metadata", "managedFields"]?.array?.first
        #expect(asker?["subresource"] == "token" && asker?["fieldsV1"] == ["f:spec": ["f:audiences": [:], "f:expirationSeconds": [:]]])
    }

    @Test func `who may impersonate somebody acts with his rights`() async throws {
        let server: TestServer = try await Self.server()
        func user(_ headers: HTTPHeaders, by sender: String, groups: [String]) throws -> UserInfo {
            try server.server.user(
                of: HTTPRequest(
                    method: "GET", path: "/", headers: headers,
                    peer: PeerCertificate(commonName: sender, organizations: groups)))
        }
        let bot: UserInfo = try user(
            ["Impersonate-User": "system:serviceaccount:ci:bot"], by: "admin", groups: ["system:masters"])
        #expect(bot.groups == ["system:serviceaccounts", "system:serviceaccounts:ci", "system:authenticated"])
        let jane: UserInfo = try user(
            [
                "Impersonate-User": "jane", "Impersonate-Group": "dev", "impersonate-group": "ops", "Impersonate-Uid": "7",
                "Impersonate-Extra-Acme.com%2fproject": "x",
            ], by: "admin", groups: ["system:masters"])
        #expect(jane.name == "jane" && jane.uid == "7" && jane.groups == ["dev", "ops", "system:authenticated"])
        #expect(jane.extra == ["acme.com/project": ["x"]])
        let refusal = #expect(throws: APIStatus.self) { try user(["Impersonate-User": "joe"], by: "jane", groups: []) }
        // The narrower way is asked first, and its refusal is the one that is told.
        #expect(refusal?.message == #"forbidden: User "jane" cannot impersonate-on:user-info:get path "/""#)
        let nameless = #expect(throws: APIStatus.self) {
            try user(["Impersonate-Group": "dev", "Impersonate-Extra-a.io/b": "c"], by: "admin", groups: ["system:masters"])
        }
        #expect(nameless?.code == 400)
        #expect(
            nameless?.message
                == #"requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"dev"}, "#
                + #"Extra:map[string][]string{"a.io/b":[]string{"c"}}} without impersonating a user name"#)
    }

    /// Source: k8s.io/apiserver/pkg/authentication/request/x509.
    @Test func `how long a client's certificate is still good for is told`() async throws {
        let server: TestServer = try await TestServer()
        let peer = PeerCertificate(
            commonName: "ann", organizations: [], notAfter: Double(server.server.clock.time.seconds) + 5000)
        _ = try server.server.user(of: HTTPRequest(method: "GET", path: "/", headers: [:], peer: peer))
        let text = String(decoding: server.server.metrics.text, as: UTF8.self)
        #expect(text.contains(#"apiserver_client_certificate_expiration_seconds_bucket{le="3600"} 0"#))
        #expect(text.contains(#"apiserver_client_certificate_expiration_seconds_bucket{le="7200"} 1"#))
    }

    /// Source: the tests of k8s.io/apiserver/pkg/endpoints/filters/impersonation.
    @Test func `a constrained right to impersonate holds for what it names and for nothing else`() async throws {
        let server: TestServer = try await TestServer()
        let rules: [(verbs: [JSON], group: String, resources: [JSON], names: [JSON])] = [
            (["impersonate:user-info"], "authentication.k8s.io", ["users", "groups"], ["joe", "dev"]),
            (["impersonate-on:user-info:list"], "", ["pods"], []),
            (["impersonate:arbitrary-node"], "authentication.k8s.io", ["nodes"], []),
            (["impersonate-on:arbitrary-node:get"], "", ["nodes"], []),
            (["impersonate:associated-node"], "authentication.k8s.io", ["nodes"], []),
            (["impersonate-on:associated-node:list"], "", ["pods"], []),
            (["impersonate"], "", ["users"], ["old"]),
        ]
        let subjects: JSON = [["kind": "User", "name": "ann"], ["kind": "ServiceAccount", "name": "agent", "namespace": "default"]]
        try await server.ask(
            "POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles",
            [
                "metadata": ["name": "actor"],
                "rules": .array(
                    rules.map { rule in
                        var json: JSON = [
                            "verbs": .array(rule.verbs), "apiGroups": [.string(rule.group)], "resources": .array(rule.resources),
                        ]
                        if !rule.names.isEmpty { json["resourceNames"] = .array(rule.names) }
                        return json
                    }),
            ])
        try await server.ask(
            "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
            [
                "metadata": ["name": "actor"], "subjects": subjects,
                "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "actor"],
            ])
        func act(
            _ headers: [(String, String)], _ method: String = "GET", _ path: String = Place.pods, by sender: UserInfo? = nil
        ) throws -> Identities {
            var fields: HTTPHeaders = [:]
            for (name, value) in headers { fields.add(name, value) }
            let request = HTTPRequest(method: method, path: path, headers: fields)
            let target: Route.Target = try Route.target(method: method, path: path, query: nil)
            return try server.server.identities(
                of: sender ?? UserInfo(name: "ann", groups: ["system:authenticated"]), in: request, for: target)
        }
        func refusal(_ body: () throws -> Identities) -> String? {
            do { _ = try body() } catch { return (error as? APIStatus)?.message }
            return nil
        }

        let joe: Identities = try act([("Impersonate-User", "joe"), ("Impersonate-Group", "dev")])
        #expect(joe.user == UserInfo(name: "joe", groups: ["dev", "system:authenticated"]))
        #expect(joe.sender?.name == "ann" && joe.constraint == "impersonate:user-info")
        #expect(
            refusal { try act([("Impersonate-User", "joe")], "POST") }
                == #"pods is forbidden: User "ann" cannot impersonate-on:user-info:create resource "pods" in API group "" "#
                + #"in the namespace "default""#)
        #expect(
            refusal { try act([("Impersonate-User", "eve")]) }
                == #"users.authentication.k8s.io "eve" is forbidden: User "ann" cannot impersonate:user-info resource "users" "#
                + #"in API group "authentication.k8s.io" at the cluster scope"#)
        #expect(
            refusal { try act([("Impersonate-User", "joe"), ("Impersonate-Group", "system:masters")]) }?
                .hasSuffix(": impersonating the system:masters group is not allowed") == true)
        #expect(
            refusal { try act([("Impersonate-User", "joe"), ("Impersonate-Extra-plain", "x")]) }?
                .contains("impersonating an invalid key in extra is not allowed: extra.key: Invalid value: \"plain\"") == true)
        // The old right stands beside it, for everything.
        let old: Identities = try act([("Impersonate-User", "old")], "DELETE", Place.pods + "/a")
        #expect(old.user.name == "old" && old.constraint.isEmpty)

        let node: Identities = try act([("Impersonate-User", "system:node:n1")], "GET", "/api/v1/nodes/n1")
        #expect(node.user.groups == ["system:nodes", "system:authenticated"] && node.constraint == "impersonate:arbitrary-node")
        let agent = UserInfo(
            name: "system:serviceaccount:default:agent", groups: [], extra: ["authentication.kubernetes.io/node-name": ["n1"]])
        let own: Identities = try act([("Impersonate-User", "system:node:n1")], by: agent)
        #expect(own.user.name == "system:node:n1" && own.constraint == "impersonate:associated-node")
        #expect(throws: APIStatus.self) { _ = try act([("Impersonate-User", "system:node:n2")], by: agent) }
    }

    @Test func `on the wire every answer has a name, and acting for somebody is refused in words`() async throws {
        try await TestFront.with(try await TestServer()) { front in
            let named: HTTPResponse = try await front.send("GET", "/version", ["Audit-Id": "mine"])
            #expect(named.status == 200 && named.headers["Audit-Id"] == "mine")
            let refused: HTTPResponse = try await front.send("GET", Place.pods, ["Impersonate-User": "jane"])
            #expect(refused.status == 403 && refused.headers["Audit-Id"]?.utf8.count == 36)
            #expect(
                try JSON(parsing: refused.body)["message"]
                    == #"pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default""#)
        }
    }
}
