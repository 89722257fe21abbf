import API
import HTTP
import Machinery
import TestSupport
import Testing

@testable import APIServer

/// The life of tokens: what they are bound to, when they end, and tokens from files and Secrets.
@Suite struct TokenTests {
    private static let path = "/api/v1/namespaces/default/serviceaccounts/default/token"

    private static func request(_ spec: JSON) -> JSON {
        ["apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec]
    }

    private static func bound(_ kind: String, _ name: String, uid: String = "") -> JSON {
        ["boundObjectRef": ["apiVersion": "v1", "kind": .string(kind), "name": .string(name), "uid": .string(uid)]]
    }

    private func user(_ server: TestServer, _ token: String, after seconds: Int = 0) -> UserInfo? {
        try? server.server.tokens.owner(of: token, at: server.clock.time + .seconds(seconds)).user
    }

    @Test func `a token of a pod tells the pod and goes with it, a minute late`() async throws {
        let server = try await TestServer()
        try await server.ask("POST", Place.pods, Sample.pod("p"))
        try await server.ask("POST", Place.pods + "/p/binding", ServerSubresourceTests.binding("p", to: "n1"))
        let made: TestServer.Reply = try await server.ask("POST", Self.path, Self.request(Self.bound("Pod", "p")))
        let token: String = try #require(made["status", "token"]?.string)
        let found: UserInfo = try #require(user(server, token))
        #expect(found.extra["authentication.kubernetes.io/pod-name"] == ["p"])
        #expect(found.extra["authentication.kubernetes.io/node-name"] == ["n1"])
        #expect(found.extra["authentication.kubernetes.io/credential-id"]?.first?.hasPrefix("JTI=") == true)
        try await server.ask("DELETE", Place.pods + "/p")
        #expect(user(server, token) != nil, "the pod may still use it while it ends")
        #expect(user(server, token, after: 89) != nil)
        #expect(user(server, token, after: 90) == nil)
        try await server.ask("DELETE", Place.pods + "/p", ["gracePeriodSeconds": 0])
        #expect(user(server, token) == nil)
    }

    @Test func `what a token is bound to must be there and fit`() async throws {
        let server = try await TestServer()
        try await server.ask("POST", "/api/v1/namespaces/default/serviceaccounts", ServiceAccount.new("other").json)
        var pod: JSON = Sample.pod("p")
        pod[["spec", "serviceAccountName"]] = "other"
        try await server.ask("POST", Place.pods, pod)
        let table: [(JSON, Int, String)] = [
            (Self.bound("Pod", "nope"), 404, #"pods "nope" not found"#),
            (
                Self.bound("Pod", "p"), 400,
                #"cannot bind token for serviceaccount "default" to pod running with different serviceaccount name."#
            ),
            (Self.bound("Deployment", "d"), 400, "cannot bind token to object of type /v1, Kind=Deployment"),
            (
                ["expirationSeconds": 10], 422,
                #"TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 10: "#
                    + "may not specify a duration less than 10 minutes"
            ),
        ]
        for (spec, code, message) in table {
            let reply: TestServer.Reply = try await server.ask("POST", Self.path, Self.request(spec))
            #expect(reply.code == code && reply["message"]?.string == message, "\(reply)")
        }
    }

    @Test func `the tokens that kubelets ask for outlive their time, with a warning inside`() async throws {
        let server = try await TestServer()
        try await server.ask("POST", Place.pods, Sample.pod("p"))
        var spec: JSON = Self.bound("Pod", "p")
        spec["expirationSeconds"] = 3607
        let made: TestServer.Reply = try await server.ask("POST", Self.path, Self.request(spec))
        #expect(made["status", "expirationTimestamp"] == "2026-06-01T13:00:07Z")
        let token: String = try #require(made["status", "token"]?.string)
        #expect(user(server, token, after: 4000) != nil)
        #expect(notes(server, token, after: 3607).annotations.isEmpty)
        #expect(
            notes(server, token, after: 4000).annotations.map { "\($0.key): \($0.value)" } == [
                "authentication.k8s.io/stale-token: subject: system:serviceaccount:default:default, seconds after warning threshold: 393"
            ])
        #expect(user(server, token, after: 366 * 24 * 3600) == nil)
    }

    private func notes(_ server: TestServer, _ token: String, after seconds: Int = 0) -> TokenNotes {
        var notes = TokenNotes()
        _ = try? server.server.tokens.owner(of: token, audiences: [], at: server.clock.time + .seconds(seconds), &notes)
        return notes
    }

    /// The token that a Secret holds.
    private func legacyToken(_ server: TestServer) async throws -> String {
        let account: TestServer.Reply = try await server.ask("GET", "/api/v1/namespaces/default/serviceaccounts/default")
        let token: String = try server.server.tokens.legacyToken(
            namespace: "default", account: "default", uid: account["metadata", "uid"]?.string ?? "", secret: "s")
        #expect(user(server, token) == nil, "there is no such Secret")
        var secret: JSON = [
            "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token",
            "metadata": ["name": "s", "annotations": ["kubernetes.io/service-account.name": "default"]],
        ]
        secret["data"] = ["token": .string(Base64Text.encode(Array(token.utf8)))]
        try await server.ask("POST", "/api/v1/namespaces/default/secrets", secret)
        return token
    }

    private static let secret = "/api/v1/namespaces/default/secrets/s"

    @Test func `the token of a Secret counts while the Secret holds it`() async throws {
        let server = try await TestServer()
        let token: String = try await legacyToken(server)
        #expect(user(server, token)?.name == "system:serviceaccount:default:default")
        try await eventually("the Secret tells when its token was used") {
            try await server.ask("GET", Self.secret)["metadata", "labels"]
                == ["kubernetes.io/legacy-token-last-used": "2026-06-01"]
        }
        #expect(user(server, token, after: 1_000_000_000) != nil, "it does not end")
        let emptied: JSON = ["data": ["token": "eA=="]]
        try await server.ask("PATCH", Self.secret, emptied, type: .mergePatch)
        #expect(user(server, token) == nil)
    }

    @Test func `the token of a Secret that is marked as invalid does not count`() async throws {
        let server = try await TestServer()
        let token: String = try await legacyToken(server)
        #expect(user(server, token) != nil)
        let mark: JSON = ["metadata": ["labels": ["kubernetes.io/legacy-token-invalid-since": "2026-06-01"]]]
        try await server.ask("PATCH", Self.secret, mark, type: .mergePatch)
        let refusal = #expect(throws: TokenError.self) { try server.server.tokens.owner(of: token, at: server.clock.time) }
        #expect(
            refusal?.description
                == "[invalid bearer token, the token in secret default/s for service account default/default has been marked invalid. Use tokens "
                + "from the TokenRequest API or manually created secret-based tokens, or remove the "
                + "'kubernetes.io/legacy-token-invalid-since' label from the secret to temporarily allow use of this token]")
    }

