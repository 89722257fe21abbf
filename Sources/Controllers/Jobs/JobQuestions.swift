import API
import Machinery

// What the plan of a Job asks of the job, its status and its pods.

extension View<Job> {
    var isIndexed: Bool { self.spec.completionMode == "Indexed" }

    var finishedAt: Time? {
        self.status.conditions.first { ($0.type == "Complete" || $0.type == "Failed") && $0.status == "True" }?.lastTransitionTime
    }
}

extension View<Pod> {
    static var trackingFinalizer: String { "batch.kubernetes.io/job-tracking" }

    /// Not counted yet.
    var isTracked: Bool { self.metadata.finalizers.contains(Self.trackingFinalizer) }

    var completionIndex: Int? { self.metadata.annotations[JobLabels.completionIndex].flatMap { Int($0) } }

    /// When its last container ended, or when it was told to.
    var finishedAt: Time? {
        self.status.containerStatuses.compactMap { $0.state.terminated?.finishedAt }.max() ?? self.metadata.deletionTimestamp
    }
}

extension View<JobStatus> {
    func condition(_ type: String) -> View<JobCondition>? { self.conditions.first { $0.type == type } }

    /// Returns false when it was like this already.
    @discardableResult
    mutating func setCondition(_ type: String, _ isTrue: Bool, _ reason: String, _ message: String, _ now: Time) -> Bool {
        let word: String = isTrue ? "True" : "False"
        if let old = condition(type), old.status == word { return false }
        let new = View<JobCondition> {
            $0.type = type
            $0.status = word
            $0.lastProbeTime = now
            $0.lastTransitionTime = now
            $0.reason = reason
            $0.message = message
        }
        self.conditions = self.conditions.filter { $0.type != type } + [new]
        return true
    }
}
