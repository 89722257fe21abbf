import API
import Machinery

/// Writes into a certificate signing request who made it, and when its conditions changed.
///
/// Source: the strategies of pkg/registry/certificates/certificates/strategy.go, which know the user of a request.
struct CertificateRequester: AdmissionPlugin {
    func concerns(_ subject: AdmissionSubject) -> Bool { subject.isOf(CertificateSigningRequest.self) }

    func admit(_ operation: AdmissionOperation, _ object: inout JSON, old: JSON?, _ call: Call) throws(APIStatus) {
        guard operation != .delete else { return }
        var request = View<CertificateSigningRequest>(object)
        object = .null
        if operation == .create {
            request.spec.username = call.user.name
            request.spec.uid = call.user.uid
            request.spec.groups = call.user.groups
            request.spec.extra = call.user.extra
        }
        let before: [View<CertificateSigningRequestCondition>] = old.map { View<CertificateSigningRequest>($0).status.conditions } ?? []
        for index in request.status.conditions.indices {
            var condition: View<CertificateSigningRequestCondition> = request.status.conditions[index]
            let same: View<CertificateSigningRequestCondition>? = before.first {
                $0.type == condition.type && $0.status == condition.status
            }
            if condition.lastUpdateTime == nil { condition.lastUpdateTime = call.now }
            if condition.lastTransitionTime == nil { condition.lastTransitionTime = same?.lastTransitionTime ?? call.now }
            request.status.conditions[index] = condition
        }
        object = request.json
    }
}
