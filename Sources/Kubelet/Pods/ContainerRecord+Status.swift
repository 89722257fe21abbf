import API
import Machinery

/// What the API's status still knows of a container when the kubelet starts anew.
extension ContainerRecord {
    init(_ name: String, _ role: Role, _ status: View<ContainerStatus>?, image: String) {
        self.init(name, role)
        guard let status else { return }
        attempt = status.restartCount
        imageID = status.imageID
        user = status.user?.linux.map { linux in
            Identity(
                uid: UInt32(clamping: linux.uid), gid: UInt32(clamping: linux.gid),
                groups: linux.supplementalGroups.map { UInt32(clamping: $0) })
        }
        resources = status.resources
        previous = status.lastState.terminated.map { End($0) }
        isReady = status.ready
        isStarted = status.started ?? false
        if let ended: View<ContainerStateTerminated> = status.state.terminated {
            phase = .ended(End(ended))
        } else if let running: View<ContainerStateRunning> = status.state.running {
            let startedAt = ClusterClock.Instant(running.startedAt ?? .epoch)
            phase = .running(Run(startedAt: startedAt, image: status.image.isEmpty ? image : status.image))
        } else if let last = previous, let waiting: View<ContainerStateWaiting> = status.state.waiting,
            waiting.reason == "CrashLoopBackOff" || waiting.reason == "RunContainerError"
        {
            phase = .ended(last)
            previous = nil
        }
    }
}

extension ContainerRecord.End {
    init(_ state: View<ContainerStateTerminated>) {
        let finished: Time = state.finishedAt ?? .epoch
        self.init(
            exitCode: state.exitCode, signal: state.signal, reason: state.reason, message: state.message, startedAt: state.startedAt,
            finishedAt: finished, moment: ClusterClock.Instant(finished), containerID: state.containerID)
    }

    /// A run whose end nobody saw. Source: `convertStatusToAPIStatus` of pkg/kubelet.
    static func unknown(containerID: String, now: ClusterClock.Instant) -> ContainerRecord.End {
        ContainerRecord.End(
            exitCode: 137, signal: 0, reason: "ContainerStatusUnknown",
            message: "The container could not be located when the pod was terminated", startedAt: nil, finishedAt: now.time, moment: now,
            containerID: containerID)
    }

    var view: View<ContainerStateTerminated> {
        View<ContainerStateTerminated> {
            $0.exitCode = exitCode
            if signal != 0 { $0.signal = signal }
            $0.reason = reason
            if !message.isEmpty { $0.message = message }
            $0.startedAt = startedAt ?? .epoch
            $0.finishedAt = finishedAt
            $0.containerID = containerID
        }
    }
}
