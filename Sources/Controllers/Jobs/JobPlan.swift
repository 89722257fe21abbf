import API
import Machinery

/// What a Job needs next, decided from what was read. Pure.
///
/// Pods carry a finalizer until they are counted: a pod that ended is first noted by uid in the status, then loses its finalizer, then
/// is counted. A crash between any two steps counts nothing twice and forgets nothing. Source: KEP-2307, pkg/controller/job.
struct JobPlan {
    /// The status to write; equal to the present one when nothing changes.
    private(set) var status: View<JobStatus>
    /// Ended pods that are noted in the status and may lose their finalizer once it is written.
    private(set) var toRelease: [View<Pod>] = []
    /// Active pods that must go.
    private(set) var victims: [View<Pod>] = []
    /// Completion indexes of pods to make; nil stands for a pod without one.
    private(set) var toMake: [Int?] = []
    private(set) var nextLook: Duration?
    /// The job's news, as events.
    private(set) var news: [(level: String, reason: String, message: String)] = []

    /// - Parameter pods: all that the job controls.
    init(_ job: View<Job>, pods: [View<Pod>], now: Time) {
        status = job.status
        let active: [View<Pod>] = pods.filter { !$0.isFinished && !$0.isTerminating }
        status.active = active.count
        status.ready = active.count(where: \.isReady)
        status.terminating = pods.count { $0.isTerminating && !$0.isFinished }
        guard !job.isFinished else {
            victims = active
            toRelease = pods.filter(\.isTracked)
            nextLook = job.expiry(now)
            return
        }
        if status.startTime == nil, job.spec.suspend != true { status.startTime = now }
        count(pods, job, now)
        decide(job, pods, active, now)
    }

    // MARK: - Counting

    private mutating func count(_ pods: [View<Pod>], _ job: View<Job>, _ now: Time) {
        var noted: View<UncountedTerminatedPods> = status.uncountedTerminatedPods ?? View<UncountedTerminatedPods>()
        let tracked: Set<String> = Set(pods.filter(\.isTracked).map(\.metadata.uid))
        // Noted and without finalizer: counted now.
        let succeeded: [String] = noted.succeeded.filter { !tracked.contains($0) }
        let failed: [String] = noted.failed.filter { !tracked.contains($0) }
        if !job.isIndexed { status.succeeded += succeeded.count }
        status.failed += failed.count
        noted.succeeded = noted.succeeded.filter(tracked.contains)
        noted.failed = noted.failed.filter(tracked.contains)

        var indexes = CompletionIndexes(status.completedIndexes)
        for pod in pods where pod.isTracked && (pod.isFinished || pod.isTerminating) {
            let uid: String = pod.metadata.uid
            if pod.status.phase == "Succeeded" {
                if !noted.succeeded.contains(uid) { noted.succeeded.append(uid) }
                if job.isIndexed, let index = pod.completionIndex { indexes.insert(index) }
            } else if pod.isFinished || pod.isTerminating && job.spec.podReplacementPolicy != "Failed" {
                if !noted.failed.contains(uid) { noted.failed.append(uid) }
            } else {
                continue
            }
            toRelease.append(pod)
        }
        if job.isIndexed {
            status.completedIndexes = indexes.text
            status.succeeded = indexes.count
        }
        if noted.succeeded.isEmpty && noted.failed.isEmpty {
            status.uncountedTerminatedPods = status.uncountedTerminatedPods == nil ? nil : View<UncountedTerminatedPods>()
        } else {
            status.uncountedTerminatedPods = noted
        }
    }

    /// Counted and noted together: what decisions go by.
    private func totals(_ job: View<Job>) -> (succeeded: Int, failed: Int) {
        let noted: View<UncountedTerminatedPods>? = status.uncountedTerminatedPods
        return (
            status.succeeded + (job.isIndexed ? 0 : noted?.succeeded.count ?? 0), status.failed + (noted?.failed.count ?? 0)
        )
    }

    // MARK: - Deciding

    private mutating func decide(_ job: View<Job>, _ pods: [View<Pod>], _ active: [View<Pod>], _ now: Time) {
        let (succeeded, failed): (Int, Int) = totals(job)
        if let target = status.condition("FailureTarget") {
            return end(job, active, succeeded: false, reason: target.reason, message: target.message, now)
        }
        if let (reason, message) = failure(job, active, failed: failed, now) {
            return end(job, active, succeeded: false, reason: reason, message: message, now)
        }
        let isDone: Bool =
            job.spec.completions.map { succeeded >= $0 } ?? (succeeded > 0 && active.isEmpty)
        if isDone {
            return end(
                job, active, succeeded: true, reason: "CompletionsReached", message: "Reached expected number of succeeded pods", now)
        }
        if job.spec.suspend == true {
            victims = active
            if status.setCondition("Suspended", true, "JobSuspended", "Job suspended", now) {
                status.startTime = nil
                news.append(("Normal", "Suspended", "Job suspended"))
            }
            return
        }
        if status.condition("Suspended")?.status == "True" {
            status.setCondition("Suspended", false, "JobResumed", "Job resumed", now)
            status.startTime = now
            news.append(("Normal", "Resumed", "Job resumed"))
        }
        scale(job, pods, active, succeeded: succeeded, now)
        if let deadline = job.spec.activeDeadlineSeconds, let start = status.startTime {
            let left: Duration = .seconds(max(0, start.seconds + Int64(deadline) - now.seconds))
            nextLook = min(nextLook ?? left, left)
        }
    }

