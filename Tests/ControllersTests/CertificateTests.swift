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
        #expect(CertificateCleaner.timeLeft(request, Fixture.now) == .seconds(86_400))
        request.add(condition: "Approved", "Mine", "", Fixture.now)
        #expect(CertificateCleaner.timeLeft(request, Fixture.now) == .seconds(3600))
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
