import API
import Machinery

/// What a Job needs next, decided from what was read. Pure.
///
/// Pods carry a finalizer until they are counted: a pod that ended is first noted by uid in the status, then loses its finalizer, then
/// is counted. A crash between any two steps counts nothing twice and forgets nothing. Where each number has its own limit, a failed
/// pod keeps its finalizer, and so its count of failures, until its successor is there.
/// Source: KEP-2307, KEP-3850, pkg/controller/job/job_controller.go.
struct JobPlan {
    /// The status to write; equal to the present one when nothing changes.
    private(set) var status: View<JobStatus>
    /// Pods that may lose their finalizer once the status is written.
    private(set) var toRelease: [View<Pod>] = []
    /// Active pods that must go.
    private(set) var victims: [View<Pod>] = []
    private(set) var toMake: [JobScaling.NewPod] = []
    private(set) var nextLook: Duration?
    /// The job's news, as events.
    private(set) var news: [(level: String, reason: String, message: String)] = []

    private let job: View<Job>
    private let pods: [View<Pod>]
    private let active: [View<Pod>]
    private let failure: JobFailure
    private let now: Time
    private var done: CompletionIndexes
    private var lost: CompletionIndexes
    /// The failed pod of each index that has no successor yet.
    private var waiting: [Int: View<Pod>] = [:]
    /// Completed and failed pods, counted and noted together: what decisions go by.
    private var succeeded: Int = 0
    private var failed: Int = 0

    /// - Parameter pods: all that the job controls.
    init(_ job: View<Job>, pods: [View<Pod>], now: Time) {
        self.job = job
        self.pods = pods
        self.now = now
        failure = JobFailure(job: job)
        status = job.status
        active = pods.filter { !$0.isFinished && !$0.isTerminating }
        done = CompletionIndexes(job.status.completedIndexes)
        lost = CompletionIndexes(job.status.failedIndexes ?? "")
        status.active = active.count
        status.ready = active.count(where: \.isReady)
        status.terminating = pods.count { $0.isTerminating && !$0.isFinished }
        guard !job.isFinished else {
            victims = active
            toRelease = pods.filter(\.isTracked)
            return
        }
        if status.startTime == nil, job.spec.suspend != true { status.startTime = now }
        settleIndexes()
        count()
        decide()
    }

    // MARK: - Counting

    /// Which indexes have succeeded, which are lost and which wait for a successor.
    private mutating func settleIndexes() {
        guard job.isIndexed else { return }
        let range: Range<Int> = 0..<(job.spec.completions ?? 0)
        for pod in pods {
            guard pod.isTracked, let index = pod.completionIndex, range.contains(index) else { continue }
            if pod.status.phase == "Succeeded" { done.insert(index) }
            if failure.losesIndex(pod) { lost.insert(index) }
        }
        guard job.spec.backoffLimitPerIndex != nil else { return }
        let covered: [Int: Int] = active.reduce(into: [:]) { covered, pod in
            guard let index = pod.completionIndex else { return }
            let count: (counted: Int, ignored: Int) = JobFailure.failures(before: pod)
            covered[index] = max(covered[index] ?? 0, count.counted + count.ignored)
        }
        for pod in pods where pod.isTracked && failure.isFailed(pod) {
            guard let index = pod.completionIndex, range.contains(index), !done.contains(index), !lost.contains(index) else { continue }
            let own: Int = Self.sum(JobFailure.failures(before: pod))
            if let successor = covered[index], successor > own { continue }
            if let other = waiting[index], Self.sum(JobFailure.failures(before: other)) >= own { continue }
            waiting[index] = pod
        }
    }

    private static func sum(_ failures: (counted: Int, ignored: Int)) -> Int { failures.counted + failures.ignored }

    private mutating func count() {
        let before: View<UncountedTerminatedPods>? = status.uncountedTerminatedPods
        let tracked: Set<String> = Set(pods.filter(\.isTracked).map(\.metadata.uid))
        // Noted and without finalizer: counted now.
        var (goods, bads): ([String], [String]) = (before?.succeeded ?? [], before?.failed ?? [])
        if !job.isIndexed { status.succeeded += goods.count { !tracked.contains($0) } }
        status.failed += bads.count { !tracked.contains($0) }
        goods.removeAll { !tracked.contains($0) }
        bads.removeAll { !tracked.contains($0) }
        let known: Set<String> = Set(goods + bads)

        let isEnding: Bool = status.condition("FailureTarget") != nil || status.condition("SuccessCriteriaMet") != nil
        for pod in pods where pod.isTracked {
            let uid: String = pod.metadata.uid
            if pod.status.phase == "Succeeded" {
                if !known.contains(uid) { goods.append(uid) }
            } else if failure.isFailed(pod) || isEnding && pod.isTerminating {
                if !isEnding, let index = pod.completionIndex, waiting[index]?.metadata.uid == uid { continue }
                if !known.contains(uid), failure.meaning(of: pod) != .ignored { bads.append(uid) }
            } else {
                continue
            }
            toRelease.append(pod)
        }
        if job.isIndexed {
            status.completedIndexes = done.text
            status.succeeded = done.count
            if job.spec.backoffLimitPerIndex != nil { status.failedIndexes = lost.text }
        }
        if before != nil || !(goods + bads).isEmpty {
            status.uncountedTerminatedPods = View<UncountedTerminatedPods> {
                if !goods.isEmpty { $0.succeeded = goods }
                if !bads.isEmpty { $0.failed = bads }
            }
        }
        succeeded = status.succeeded + (job.isIndexed ? 0 : goods.count)
        failed = status.failed + bads.count
    }

