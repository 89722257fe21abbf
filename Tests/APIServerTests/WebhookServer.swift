import Cluster
import HTTP
import Machinery
import Synchronization

/// A webhook in this process, behind TLS with a certificate of its own authority.
final class WebhookServer: Sendable {
    /// What was asked so far, in order: `request` of each review.
    private final class Questions: Sendable {
        private let questions = Mutex<[JSON]>([])
        func add(_ question: JSON) { questions.withLock { $0.append(question) } }
        var all: [JSON] { questions.withLock { $0 } }
    }

    private let server: HTTPServer
    private let questions = Questions()
    /// In base64, as configurations have it.
    let caBundle: String

    /// - Parameter answer: given `request` of a review, of an admission or of a conversion; gives the members of `response`, nil for HTTP 500.
    init(_ answer: @escaping @Sendable (JSON) -> JSON?) async throws {
        let authority = try CertificateAuthority.generate()
        let certificate: IssuedCertificate = try authority.issueServer(names: ["hook.default.svc"], addresses: ["127.0.0.1"])
        caBundle = Base64Text.encode(Array(authority.certificatePEM.utf8))
        let tls = TLSServerConfiguration(certificateChainPEM: certificate.certificatePEM, privateKeyPEM: certificate.keyPEM)
        server = try await HTTPServer(tls: tls) { [questions] request, exchange in
            let asked: JSON = (try? JSON(parsing: request.body)) ?? [:]
            let question: JSON = asked["request"] ?? [:]
            questions.add(question)
            guard var response = answer(question) else { return exchange.respond(500, [:], Array("broken".utf8)) }
            if response["uid"] == nil { response["uid"] = question["uid"] }
            let review: JSON = ["apiVersion": asked["apiVersion"] ?? "", "kind": asked["kind"] ?? "", "response": response]
            exchange.respond(200, ["Content-Type": "application/json"], review.serialized())
        }
    }

    var asked: [JSON] { questions.all }
    var port: Int { server.port }

    func shutdown() async { await server.shutdown(grace: .zero) }

    /// A webhook of a configuration that is asked about ConfigMaps; `more` overrides.
    func webhook(_ name: String, _ more: JSON = [:], operations: JSON = ["CREATE", "UPDATE", "DELETE"]) -> JSON {
        var webhook: JSON = [
            "name": .string(name), "admissionReviewVersions": ["v1"], "sideEffects": "None",
            "clientConfig": ["url": .string("https://127.0.0.1:\(port)/check"), "caBundle": .string(caBundle)],
            "rules": [["operations": operations, "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]]],
        ]
        for member in more.object?.members ?? [] { webhook[member.key] = member.value }
        return webhook
    }

    /// A response that admits and changes.
    static func patching(_ operations: JSON) -> JSON {
        ["allowed": true, "patchType": "JSONPatch", "patch": .string(Base64Text.encode(operations.serialized()))]
    }
}
