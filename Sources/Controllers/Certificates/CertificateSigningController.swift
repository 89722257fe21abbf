import API
import Client
import Machinery

/// Signs approved certificate requests for the cluster's own signers. Reads and writes CertificateSigningRequests.
/// Source: pkg/controller/certificates/signer.
struct CertificateSigningController: ObjectController {
    static let name = "certificatesigningrequest-signing-controller"
    private static let longest: Duration = .seconds(365 * 24 * 3600)

    let context: ControllerContext
    let signer: any CertificateSigner

    func reconcile(_ read: View<CertificateSigningRequest>) async throws -> Duration? {
        var request: View<CertificateSigningRequest> = read
        guard let kind = KubernetesSigner(rawValue: request.spec.signerName),
            request.has(condition: "Approved"),
            !request.has(condition: "Denied"), !request.has(condition: "Failed"), request.status.certificate.isEmpty
        else { return nil }
        do {
            let wish: CertificateRequest = try signer.read(request.pem)
            if let refusal = kind.refusal(wish, usages: request.spec.usages, requester: request.spec.username) {
                request.add(condition: "Failed", "SignerValidationFailure", refusal, context.clock.time)
            } else {
                let asked: Duration? = request.spec.expirationSeconds.map { .seconds($0) }
                let certificate: String = try signer.sign(
                    request.pem, usages: request.spec.usages, validity: min(asked ?? Self.longest, Self.longest))
                request.status.certificate = Base64Text.encode(Array(certificate.utf8))
            }
        } catch {
            request.add(condition: "Failed", "SignerValidationFailure", "unable to parse csr: \(error)", context.clock.time)
        }
        objects.note(try await context.client.updateStatus(request))
        return nil
    }
}

/// Approves the requests of kubelets for client certificates, where the requester may have them. Asks the authorizer.
/// Source: pkg/controller/certificates/approver.
struct CertificateApprovingController: ObjectController {
    static let name = "certificatesigningrequest-approving-controller"

    let context: ControllerContext
    let signer: any CertificateSigner

    func reconcile(_ read: View<CertificateSigningRequest>) async throws -> Duration? {
        var request: View<CertificateSigningRequest> = read
        guard request.spec.signerName == KubernetesSigner.kubeletClient.rawValue,
            !request.has(condition: "Approved"), !request.has(condition: "Denied"), let wish = try? signer.read(request.pem),
            KubernetesSigner.kubeletClient.refusal(wish, usages: request.spec.usages, requester: request.spec.username) == nil
        else { return nil }
        // A node may renew its own certificate; others may ask for a new node's.
        let isOwn: Bool = request.spec.username == wish.commonName
        for (subresource, text) in [
            ("selfnodeclient", "Auto approving self kubelet client certificate after SubjectAccessReview."),
            ("nodeclient", "Auto approving kubelet client certificate after SubjectAccessReview."),
        ] where subresource == "nodeclient" || isOwn {
            guard try await mayHave(request, subresource) else { continue }
            request.add(condition: "Approved", "AutoApproved", text, context.clock.time)
            objects.note(try await context.client.update(request, subresource: "approval"))
            return nil
        }
        return nil
    }

    private func mayHave(_ request: View<CertificateSigningRequest>, _ subresource: String) async throws -> Bool {
        let review: JSON = [
            "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
            "spec": [
                "user": .string(request.spec.username), "groups": .array(request.spec.groups.map { .string($0) }),
                "uid": .string(request.spec.uid), "extra": request.spec.json["extra"] ?? [:],
                "resourceAttributes": [
                    "group": "certificates.k8s.io", "resource": "certificatesigningrequests", "verb": "create",
                    "subresource": .string(subresource), "version": "*",
                ],
            ],
        ]
        let answer: JSON = try await context.client.send(
            APIRequest(.create, SubjectAccessReview.names.resource, body: review.serialized()))
        return answer[["status", "allowed"]]?.bool ?? false
    }
}

/// Deletes certificate requests that have served: answered ones after an hour or when their certificate ends, unanswered ones after a day.
/// Source: pkg/controller/certificates/cleaner.
struct CertificateCleaner: ObjectController {
    static let name = "csrcleaner"
    static let queueName = "csrcleaner"

    let context: ControllerContext
    let signer: any CertificateSigner

    func reconcile(_ request: View<CertificateSigningRequest>) async throws -> Duration? {
        guard !request.isTerminating else { return nil }
        let chain: [UInt8] = Base64Text.decode(request.status.certificate) ?? []
        let end: Time? = chain.isEmpty ? nil : signer.end(of: String(decoding: chain, as: UTF8.self))
        let left: Duration = Self.timeLeft(request, certificateEnds: end, context.clock.time)
        guard left <= .zero else { return left }
        try await context.delete(request)
        return nil
    }

    /// Pure: how long the request stays.
    static func timeLeft(_ request: View<CertificateSigningRequest>, certificateEnds: Time?, _ now: Time) -> Duration {
        let answers: [Time] = request.status.conditions.compactMap { $0.lastUpdateTime ?? $0.lastTransitionTime }
        let (since, stay): (Time, Int64) =
            answers.max().map { ($0, 3600) } ?? (request.metadata.creationTimestamp ?? now, 24 * 3600)
        return .seconds(min(since.seconds + stay, certificateEnds?.seconds ?? .max) - now.seconds)
    }
}
