import API
import Client
import Logging
import Machinery
import Synchronization

/// What the API shows of a static pod.
extension PodWorker {
    /// Makes the mirror true. Whatever the API says, the pod runs on.
    func reportMirror(_ status: View<PodStatus>) async {
        guard status != reported, isDue(.status) else { return }
        let mirror = PodMirror(pod: pod, node: node)
        do {
            guard let shown = try await mirror.current() else { return }
            let written: View<Pod> = try await mirror.write(status, over: shown)
            reported = status
            setbacks[.status] = nil
            pod.status = written.status
            inbox.withLock { $0.pod.status = written.status }
        } catch {
            log.warning("writing the mirror of a static pod failed", metadata: ["error": "\(error)"])
            note(.status, first: .milliseconds(500), limit: .seconds(30))
        }
    }

    /// The file has gone, and the processes too.
    func removeMirror() async {
        do {
            try await PodMirror(pod: pod, node: node).remove()
        } catch {
            log.warning("deleting the mirror of a static pod failed", metadata: ["error": "\(error)"])
        }
    }
}