    @Test func `uses of the tokens of Secrets are told, and to their holders where the account lists the Secret`() async throws {
        let server = try await TestServer()
        let token: String = try await legacyToken(server)
        func annotations() -> [String: String] {
            Dictionary(uniqueKeysWithValues: notes(server, token).annotations.map { ($0.key, $0.value) })
        }
        let always = ["authentication.k8s.io/legacy-token": "system:serviceaccount:default:default"]
        #expect(annotations() == always.merging(["authentication.k8s.io/legacy-token-manual-secret": "s"]) { $1 })
        #expect(notes(server, token).warnings.isEmpty)

        let listed: JSON = ["secrets": [["name": "s"]]]
        try await server.ask("PATCH", "/api/v1/namespaces/default/serviceaccounts/default", listed, type: .mergePatch)
        #expect(annotations() == always.merging(["authentication.k8s.io/legacy-token-autogenerated-secret": "s"]) { $1 })
        let warning =
            "Use tokens from the TokenRequest API or manually created secret-based tokens instead of auto-generated secret-based tokens."
        #expect(notes(server, token).warnings == [warning])
        let review: JSON = ["apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": ["token": .string(token)]]
        #expect(try await server.ask("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review).warnings == [warning])
        try await TestFront.with(server) { front in
            let answer: HTTPResponse = try await front.send("GET", "/api", ["Authorization": "Bearer " + token])
            #expect(answer.headers["warning"] == "299 - \"\(warning)\"")
        }

        let mark: JSON = ["metadata": ["labels": ["kubernetes.io/legacy-token-invalid-since": "2026-06-01"]]]
        try await server.ask("PATCH", Self.secret, mark, type: .mergePatch)
        #expect(annotations() == always.merging(["authentication.k8s.io/legacy-token-invalidated": "s/default"]) { $1 })
    }

