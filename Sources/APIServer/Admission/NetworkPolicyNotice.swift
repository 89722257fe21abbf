import API
import Machinery

/// Warns whoever writes a NetworkPolicy where none is in force: one that is silently without effect is worse than none.
struct NetworkPolicyNotice: AdmissionPlugin {
    /// What to say; nil where policies are enforced.
    let notice: String?

    func concerns(_ subject: AdmissionSubject) -> Bool { notice != nil && subject.isAbout(NetworkPolicy.self) }

    func validate(_ operation: AdmissionOperation, _ object: JSON?, old: JSON?, _ call: Call) throws(APIStatus) {
        guard let notice, operation != .delete else { return }
        call.warnings.add(notice)
    }
}
