import Synchronization

/// The pods that a node has taken, whatever the API knows of them yet. One is decided on after the other, so that each counts for the next.
final class AdmittedPods: Sendable {
    private let uids = Mutex<Set<String>>([])

    /// Decides on a pod by `verdict`, which gets those taken before.
    func decide(on uid: String, _ verdict: (Set<String>) -> PodAdmission.Verdict) -> PodAdmission.Verdict {
        uids.withLock { uids in
            let found: PodAdmission.Verdict = verdict(uids)
            if case .refused = found { return found }
            uids.insert(uid)
            return found
        }
    }

    func forget(_ uid: String) { uids.withLock { _ = $0.remove(uid) } }
}
