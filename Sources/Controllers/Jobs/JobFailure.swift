import API
import Machinery

/// What the failure of a pod means for its job. Pure.
///
/// Source: pkg/controller/job/pod_failure_policy.go, backoff_utils.go and indexed_job_utils.go.
struct JobFailure {
    let job: View<Job>

    /// What the first rule of `podFailurePolicy` that fits says.
    enum Meaning: Equatable {
        case counts
        case ignored
        /// The pod's number is lost, whatever its limit.
        case failsIndex
        case failsJob(String)
    }

    /// A deleted pod is a failed one from the start, unless only pods that have really ended are replaced.
    func isFailed(_ pod: View<Pod>) -> Bool {
        if pod.status.phase == "Failed" { return true }
        return !replacesFailedOnly && pod.isTerminating && pod.status.phase != "Succeeded"
    }

    /// A new pod is made only when the old one has ended, not already when it is being deleted.
    var replacesFailedOnly: Bool { job.spec.podReplacementPolicy == "Failed" || job.spec.podFailurePolicy != nil }

    func meaning(of pod: View<Pod>) -> Meaning {
        for (index, rule) in (job.spec.podFailurePolicy?.rules ?? []).enumerated() {
            guard let cause = Self.cause(rule, pod) else { continue }
            switch rule.action {
            case "FailJob": return .failsJob("\(cause) matching FailJob rule at index \(index)")
            case "FailIndex" where job.spec.backoffLimitPerIndex != nil: return .failsIndex
            case "Ignore": return .ignored
            default: return .counts
            }
        }
        return .counts
    }

    /// Why a rule fits a pod; nil when it does not.
    private static func cause(_ rule: View<PodFailurePolicyRule>, _ pod: View<Pod>) -> String? {
        if let codes = rule.onExitCodes {
            let all: [View<ContainerStatus>] = pod.status.containerStatuses + pod.status.initContainerStatuses
            for container in all where codes.containerName == nil || codes.containerName == container.name {
                guard let code = container.state.terminated?.exitCode, code != 0 else { continue }
                let isListed: Bool = codes.values.contains(code)
                if codes.operator == "In" ? isListed : !isListed {
                    return "Container \(container.name) for pod \(pod.key) failed with exit code \(code)"
                }
            }
            return nil
        }
        for condition in pod.status.conditions {
            if rule.onPodConditions.contains(where: { $0.type == condition.type && $0.status == condition.status }) {
                return "Pod \(pod.key) has condition \(condition.type)"
            }
        }
        return nil
    }

    // MARK: - Limits of each number

    static let countAnnotation = "batch.kubernetes.io/job-index-failure-count"
    static let ignoredCountAnnotation = "batch.kubernetes.io/job-index-ignored-failure-count"

    /// Failures of the number before this pod.
    static func failures(before pod: View<Pod>) -> (counted: Int, ignored: Int) {
        let annotations: [String: String] = pod.metadata.annotations
        return (annotations[countAnnotation].flatMap { Int($0) } ?? 0, annotations[ignoredCountAnnotation].flatMap { Int($0) } ?? 0)
    }

    /// The same with this pod, which failed: what its successor is told.
    func failures(with pod: View<Pod>) -> (counted: Int, ignored: Int) {
        let before: (counted: Int, ignored: Int) = Self.failures(before: pod)
        return meaning(of: pod) == .ignored ? (before.counted, before.ignored + 1) : (before.counted + 1, before.ignored)
    }

    /// True when the failed pod's number will not be tried again.
    func losesIndex(_ pod: View<Pod>) -> Bool {
        guard let limit = job.spec.backoffLimitPerIndex, isFailed(pod) else { return false }
        switch meaning(of: pod) {
        case .failsIndex: return true
        case .ignored: return false
        case .counts, .failsJob: return Self.failures(before: pod).counted >= limit
        }
    }
}

/// How long a job waits before it replaces failed pods: 10 s after the first failure, twice as long after each further one in a row,
/// 10 minutes at most.
enum JobBackOff {
    static func delay(failures: Int) -> Int64 { failures < 1 ? 0 : min(10 << Int64(min(failures - 1, 10)), 600) }

    /// What is left for the job as a whole, by the failures since the last success. Pure.
    static func left(_ pods: [View<Pod>], _ now: Time) -> Duration {
        let ended: [(at: Time, failed: Bool)] = pods.filter(\.isFinished).map { ($0.finishedAt ?? now, $0.status.phase == "Failed") }
            .sorted { $0.at > $1.at }
        let failures: ArraySlice<(at: Time, failed: Bool)> = ended.prefix { $0.failed }
        guard let last = failures.first else { return .zero }
        return .seconds(last.at.seconds + delay(failures: failures.count) - now.seconds)
    }

    /// What is left for the number of a pod that failed. Pure.
    static func left(after pod: View<Pod>, _ failure: JobFailure, _ now: Time) -> Duration {
        let count: (counted: Int, ignored: Int) = failure.failures(with: pod)
        return .seconds((pod.finishedAt ?? now).seconds + delay(failures: count.counted + count.ignored) - now.seconds)
    }
}

extension View<SuccessPolicy> {
    /// The text for the first rule that is met by the numbers that succeeded; nil when none is. Source: success_policy.go.
    func met(by done: CompletionIndexes) -> String? {
        for (index, rule) in self.rules.enumerated() {
            let wanted: CompletionIndexes? = rule.succeededIndexes.map { CompletionIndexes($0) }
            let count: Int = wanted.map { $0.common(with: done) } ?? done.count
            if count >= rule.succeededCount ?? wanted?.count ?? .max { return "Matched rules at index \(index)" }
        }
        return nil
    }
}