    private func failure(_ job: View<Job>, _ active: [View<Pod>], failed: Int, _ now: Time) -> (String, String)? {
        let limit: Int = job.spec.backoffLimit ?? 6
        let restarts: Int =
            job.spec.template.spec.restartPolicy == "OnFailure"
            ? active.reduce(0) { sum, pod in sum + pod.status.containerStatuses.reduce(0) { $0 + $1.restartCount } } : 0
        if failed > limit || limit > 0 && restarts >= limit && restarts > 0 {
            return ("BackoffLimitExceeded", "Job has reached the specified backoff limit")
        }
        if let deadline = job.spec.activeDeadlineSeconds, let start = status.startTime, job.spec.suspend != true,
            now.seconds - start.seconds >= Int64(deadline)
        {
            return ("DeadlineExceeded", "Job was active longer than specified deadline")
        }
        return nil
    }

    /// The end comes in two steps: the decision, then, when all pods are counted and gone, the fact.
    private mutating func end(
        _ job: View<Job>, _ active: [View<Pod>], succeeded: Bool, reason: String, message: String, _ now: Time
    ) {
        victims = active
        status.setCondition(succeeded ? "SuccessCriteriaMet" : "FailureTarget", true, reason, message, now)
        let noted: View<UncountedTerminatedPods>? = status.uncountedTerminatedPods
        guard active.isEmpty, (status.terminating ?? 0) == 0, noted?.succeeded.isEmpty ?? true, noted?.failed.isEmpty ?? true else {
            return
        }
        status.setCondition(succeeded ? "Complete" : "Failed", true, reason, message, now)
        if succeeded {
            status.completionTime = now
            news.append(("Normal", "Completed", "Job completed"))
        } else {
            news.append(("Warning", reason, message))
        }
        nextLook = job.spec.ttlSecondsAfterFinished.map { .seconds($0) }
    }

    private mutating func scale(_ job: View<Job>, _ pods: [View<Pod>], _ active: [View<Pod>], succeeded: Int, _ now: Time) {
        let parallelism: Int = job.spec.parallelism ?? 1
        let wanted: Int
        if let completions = job.spec.completions {
            wanted = min(max(0, completions - succeeded), parallelism)
        } else {
            wanted = succeeded > 0 ? min(active.count, parallelism) : parallelism
        }
        let surplus: Int = active.count - wanted
        if surplus > 0 {
            victims = Array(VictimRank.sorted(active).prefix(surplus))
            return
        }
        let terminating: Int = job.spec.podReplacementPolicy == "Failed" ? status.terminating ?? 0 : 0
        let missing: Int = wanted - active.count - terminating
        guard missing > 0 else { return }
        let wait: Duration = Self.backOff(pods, now)
        guard wait <= .zero else {
            nextLook = wait
            return
        }
        guard job.isIndexed else {
            toMake = Array(repeating: nil, count: missing)
            return
        }
        let done = CompletionIndexes(status.completedIndexes)
        let busy: Set<Int> = Set(active.compactMap(\.completionIndex))
        toMake = (0..<(job.spec.completions ?? 0)).lazy.filter { !done.contains($0) && !busy.contains($0) }.prefix(missing).map { $0 }
    }

    /// 10 s after the first failure in a row, twice as long after each further one, 10 minutes at most.
    private static func backOff(_ pods: [View<Pod>], _ now: Time) -> Duration {
        let ended: [(at: Time, failed: Bool)] = pods.filter(\.isFinished).map { ($0.finishedAt ?? now, $0.status.phase == "Failed") }
            .sorted { $0.at > $1.at }
        let failures: ArraySlice<(at: Time, failed: Bool)> = ended.prefix { $0.failed }
        guard let last = failures.first else { return .zero }
        let delay: Int64 = min(10 << Int64(min(failures.count - 1, 10)), 600)
        return .seconds(last.at.seconds + delay - now.seconds)
    }
}

extension View<Job> {
    var isIndexed: Bool { self.spec.completionMode == "Indexed" }

    /// What is left of the time to live after the end; nil for a job that stays.
    func expiry(_ now: Time) -> Duration? {
        guard let seconds = self.spec.ttlSecondsAfterFinished, let end = finishedAt else { return nil }
        return .seconds(max(0, end.seconds + Int64(seconds) - now.seconds))
    }

    var finishedAt: Time? {
        self.status.conditions.first { ($0.type == "Complete" || $0.type == "Failed") && $0.status == "True" }?.lastTransitionTime
    }
}

extension View<Pod> {
    static var trackingFinalizer: String { "batch.kubernetes.io/job-tracking" }

    /// Not counted yet.
    var isTracked: Bool { self.metadata.finalizers.contains(Self.trackingFinalizer) }

    var completionIndex: Int? { self.metadata.annotations[JobLabels.completionIndex].flatMap { Int($0) } }

    /// When its last container ended.
    var finishedAt: Time? { self.status.containerStatuses.compactMap { $0.state.terminated?.finishedAt }.max() }
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