    @Test func `others can check a token with the published keys`() async throws {
        let server = try await TestServer()
        let made: TestServer.Reply = try await server.ask("POST", Self.path, Self.request([:]))
        let token: String = try #require(made["status", "token"]?.string)
        let head: String = try #require(token.split(separator: ".").first.map(String.init))
        let padded: String = head + String(repeating: "=", count: (4 - head.utf8.count % 4) % 4)
        let header: JSON = try JSON(parsing: try #require(Base64Text.decode(padded)))
        let key: JSON = try #require(server.server.tokens.keySet["keys"]?.array?.first)
        #expect(header["kid"] == key["kid"] && header["alg"] == key["alg"] && key["kty"] == "EC")
        let configuration: Document = try server.server.document(
            .unknown("/.well-known/openid-configuration"), query: nil, accept: "", host: "127.0.0.1:1", as: .component("test"))
        let json: JSON = try JSON(parsing: configuration.bytes)
        #expect(json["jwks_uri"] == "https://127.0.0.1:1/openid/v1/jwks" && json["issuer"] == .string(ServiceAccountTokens.issuer))
    }

    @Test func `a file of tokens names users and their groups`() throws {
        let tokens = try StaticTokens(csv: "abc,ada,1\n\n# nobody\nxyz,\"bob\",2,\"dev, ops\"\r\n")
        #expect(tokens.user(of: "abc") == UserInfo(name: "ada", uid: "1", groups: ["system:authenticated"]))
        #expect(tokens.user(of: "xyz") == UserInfo(name: "bob", uid: "2", groups: ["dev", "ops", "system:authenticated"]))
        #expect(tokens.user(of: "") == nil)
        let bad = #expect(throws: StaticTokens.Malformed.self) { try StaticTokens(csv: "abc,ada\n") }
        #expect(bad?.description == "line 1 has 2 columns; give at least three: token,user,uid")
    }

    @Test func `a machine that joins has a token of its own while its Secret says so`() async throws {
        let server = try await TestServer()
        func name(_ token: String) -> UserInfo? {
            try? server.server.user(of: HTTPRequest(method: "GET", path: "/", headers: ["Authorization": "Bearer \(token)"]))
        }
        let good = "07401b.f395accd246ae52d"
        #expect(name(good) == nil)
        let secret: JSON = [
            "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "bootstrap-token-07401b"], "type": "bootstrap.kubernetes.io/token",
            "stringData": [
                "token-id": "07401b", "token-secret": "f395accd246ae52d", "usage-bootstrap-authentication": "true",
                "expiration": "2026-06-01T13:00:00Z", "auth-extra-groups": "system:bootstrappers:worker,system:bootstrappers:ingress",
            ],
        ]
        let secrets = "/api/v1/namespaces/kube-system/secrets"
        #expect(try await server.ask("POST", secrets, secret).code == 201)
        #expect(
            name(good)
                == UserInfo(
                    name: "system:bootstrap:07401b",
                    groups: [
                        "system:bootstrappers", "system:bootstrappers:worker", "system:bootstrappers:ingress", "system:authenticated",
                    ]))
        #expect(name("07401b.f395accd246ae52e") == nil)
        let changes: [JSON] = [
            ["auth-extra-groups": "system:masters"], ["usage-bootstrap-authentication": "false"], ["expiration": "2026-06-01T11:00:00Z"],
        ]
        for change in changes {
            let path: String = secrets + "/bootstrap-token-07401b"
            let before: JSON = try await server.ask("GET", path).json
            try await server.ask("PATCH", path, ["stringData": change])
            #expect(name(good) == nil, "\(change)")
            try await server.ask("PATCH", path, ["data": before["data"] ?? [:]], type: .mergePatch)
            #expect(name(good) != nil)
        }
        try await server.ask("DELETE", secrets + "/bootstrap-token-07401b")
        #expect(name(good) == nil)
    }

    @Test func `no credentials are anonymous, bad ones are refused`() async throws {
        let server = try await TestServer()
        func user(_ headers: HTTPHeaders) throws -> UserInfo {
            try server.server.user(of: HTTPRequest(method: "GET", path: "/", headers: headers))
        }
        #expect(try user([:]) == .anonymous)
        #expect(try user(["Authorization": "Basic abc"]) == .anonymous)
        let refusal = #expect(throws: APIStatus.self) { try user(["Authorization": "Bearer abc"]) }
        #expect(refusal?.code == 401 && refusal?.message == "Unauthorized")
        // Pages in browsers hand the token in as a protocol, beside another one.
        func socket(_ protocols: String...) throws -> UserInfo { try user(WebSocketHandshake.request(protocols: protocols)) }
        let made: TestServer.Reply = try await server.ask("POST", Self.path, Self.request([:]))
        let token: String = try #require(made["status", "token"]?.string)
        let coded: String = Base64Text.encode(Array(token.utf8)).filter { $0 != "=" }
        let carrier: String = WebSocketToken.prefix + coded.map { $0 == "+" ? "-" : $0 == "/" ? "_" : String($0) }.joined()
        #expect(try socket("base64.binary.k8s.io", carrier).name == "system:serviceaccount:default:default")
        #expect(try socket("base64.binary.k8s.io") == .anonymous)
        for bad in [[carrier], [carrier, carrier, "x"], [WebSocketToken.prefix + "!", "x"]] {
            #expect(throws: APIStatus.self) { try user(WebSocketHandshake.request(protocols: bad)) }
        }
    }
}

@Suite struct AuditIDTests {
    @Test func `a request has the name that it brings, or a new one`() {
        func id(_ headers: HTTPHeaders) -> String { AuditID.of(HTTPRequest(method: "GET", path: "/", headers: headers)) }
        #expect(id(["Audit-Id": "mine"]) == "mine")
        #expect(id(["Audit-Id": String(repeating: "x", count: 99)]).utf8.count == 64)
        #expect(id([:]) != id([:]))
        #expect(RandomUUID.text(0, 0) == "00000000-0000-4000-8000-000000000000")
        #expect(RandomUUID.text(.max, .max) == "ffffffff-ffff-4fff-bfff-ffffffffffff")
    }
}
