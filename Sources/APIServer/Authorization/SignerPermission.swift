import API
import Machinery

/// Who approves or signs a certificate needs the right to do it for its signer: `approve` or `sign` on `signers`, by the signer's name
/// or by `domain/*`.
///
/// Source: plugin/pkg/admission/certificates/approval and signing.
struct SignerPermission: AdmissionPlugin {
    let authorizer: Authorizer

    func validate(_ operation: AdmissionOperation, _ object: JSON?, old: JSON?, _ call: Call) throws(APIStatus) {
        guard operation == .update, call.names.group == CertificateSigningRequest.names.group,
            call.names.kind == CertificateSigningRequest.names.kind, let object, let old
        else { return }
        switch call.request.subresource {
        case "approval": try check("approve", old, call)
        case "status"
        where object[["status", "certificate"]] != old[["status", "certificate"]]
            || object[["status", "conditions"]] != old[["status", "conditions"]]:
            try check("sign", old, call)
        default: return
        }
    }

    private func check(_ verb: String, _ request: JSON, _ call: Call) throws(APIStatus) {
        let signer: String = request[["spec", "signerName"]]?.string ?? ""
        let domain: String = signer.prefix { $0 != "/" } + "/*"
        for name in [signer, domain] {
            let question = Attributes(
                verb: verb, group: CertificateSigningRequest.names.group, resource: "signers", name: name)
            if authorizer.decide(call.user, question).isAllowed { return }
        }
        throw .forbidden(
            call.names, call.request.name ?? "", "user not permitted to \(verb) requests with signerName \"\(signer)\"")
    }
}
