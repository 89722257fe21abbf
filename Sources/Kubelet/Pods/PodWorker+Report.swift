import API
import Client
import Logging
import Machinery
import Sandbox
import Synchronization

/// Telling the API what is known of the pod.
extension PodWorker {
    /// True when the API knows it all, or has no use for it.
    @discardableResult
    func report() async -> Bool {
        guard !isGone, !isDone, !isPoweredOff, !isTold else { return true }
        guard isStatic || isDue(.status) else { return false }
        // An end that comes while the status is on its way is not in it: its run must not be forgotten yet.
        let ends: [String] = unacknowledged
        let status: View<PodStatus> = PodStatusMaker(
            pod: pod, records: records, backingOff: plan?.backingOff ?? [], podIPs: podIPs, hostIPs: node.hostIPs,
            hasSandbox: sandbox != nil && !isShutDown, startTime: startTime ?? node.clock.time, failure: ending?.failure,
            isShutDown: isShutDown, imageVolumes: volumes.imageReferences, allocation: allocation, resizing: resizing,
            now: node.clock.time
        ).make()
        if isStatic {
            unacknowledged.removeFirst(ends.count)
            for id in ends { try? await sandbox?.acknowledge(id) }
            await reportMirror(status)
            return true
        }
        if status != reported {
            do {
                let patch: JSON = ["metadata": ["uid": .string(uid)], "status": Self.patch(status, over: pod.status)]
                let written: View<Pod> = try await node.client.patch(Pod.self, key, patch, subresource: "status")
                if status.phase == "Running", (reported ?? pod.status).phase == "Pending" {
                    node.measures.pod(startedAfter: seen.duration(to: .now))
                }
                reported = status
                setbacks[.status] = nil
                // Times of transitions count from what was written, though the informer may not have brought it yet.
                pod.status = written.status
                inbox.withLock { inbox in
                    guard let new = UInt64(written.metadata.resourceVersion), let old = UInt64(inbox.pod.metadata.resourceVersion),
                        old < new
                    else { return }
                    inbox.pod = written
                }
            } catch let status as APIStatus where status.isNotFound || status.isConflict {
                note(.status, first: .milliseconds(50), limit: .seconds(10))
                return false  // the informer brings what happened to the pod
            } catch {
                log.warning("writing a pod's status failed", metadata: ["error": "\(error)"])
                note(.status, first: .milliseconds(500), limit: .seconds(10))
                return false
            }
        }
        unacknowledged.removeFirst(ends.count)
        for id in ends { try? await sandbox?.acknowledge(id) }
        return true
    }

    /// Conditions are merged by type, so what is absent must be said, and which of ours are over.
    static func patch(_ status: View<PodStatus>, over known: View<PodStatus>) -> JSON {
        var json: JSON = status.json
        var conditions: [JSON] = (json["conditions"]?.array ?? []).map { condition in
            var condition: JSON = condition
            for field in ["reason", "message"] where condition[field] == nil { condition[field] = .null }
            return condition
        }
        for type in ["PodResizePending", "PodResizeInProgress"]
        where known.conditions.contains(where: { $0.type == type }) && !status.conditions.contains(where: { $0.type == type }) {
            conditions.append(["type": .string(type), "$patch": "delete"])
        }
        json["conditions"] = .array(conditions)
        return json
    }

    /// A run's end was seen; the sandbox may forget it when the API knows.
    func acknowledgeLater(_ id: String) { unacknowledged.append(id) }
}
