import API
import Machinery

/// The life of a pod on a simulated node. Pure.
///
/// It runs until it is deleted, unless an annotation says how long its containers take and how they end.
enum SimulatedPod {
    enum Step: Equatable {
        case nothing
        case wait(Duration)
        case start
        /// With this exit code.
        case end(Int)
        case remove
    }

    /// How long the containers run, such as `90s`; for ever without it.
    static let durationAnnotation = "swkube.dev/simulated-duration"
    /// What they end with; 0 without it.
    static let exitCodeAnnotation = "swkube.dev/simulated-exit-code"

    static func step(_ pod: View<Pod>, now: Time) -> Step {
        guard !pod.isTerminating else {
            // Whoever holds a finalizer must see that the pod has ended.
            if !pod.isFinished, !pod.metadata.finalizers.isEmpty { return .end(137) }
            return pod.isFinished && !pod.metadata.finalizers.isEmpty ? .nothing : .remove
        }
        guard !pod.isFinished else { return .nothing }
        guard pod.status.phase == "Running" else { return .start }
        let annotations: [String: String] = pod.metadata.annotations
        guard let text = annotations[durationAnnotation], let duration = try? GoDuration.parse(text), let start = pod.status.startTime
        else { return .nothing }
        let left: Duration = (start + duration) - now
        return left > .zero ? .wait(left) : .end(annotations[exitCodeAnnotation].flatMap { Int($0) } ?? 0)
    }

    /// - Parameter address: the pod gets that one of 100.64.0.0/10, which nothing answers at.
    static func running(_ pod: View<Pod>, address: UInt32, now: Time) -> JSON {
        let number: UInt32 = 100 << 24 | 64 << 16 | address & 0x3F_FFFF
        let ip: String = [24, 16, 8, 0].map { String(number >> $0 & 0xFF) }.joined(separator: ".")
        let containers: [JSON] = pod.spec.containers.map { container in
            status(of: container, started: true, state: ["running": ["startedAt": now.json]])
        }
        return [
            "phase": "Running", "startTime": now.json, "hostIP": "127.0.0.1", "podIP": .string(ip), "podIPs": [["ip": .string(ip)]],
            "conditions": conditions(ready: true, reason: nil, now), "containerStatuses": .array(containers),
        ]
    }

    static func ended(_ pod: View<Pod>, code: Int, now: Time) -> JSON {
        let containers: [JSON] = pod.spec.containers.map { container in
            status(
                of: container, started: false,
                state: [
                    "terminated": [
                        "exitCode": .int(Int64(code)), "reason": code == 0 ? "Completed" : "Error",
                        "startedAt": (pod.status.startTime ?? now).json, "finishedAt": now.json,
                    ]
                ])
        }
        return [
            "phase": code == 0 ? "Succeeded" : "Failed", "conditions": conditions(ready: false, reason: "PodCompleted", now),
            "containerStatuses": .array(containers),
        ]
    }

    private static func status(of container: View<Container>, started: Bool, state: JSON) -> JSON {
        [
            "name": .string(container.name), "image": .string(container.image), "imageID": "", "ready": .bool(started),
            "started": .bool(started), "restartCount": 0, "state": state,
        ]
    }

    private static func conditions(ready: Bool, reason: String?, _ now: Time) -> JSON {
        .array(
            ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady"].map { type in
                let isTrue: Bool = ready || type == "Initialized"
                var condition: JSON = [
                    "type": .string(type), "status": isTrue ? "True" : "False", "lastTransitionTime": now.json,
                ]
                if let reason, !isTrue { condition["reason"] = .string(reason) }
                return condition
            })
    }
}
