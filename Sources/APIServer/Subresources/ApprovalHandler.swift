import API
import Machinery

/// `certificatesigningrequests/approval`: the conditions of a request, Approved and Denied among them, and its metadata. Nothing else of
/// it changes.
///
/// Source: csrApprovalStrategy of pkg/registry/certificates/certificates/strategy.go.
struct ApprovalHandler: SubresourceHandler {
    func handle(_ call: Call, _ subresource: Subresource, _ server: APIServer, _ reply: @escaping Reply) throws(APIStatus) {
        guard call.request.verb != .get else { return reply(.success(try server.get(call))) }
        let wanted = try server.wanted(call)
        server.modify(call.systemWrite, reply) { old throws(APIStatus) in
            let asked: JSON = try wanted(old)
            var next: JSON = old
            next["metadata"] = asked["metadata"]
            next[["status", "conditions"]] = asked[["status", "conditions"]]
            var problems = Problems()
            View<CertificateSigningRequest>(next).validateDecisions(from: View<CertificateSigningRequest>(old), &problems)
            guard problems.isEmpty else { throw .invalid(call.names, call.request.name ?? "", problems) }
            return next
        }
    }
}

extension View<CertificateSigningRequest> {
    /// A decision is final. Source: `validateCertificateSigningRequestUpdate` of pkg/apis/certificates/validation.
    fileprivate func validateDecisions(from old: View<CertificateSigningRequest>, _ problems: inout Problems) {
        for type in ["Approved", "Denied", "Failed"] {
            let (before, now) = (old.conditions(type), self.conditions(type))
            guard !before.isEmpty, before != now else { continue }
            problems.forbidden(
                Path("status").child("conditions"),
                "updates may not \(now.isEmpty ? "remove" : "modify") a condition of type \"\(type)\"")
        }
    }
}
