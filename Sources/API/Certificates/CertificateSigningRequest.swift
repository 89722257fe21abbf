package import Machinery

/// A wish for an X.509 certificate, which somebody has to approve and a signer to grant.
package struct CertificateSigningRequest: Kind {
    package static let definition = Definition(
        CertificateSigningRequest(), "certificates.v1.CertificateSigningRequest",
        "A wish for an X.509 certificate, which somebody has to approve and a signer to grant.")
    package static let names = KindNames(
        "CertificateSigningRequest", group: "certificates.k8s.io", plural: "certificatesigningrequests", short: ["csr"],
        isNamespaced: false,
        subresources: [
            Subresource("approval", kind: "CertificateSigningRequest", verbs: [.get, .patch, .update]),
            .status("CertificateSigningRequest"),
        ], nameRule: { Names.pathSegment($0) })

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<CertificateSigningRequestSpec>("spec", 2, "The wish, and whose it is. Never changes.", .always)
    package let status = Field<CertificateSigningRequestStatus>("status", 3, "Whether it was approved, and the certificate.")

    package static let selectableFields: [SelectableField] = ["spec.signerName"]

    package static let columns: [Column<CertificateSigningRequest>] = [
        .name,
        .age,
        Column("SignerName", .string, "Who is to sign the certificate.") { request, _ in
            .string(request.spec.signerName.isEmpty ? "<none>" : request.spec.signerName)
        },
        Column("Requestor", .string, "Who made the request.") { request, _ in .string(request.spec.username) },
        Column("RequestedDuration", .string, "How long the certificate is to be valid.") { request, _ in
            .string(request.spec.expirationSeconds.map { Duration.seconds($0).human } ?? "<none>")
        },
        Column("Condition", .string, "Whether it was approved and issued.") { request, _ in .string(request.state) },
    ]

    package static func warnings(
        _ object: View<CertificateSigningRequest>, from old: View<CertificateSigningRequest>?
    ) -> [String] {
        let served: [String] = ["kube-apiserver-client", "kube-apiserver-client-kubelet", "kubelet-serving"].map { "kubernetes.io/" + $0 }
        guard object.spec.signerName.hasPrefix("kubernetes.io/"), !served.contains(object.spec.signerName) else { return [] }
        return ["certificates.k8s.io/v1 CertificateSigningRequest: stored, but this version runs no signer for \(object.spec.signerName)"]
    }

    /// The spec never changes, and the status only through its subresources.
    package static func prepareForUpdate(
        _ request: inout View<CertificateSigningRequest>, from old: View<CertificateSigningRequest>
    ) {
        request.spec = old.spec
        for type in ["Approved", "Denied"] { request.keepCondition(type, from: old) }
    }
}

extension View<CertificateSigningRequest> {
    package func conditions(_ type: String) -> [View<CertificateSigningRequestCondition>] {
        self.status.conditions.filter { $0.type == type }
    }

    /// Puts a condition back as it was: only the approval subresource decides of it.
    fileprivate mutating func keepCondition(_ type: String, from old: View<CertificateSigningRequest>) {
        let before: [View<CertificateSigningRequestCondition>] = old.conditions(type)
        guard self.conditions(type) != before else { return }
        self.status.conditions = self.status.conditions.filter { $0.type != type } + before
    }

    /// What the column shows: `Approved,Issued`. Source: `extractCSRStatus` of pkg/printers/internalversion.
    fileprivate var state: String {
        let found: Set<String> = Set(self.status.conditions.map { $0.type })
        var words: [String] = [found.contains("Denied") ? "Denied" : found.contains("Approved") ? "Approved" : "Pending"]
        if found.contains("Failed") { words.append("Failed") }
        if !self.status.certificate.isEmpty { words.append("Issued") }
        return words.joined(separator: ",")
    }
}

