import API
import Machinery

/// Who approves or signs a certificate needs the right to do it for its signer: `approve` or `sign` on `signers`, by the signer's name
/// or by `domain/*`. Who writes a signer's trust bundle needs `attest`.
///
/// Source: plugin/pkg/admission/certificates: approval, signing and ctbattest.
struct SignerPermission: AdmissionPlugin {
    static let name = "CertificateSigning"
    let authorizer: Authorizer

    func concerns(_ subject: AdmissionSubject) -> Bool { subject.names.group == CertificateSigningRequest.names.group }

    func validate(_ operation: AdmissionOperation, _ object: JSON?, old: JSON?, _ call: Call) throws(APIStatus) {
        guard let object else { return }
        switch (call.names.kind, call.request.subresource, operation) {
        case (CertificateSigningRequest.names.kind, "approval", .update): try check("approve", old, call)
        case (CertificateSigningRequest.names.kind, "status", .update)
        where object[["status", "certificate"]] != old?[["status", "certificate"]]
            || object[["status", "conditions"]] != old?[["status", "conditions"]]:
            try check("sign", old, call)
        case (PodCertificateRequest.names.kind, "status", .update)
        where object["status"] != old?["status"]:
            try check("sign", old, call)
        case (ClusterTrustBundle.names.kind, nil, _) where object["spec"] != old?["spec"]: try check("attest", object, call)
        default: return
        }
    }

    /// - Parameter request: whose `spec.signerName` counts; without one there is nothing to ask.
    private func check(_ verb: String, _ request: JSON?, _ call: Call) throws(APIStatus) {
        let signer: String = request?[["spec", "signerName"]]?.string ?? ""
        if signer.isEmpty, verb == "attest" { return }
        let domain: String = signer.prefix { $0 != "/" } + "/*"
        for name in [signer, domain] {
            let question = Attributes(
                verb: verb, group: CertificateSigningRequest.names.group, resource: "signers", name: name)
            if authorizer.decide(call.user, question).isAllowed { return }
        }
        throw .forbidden(
            call.names, call.request.name ?? request?[["metadata", "name"]]?.string ?? "",
            verb == "attest"
                ? "user not permitted to attest for signerName \"\(signer)\""
                : "user not permitted to \(verb) requests with signerName \"\(signer)\"")
    }
}
