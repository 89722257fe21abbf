package import Machinery

/// How pods go: their processes get time to end.
extension Pod {
    /// What was asked for, else what the spec says. A pod without a node, or one that has ended, has no process to wait for.
    /// Source: `CheckGracefulDelete` of pkg/registry/core/pod.
    package static func gracePeriod(_ pod: View<Pod>, requested: Int?) -> Int {
        guard pod.isScheduled, !pod.isFinished else { return 0 }
        let seconds: Int = requested ?? pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds
        // Less than nothing is as soon as possible, but in order.
        return seconds < 0 ? 1 : seconds
    }
}
