import API
import Machinery

/// What a Job needs next, decided from what was read. Pure.
///
/// Pods carry a finalizer until they are counted: a pod that ended is first noted by uid in the status, then loses its finalizer, then
/// is counted. A crash between any two steps counts nothing twice and forgets nothing. Where each number has its own limit, a failed
/// pod keeps its finalizer, and so its count of failures, until its successor is there.
/// Source: KEP-2307, KEP-3850, pkg/controller/job/job_controller.go.
struct JobPlan {
    /// A pod to make.
    struct NewPod: Equatable {
        /// Of an Indexed job.
        var index: Int?
        /// Failures of the index so far; nil where they don't count by index.
        var failures: Int?
        var ignoredFailures: Int?
    }

    /// The status to write; equal to the present one when nothing changes.
    private(set) var status: View<JobStatus>
    /// Pods that may lose their finalizer once the status is written.
    private(set) var toRelease: [View<Pod>] = []
    /// Active pods that must go.
    private(set) var victims: [View<Pod>] = []
    private(set) var toMake: [NewPod] = []
    private(set) var nextLook: Duration?
    /// The job's news, as events.
    private(set) var news: [(level: String, reason: String, message: String)] = []

    /// As upstream: more is left for the next round.
    static let most = 500

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
        scale()
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

    // MARK: - Scaling

    private mutating func scale() {
        let parallelism: Int = job.spec.parallelism ?? 1
        let wanted: Int
        if let completions = job.spec.completions {
            wanted = min(max(0, completions - succeeded - (job.isIndexed ? lost.count : 0)), parallelism)
        } else {
            wanted = succeeded > 0 ? min(active.count, parallelism) : parallelism
        }
        victims = misnumbered
        let staying: [View<Pod>] = active.filter { pod in !victims.contains { $0.name == pod.name } }
        let surplus: Int = staying.count - wanted
        if surplus > 0 {
            victims += VictimRank.sorted(staying).prefix(surplus)
            return
        }
        let terminating: Int = failure.replacesFailedOnly ? status.terminating ?? 0 : 0
        let missing: Int = min(wanted - staying.count - terminating, Self.most)
        guard missing > 0 else { return }
        if job.spec.backoffLimitPerIndex == nil {
            let wait: Duration = JobBackOff.left(pods, now)
            if wait > .zero { return look(in: wait) }
        }
        guard job.isIndexed else {
            toMake = Array(repeating: NewPod(), count: missing)
            return
        }
        makeIndexes(missing, busy: Set(staying.compactMap(\.completionIndex)))
    }

    /// The lowest indexes that are neither done, lost nor running, each when its own back-off is over.
    private mutating func makeIndexes(_ missing: Int, busy: Set<Int>) {
        let ending: Set<Int> =
            failure.replacesFailedOnly ? Set(pods.filter { $0.isTerminating && !$0.isFinished }.compactMap(\.completionIndex)) : []
        for index in 0..<(job.spec.completions ?? 0) where toMake.count < missing {
            guard !done.contains(index), !lost.contains(index), !busy.contains(index), !ending.contains(index) else { continue }
            guard job.spec.backoffLimitPerIndex != nil else {
                toMake.append(NewPod(index: index))
                continue
            }
            guard let predecessor = waiting[index] else {
                toMake.append(NewPod(index: index, failures: 0))
                continue
            }
            let wait: Duration = JobBackOff.left(after: predecessor, failure, now)
            if wait > .zero {
                look(in: wait)
            } else {
                let count: (counted: Int, ignored: Int) = failure.failures(with: predecessor)
                toMake.append(
                    NewPod(index: index, failures: count.counted, ignoredFailures: count.ignored > 0 ? count.ignored : nil))
            }
        }
    }

    /// Active pods of an Indexed job whose index is none, or is another pod's too.
    private var misnumbered: [View<Pod>] {
        guard job.isIndexed else { return [] }
        let range: Range<Int> = 0..<(job.spec.completions ?? 0)
        var seen: Set<Int> = []
        // The one that has come furthest stays.
        return VictimRank.sorted(active).reversed().filter { pod in
            guard let index = pod.completionIndex, range.contains(index) else { return true }
            return !seen.insert(index).inserted
        }
    }
}

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
