package import Machinery

/// A node's wish for a certificate of one of its pods, which the pod's volume asks for.
package struct PodCertificateRequest: Kind {
    package static let definition = Definition(
        PodCertificateRequest(), "certificates.v1beta1.PodCertificateRequest",
        "A node's wish for a certificate of one of its pods, which the pod's volume asks for.")
    package static let names = KindNames(
        "PodCertificateRequest", group: "certificates.k8s.io", version: "v1beta1", plural: "podcertificaterequests",
        subresources: [.status("PodCertificateRequest")])

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<PodCertificateRequestSpec>("spec", 2, "The wish, and for whom. Never changes.", .always, .immutable)
    package let status = Field<PodCertificateRequestStatus>("status", 3, "What the signer decided, and the certificate.")

    package static let selectableFields: [SelectableField] = ["spec.signerName", "spec.podName", "spec.nodeName"]

    /// Source: pkg/printers/internalversion/printers.go.
    package static let columns: [Column<PodCertificateRequest>] = [
        .name,
        Column("PodName", .string, "The pod.") { request, _ in .string(request.spec.podName) },
        Column("ServiceAccountName", .string, "Its service account.") { request, _ in .string(request.spec.serviceAccountName) },
        Column("NodeName", .string, "Its node.") { request, _ in .string(request.spec.nodeName) },
        Column("SignerName", .string, "Who is to sign.") { request, _ in .string(request.spec.signerName) },
        Column("State", .string, "What the signer decided.") { request, _ in .string(request.decision ?? "Pending") },
        .age,
    ]

    /// What was decided stays. Source: `ValidatePodCertificateRequestStatusUpdate` of pkg/apis/certificates/validation.
    package static func validateUpdate(
        _ request: View<PodCertificateRequest>, from old: View<PodCertificateRequest>, _ path: Path, _ problems: inout Problems
    ) {
        let status: Path = path.child("status")
        guard request.status != old.status else { return }
        if old.decision != nil {
            problems.invalid(
                status, request.json["status"] ?? .null, "immutable after PodCertificateRequest is issued, denied, or failed")
        }
        guard let decision = request.decision, decision != "Issued" else { return }
        if request.json["status"]?.object?.keys.contains(where: { $0 != "conditions" }) == true {
            problems.invalid(
                status, request.json["status"] ?? .null,
                "non-condition status fields must be empty when denying or failing the PodCertificateRequest")
        }
    }
}

extension View<PodCertificateRequest> {
    /// `Issued`, `Denied` or `Failed`; nil while nothing is decided.
    package var decision: String? { self.status.conditions.first { PodCertificateRequestStatus.decisions.contains($0.type) }?.type }
}