/// The wish for a certificate.
package struct CertificateSigningRequestSpec: Schema {
    package static let definition = Definition(
        CertificateSigningRequestSpec(), "certificates.v1.CertificateSigningRequestSpec", "The wish for a certificate.")

    package let request = Field<Base64>("request", 1, "PEM of a PKCS #10 certificate request.", .always)
    package let username = Field<String>("username", 2, "Who made the object. The server sets it.")
    package let uid = Field<String>("uid", 3, "UID of who made the object. The server sets it.")
    package let groups = Field<[String]>("groups", 4, "Groups of who made the object. The server sets them.", .atomic)
    package let usages = Field<[String]>("usages", 5, "What the certificate's key may be used for, such as client auth.", .atomic)
    package let extra = Field<[String: [String]]>("extra", 6, "Further facts about who made the object. The server sets them.")
    package let signerName = Field<String>(
        "signerName", 7, "Who is to sign: kubernetes.io/kube-apiserver-client, or a name with a domain of one's own.", .always)
    package let expirationSeconds = Field<Int32?>(
        "expirationSeconds", 8, "Seconds that the certificate is to be valid, 600 at least; the signer decides.")

    private static let allUsages: [String] = [
        "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment", "decipher only",
        "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement",
        "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime", "server auth", "signing", "timestamping",
    ]

    /// Source: `validateCertificateSigningRequest` of pkg/apis/certificates/validation.
    package static func validate(_ spec: View<CertificateSigningRequestSpec>, _ path: Path, _ problems: inout Problems) {
        if !CertificatePEM.holds("CERTIFICATE REQUEST", spec.request) {
            problems.invalid(path.child("request"), .string(spec.request), "PEM block type must be CERTIFICATE REQUEST")
        }
        if spec.usages.isEmpty { problems.required(path.child("usages")) }
        var seen: Set<String> = []
        for (index, usage) in spec.usages.enumerated() {
            let here: Path = path.child("usages").index(index)
            if !allUsages.contains(usage) { problems.notSupported(here, .string(usage), supported: allUsages) }
            if !seen.insert(usage).inserted { problems.duplicate(here, .string(usage)) }
        }
        if spec.signerName == "kubernetes.io/legacy-unknown" {
            problems.invalid(
                path.child("signerName"), .string(spec.signerName), "the legacy signerName is not allowed via this API version")
        } else {
            SignerName.validate(spec.signerName, path.child("signerName"), &problems)
        }
        if let seconds: Int = spec.expirationSeconds, seconds < 600 {
            problems.invalid(
                path.child("expirationSeconds"), .int(Int64(seconds)),
                "may not specify a duration less than 600 seconds (10 minutes)")
        }
    }
}

/// Whether a certificate was approved, and the certificate.
package struct CertificateSigningRequestStatus: Schema {
    package static let definition = Definition(
        CertificateSigningRequestStatus(), "certificates.v1.CertificateSigningRequestStatus",
        "Whether a certificate was approved, and the certificate.")

    package let conditions = Field<[CertificateSigningRequestCondition]>(
        "conditions", 1, "Approved, Denied or Failed.", .listMap(keys: ["type"]))
    package let certificate = Field<Base64>("certificate", 2, "PEM of the certificate, then of those that signed it.")

    /// Source: `validateConditions` of pkg/apis/certificates/validation.
    package static func validate(_ status: View<CertificateSigningRequestStatus>, _ path: Path, _ problems: inout Problems) {
        var seen: Set<String> = []
        for (index, condition) in status.conditions.enumerated() {
            let here: Path = path.child("conditions").index(index)
            let rival: String? = condition.type == "Approved" ? "Denied" : condition.type == "Denied" ? "Approved" : nil
            if let rival, seen.contains(rival) {
                problems.invalid(here.child("type"), .string(condition.type), "Approved and Denied conditions are mutually exclusive")
            }
            if !seen.insert(condition.type).inserted { problems.duplicate(here.child("type"), .string(condition.type)) }
        }
        if !status.certificate.isEmpty, !CertificatePEM.holds("CERTIFICATE", status.certificate) {
            problems.invalid(
                path.child("certificate"), "<certificate data>", "must contain one or more PEM blocks of type \"CERTIFICATE\"")
        }
    }
}

/// One decision about a certificate.
package struct CertificateSigningRequestCondition: Schema {
    package static let definition = Definition(
        CertificateSigningRequestCondition(), "certificates.v1.CertificateSigningRequestCondition", "One decision about a certificate.")

    package let type = Field<String>("type", 1, "Approved, Denied, Failed, or a name of one's own.", .required)
    package let reason = Field<String>("reason", 2, "One word for why.")
    package let message = Field<String>("message", 3, "The same for people.")
    package let lastUpdateTime = Field<Time?>("lastUpdateTime", 4, "When the condition was written last.", .written)
    package let lastTransitionTime = Field<Time?>("lastTransitionTime", 5, "When the status changed last.", .written)
    package let status = Field<String>("status", 6, "True, False or Unknown; the first three are only ever True.", .required)

    package static func validate(_ condition: View<CertificateSigningRequestCondition>, _ path: Path, _ problems: inout Problems) {
        let isDecision: Bool = ["Approved", "Denied", "Failed"].contains(condition.type)
        let supported: [String] = isDecision ? ["True"] : ["False", "True", "Unknown"]
        if !condition.status.isEmpty, !supported.contains(condition.status) {
            problems.notSupported(path.child("status"), .string(condition.status), supported: supported)
        }
    }
}
