import API
import Client
import Cluster
import Machinery
import TestSupport
import Testing

@testable import Controllers

struct CertificateTests {
    private static let node = CertificateRequest(commonName: "system:node:a", organizations: ["system:nodes"])

    private static let requests: [(KubernetesSigner, CertificateRequest, [String], String?)] = [
        (.client, CertificateRequest(commonName: "ada", organizations: []), ["client auth"], nil),
        (.client, CertificateRequest(commonName: "ada", organizations: []), ["client auth", "digital signature"], nil),
        (
            .client, CertificateRequest(commonName: "ada", organizations: []), ["server auth"],
            #"usages did not match ["client auth", "digital signature", "key encipherment"]"#
        ),
        (.kubeletClient, node, ["client auth", "digital signature"], nil),
        (
            .kubeletClient, CertificateRequest(commonName: "ada", organizations: ["system:nodes"]), ["client auth", "digital signature"],
            "subject common name does not begin with system:node:"
        ),
        (
            .kubeletServing, node, ["server auth", "digital signature"], "at least one DNS or IP subjectAltName is required"
        ),
        (
            .kubeletServing, CertificateRequest(commonName: "system:node:a", organizations: ["system:nodes"], dnsNames: ["a"]),
            ["server auth", "digital signature"], nil
        ),
    ]

    @Test(arguments: requests)
    func `each signer takes what is its own`(signer: KubernetesSigner, request: CertificateRequest, usages: [String], refusal: String?) {
        #expect(signer.refusal(request, usages: usages, requester: "system:node:a") == refusal)
    }

    @Test func `answered requests stay an hour, others a day`() {
        var request: View<CertificateSigningRequest> = CertificateSigningRequest.new("r") {
            $0.metadata.creationTimestamp = Fixture.now
        }
        #expect(CertificateCleaner.timeLeft(request, certificateEnds: nil, Fixture.now) == .seconds(86_400))
        request.add(condition: "Approved", "Mine", "", Fixture.now)
        #expect(CertificateCleaner.timeLeft(request, certificateEnds: nil, Fixture.now) == .seconds(3600))
        let end = Time(seconds: Fixture.now.seconds + 600)
        #expect(CertificateCleaner.timeLeft(request, certificateEnds: end, Fixture.now) == .seconds(600))
    }

    @Test func `a bootstrap token goes when it has run out`() {
        func secret(_ expiration: String?) -> View<Secret> {
            Secret.new("bootstrap-token-abcdef", namespace: "kube-system") {
                if let expiration { $0.json["data"] = ["expiration": .string(Base64Text.encode(Array(expiration.utf8)))] }
            }
        }
        #expect(BootstrapTokenCleaner.timeLeft(secret(nil), Fixture.now) == nil)
        #expect(BootstrapTokenCleaner.timeLeft(secret(Fixture.now.description), Fixture.now) == .zero)
        #expect(BootstrapTokenCleaner.timeLeft(secret("soon"), Fixture.now) == .zero)
        #expect(BootstrapTokenCleaner.timeLeft(secret(Time(seconds: Fixture.now.seconds + 5).description), Fixture.now) == .seconds(5))
    }
}

/// What bootstrap tokens sign.
struct BootstrapSignerTests {
    private func token(_ id: String, _ more: [String: String] = [:]) -> View<Secret> {
        Secret.new("bootstrap-token-" + id, namespace: "kube-system") {
            $0.type = "bootstrap.kubernetes.io/token"
            let members: [String: String] = ["token-id": id, "token-secret": "0123456789abcdef", "usage-bootstrap-signing": "true"]
            $0.data = members.merging(more) { $1 }.mapValues { Base64Text.encode(Array($0.utf8)) }
        }
    }

    @Test func `the tokens that are for it sign, others' signatures go`() {
        let data: [String: String] = ["kubeconfig": "content", "jws-kubeconfig-gone": "x"]
        let tokens: [View<Secret>] = [
            token("aaaaaa"), token("bbbbbb", ["usage-bootstrap-signing": "false"]), token("cccccc", ["expiration": "2020-01-01T00:00:00Z"]),
        ]
        let signed: [String: String]? = BootstrapSigner.signed(data, by: tokens, Time(seconds: 1_780_000_000))
        #expect(signed?.keys.sorted() == ["jws-kubeconfig-aaaaaa", "kubeconfig"])
        #expect(signed.flatMap { BootstrapSigner.signed($0, by: tokens, Time(seconds: 1_780_000_000)) } == nil)
        #expect(BootstrapSigner.signed(["other": "x"], by: tokens, Time(seconds: 0)) == nil)
    }

    /// Made with: openssl dgst -sha256 -hmac 0123456789abcdef.
    @Test func `a signature is that of RFC 7515 without its content`() {
        #expect(
            BootstrapSigner.signature(of: "content", id: "aaaaaa", secret: "0123456789abcdef")
                == "eyJhbGciOiJIUzI1NiIsImtpZCI6ImFhYWFhYSJ9..bP33uiv86qjL-Zn_WduG6cBRN7N8gyIIyI_GY72SVZQ")
    }
}