/// The wish for a pod's certificate.
package struct PodCertificateRequestSpec: Schema {
    package static let definition = Definition(
        PodCertificateRequestSpec(), "certificates.v1beta1.PodCertificateRequestSpec", "The wish for a pod's certificate.")

    package let signerName = Field<String>("signerName", 1, "Who is to sign.", .always)
    package let podName = Field<String>("podName", 2, "The pod, in the same namespace.", .required)
    package let podUID = Field<String>("podUID", 3, "UID of the pod.", .required)
    package let serviceAccountName = Field<String>("serviceAccountName", 4, "The pod's service account.", .required)
    package let serviceAccountUID = Field<String>("serviceAccountUID", 5, "UID of the service account.", .required)
    package let nodeName = Field<String>("nodeName", 6, "The node that the pod runs on.", .required)
    package let nodeUID = Field<String>("nodeUID", 7, "UID of the node.", .required)
    package let maxExpirationSeconds = Field<Int32?>(
        "maxExpirationSeconds", 8, "Seconds that the certificate may be valid at most.", default: 86_400)
    package let pkixPublicKey = Field<Base64>("pkixPublicKey", 9, "The pod's key, where the request has none.")
    package let proofOfPossession = Field<Base64>("proofOfPossession", 10, "The pod's UID, signed with the key.")
    package let unverifiedUserAnnotations = Field<[String: String]>(
        "unverifiedUserAnnotations", 11, "Notes of the pod's author for the signer, which nobody has checked.")
    package let stubPKCS10Request = Field<Base64>(
        "stubPKCS10Request", 12, "A certificate request, DER: the pod's key, signed with it, and nothing else.", .always)

    /// Source: `ValidatePodCertificateRequestCreate` of pkg/apis/certificates/validation.
    package static func validate(_ spec: View<PodCertificateRequestSpec>, _ path: Path, _ problems: inout Problems) {
        SignerName.validate(spec.signerName, path.child("signerName"), &problems)
        for (field, name) in [("podName", spec.podName), ("serviceAccountName", spec.serviceAccountName), ("nodeName", spec.nodeName)]
        where !name.isEmpty {
            for fault in Names.dns1123Subdomain(name) { problems.invalid(path.child(field), .string(name), fault) }
        }
        for (field, uid) in [("podUID", spec.podUID), ("serviceAccountUID", spec.serviceAccountUID), ("nodeUID", spec.nodeUID)]
        where uid.utf8.count > 128 {
            problems.tooLong(path.child(field), "may not be more than 128 bytes")
        }
        let longest: Int = spec.signerName.hasPrefix("kubernetes.io/") ? 86_400 : 7_862_400
        if let seconds: Int = spec.maxExpirationSeconds, !(3600...longest).contains(seconds) {
            problems.invalid(path.child("maxExpirationSeconds"), .int(Int64(seconds)), "must be in the range [3600, \(longest)]")
        }
        let request: [UInt8] = Base64Text.decode(spec.stubPKCS10Request) ?? []
        if request.isEmpty {
            problems.required(path.child("stubPKCS10Request"))
        } else if !CertificatePEM.isSequence(request) {
            problems.invalid(
                path.child("stubPKCS10Request"), .string(spec.stubPKCS10Request), "must be a valid PKCS#10 certificate request")
        }
    }
}

/// What a signer decided about a pod's certificate.
package struct PodCertificateRequestStatus: Schema {
    package static let definition = Definition(
        PodCertificateRequestStatus(), "certificates.v1beta1.PodCertificateRequestStatus",
        "What a signer decided about a pod's certificate.")

    package let conditions = Field<[Condition]>(
        "conditions", 1, "One of Issued, Denied and Failed.", .merge(key: "type"))
    package let certificateChain = Field<String>("certificateChain", 2, "PEM of the certificate, then of those that signed it.")
    package let notBefore = Field<Time?>("notBefore", 4, "When the certificate begins to be valid.")
    package let beginRefreshAt = Field<Time?>("beginRefreshAt", 5, "When the node is to ask for the next one.")
    package let notAfter = Field<Time?>("notAfter", 6, "When the certificate ends.")

    package static let decisions: [String] = ["Denied", "Failed", "Issued"]

    package static func validate(_ status: View<PodCertificateRequestStatus>, _ path: Path, _ problems: inout Problems) {
        for (index, condition) in status.conditions.enumerated() {
            let here: Path = path.child("conditions").index(index)
            if !decisions.contains(condition.type) {
                problems.notSupported(here.child("type"), .string(condition.type), supported: decisions)
            }
            if !condition.status.isEmpty, condition.status != "True" {
                problems.notSupported(here.child("status"), .string(condition.status), supported: ["True"])
            }
            if index > 0 {
                problems.invalid(
                    here.child("type"), .string(condition.type),
                    "There may be at most one condition with type \"Issued\", \"Denied\", or \"Failed\"")
            }
        }
        guard status.conditions.contains(where: { $0.type == "Issued" }) else { return }
        let blocks: [CertificatePEM.Block] = CertificatePEM.blocks(status.certificateChain)
        func complain(_ text: String) { problems.invalid(path.child("certificateChain"), .string(status.certificateChain), text) }
        if blocks.isEmpty {
            complain("issued certificate chain must contain at least one certificate")
        } else if blocks.contains(where: { $0.type != "CERTIFICATE" }) {
            complain("issued certificate chain must consist entirely of CERTIFICATE PEM blocks")
        } else if blocks[0].der.map(CertificatePEM.isSequence) != true {
            complain("leaf certificate does not parse as valid X.509")
        }
        for (field, time) in [("notBefore", status.notBefore), ("notAfter", status.notAfter), ("beginRefreshAt", status.beginRefreshAt)]
        where time == nil {
            problems.required(path.child(field), "must be present and consistent with the issued certificate")
        }
    }
}
