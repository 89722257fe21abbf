import API
import HTTP
import Machinery

/// Nobody gets a client certificate of the cluster's masters by asking. Source: plugin/pkg/admission/certificates/subjectrestriction.
struct CertificateSubjectRestriction: AdmissionPlugin {
    private static let signer = "kubernetes.io/kube-apiserver-client"

    func concerns(_ subject: AdmissionSubject) -> Bool { subject.isAbout(CertificateSigningRequest.self) }

    func validate(_ operation: AdmissionOperation, _ object: JSON?, old: JSON?, _ call: Call) throws(APIStatus) {
        guard operation == .create, let object else { return }
        guard object[["spec", "signerName"]]?.string == Self.signer,
            let bytes = object[["spec", "request"]]?.string.flatMap(Base64Text.decode),
            let request = CertificateRequest(pem: String(decoding: bytes, as: UTF8.self)), request.organizations.contains("system:masters")
        else { return }
        throw .forbidden(
            call.names, object[["metadata", "name"]]?.string ?? "",
            "use of \(Self.signer) signer with system:masters group is not allowed")
    }
}
