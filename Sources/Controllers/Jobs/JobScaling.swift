import API
import Machinery

/// Which pods a Job that goes on makes and which must go, so that as many run as it wants. Pure.
struct JobScaling {
    /// A pod to make.
    struct NewPod: Equatable {
        /// Of an Indexed job.
        var index: Int?
        /// Failures of the index so far; nil where they don't count by index.
        var failures: Int?
        var ignoredFailures: Int?
    }

    /// Active pods that must go.
    private(set) var victims: [View<Pod>] = []
    private(set) var toMake: [NewPod] = []
    private(set) var nextLook: Duration?

    /// As upstream: more is left for the next round.
    static let most = 500

    private let job: View<Job>
    private let pods: [View<Pod>]
    private let active: [View<Pod>]
    private let done: CompletionIndexes
    private let lost: CompletionIndexes
    private let waiting: [Int: View<Pod>]
    private let failure: JobFailure
    private let now: Time

    /// - Parameters:
    ///   - pods: all that the job controls.
    ///   - active: those that have neither ended nor been told to.
    ///   - waiting: the failed pod of each index that has no successor yet.
    ///   - terminating: how many that are on their way out still count as running.
    init(
        _ job: View<Job>, pods: [View<Pod>], active: [View<Pod>], done: CompletionIndexes, lost: CompletionIndexes,
        waiting: [Int: View<Pod>], succeeded: Int, terminating: Int, now: Time
    ) {
        self.job = job
        self.pods = pods
        self.active = active
        self.done = done
        self.lost = lost
        self.waiting = waiting
        self.now = now
        failure = JobFailure(job: job)
        scale(succeeded, terminating: terminating)
    }

    private mutating func look(in delay: Duration) { nextLook = min(nextLook ?? delay, delay) }

    private mutating func scale(_ succeeded: Int, terminating: Int) {
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