    // MARK: - Deciding

    private mutating func decide() {
        if let target = status.condition("FailureTarget") {
            return end(succeeded: false, reason: target.reason, message: target.message)
        }
        if let met = status.condition("SuccessCriteriaMet") {
            return end(succeeded: true, reason: met.reason, message: met.message)
        }
        if let (reason, message) = reasonToFail { return end(succeeded: false, reason: reason, message: message) }
        if job.isIndexed, let message = job.spec.successPolicy?.met(by: done) {
            return end(succeeded: true, reason: "SuccessPolicy", message: message)
        }
        let isDone: Bool = job.spec.completions.map { succeeded >= $0 } ?? (succeeded > 0 && active.isEmpty)
        if isDone {
            return end(succeeded: true, reason: "CompletionsReached", message: "Reached expected number of succeeded pods")
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
        let scaling = JobScaling(
            job, pods: pods, active: active, done: done, lost: lost, waiting: waiting, succeeded: succeeded,
            terminating: failure.replacesFailedOnly ? status.terminating ?? 0 : 0, now: now)
        victims = scaling.victims
        toMake = scaling.toMake
        if let delay = scaling.nextLook { look(in: delay) }
        if let deadline = job.spec.activeDeadlineSeconds, let start = status.startTime {
            look(in: .seconds(max(0, start.seconds + Int64(deadline) - now.seconds)))
        }
    }

    private mutating func look(in delay: Duration) { nextLook = min(nextLook ?? delay, delay) }

    /// In this order: a rule for failed pods, the limit of failures, the deadline, the limits of lost indexes.
    private var reasonToFail: (reason: String, message: String)? {
        for pod in pods where failure.isFailed(pod) {
            if case .failsJob(let message) = failure.meaning(of: pod) { return ("PodFailurePolicy", message) }
        }
        let limit: Int = job.spec.backoffLimit ?? 6
        if failed > limit || hasTooManyRestarts(limit) {
            return ("BackoffLimitExceeded", "Job has reached the specified backoff limit")
        }
        if let deadline = job.spec.activeDeadlineSeconds, let start = status.startTime, job.spec.suspend != true,
            now.seconds - start.seconds >= Int64(deadline)
        {
            return ("DeadlineExceeded", "Job was active longer than specified deadline")
        }
        guard job.spec.backoffLimitPerIndex != nil, lost.count > 0 else { return nil }
        if let most = job.spec.maxFailedIndexes, lost.count > most {
            return ("MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes")
        }
        if lost.count + done.count >= job.spec.completions ?? 0 { return ("FailedIndexes", "Job has failed indexes") }
        return nil
    }

    /// Restarts within pods count where the node restarts containers itself.
    private func hasTooManyRestarts(_ limit: Int) -> Bool {
        guard job.spec.template.spec.restartPolicy == "OnFailure" else { return false }
        let restarts: Int = active.reduce(0) { sum, pod in
            (pod.status.initContainerStatuses + pod.status.containerStatuses).reduce(sum) { $0 + $1.restartCount }
        }
        return limit == 0 ? restarts > 0 : restarts >= limit
    }

    /// The end comes in two steps: the decision, then, when all pods are counted and gone, the fact.
    private mutating func end(succeeded: Bool, reason: String, message: String) {
        victims = active
        status.setCondition(succeeded ? "SuccessCriteriaMet" : "FailureTarget", true, reason, message, now)
        let noted: View<UncountedTerminatedPods>? = status.uncountedTerminatedPods
        // A failed pod without successor will have none now: it is counted with the next look.
        let released: Set<String> = Set(toRelease.map(\.name))
        let isCounting: Bool = pods.contains { $0.isTracked && !released.contains($0.name) && $0.isFinished }
        guard active.isEmpty, (status.terminating ?? 0) == 0, noted?.succeeded.isEmpty ?? true, noted?.failed.isEmpty ?? true, !isCounting
        else { return }
        status.setCondition(succeeded ? "Complete" : "Failed", true, reason, message, now)
        if succeeded {
            status.completionTime = now
            news.append(("Normal", "Completed", "Job completed"))
        } else {
            news.append(("Warning", reason, message))
        }
    }
}
