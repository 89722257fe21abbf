import Synchronization

/// The pods that a node has taken, whatever the API knows of them yet. One is decided on after the other, so that each counts for the next.
final class AdmittedPods: Sendable {
    private let uids = Mutex<Set<String>>([])

    /// Takes a pod unless `refusal`, which gets those taken before, gives a reason; that is returned.
    func take(_ uid: String, unless refusal: (Set<String>) -> PodAdmission.Refusal?) -> PodAdmission.Refusal? {
        uids.withLock { uids in
            let reason: PodAdmission.Refusal? = refusal(uids)
            if reason == nil { uids.insert(uid) }
            return reason
        }
    }

    func forget(_ uid: String) { uids.withLock { _ = $0.remove(uid) } }
}
