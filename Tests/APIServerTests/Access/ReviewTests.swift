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
        #expect(
            refusal?.message
                == #"users "joe" is forbidden: User "jane" cannot impersonate resource "users" in API group "" at the cluster scope"#)
        #expect(throws: APIStatus.self) { try user(["Impersonate-Group": "dev"], by: "admin", groups: ["system:masters"]) }
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
