import API
import Machinery

/// Makes a wished number of pods one that may be set now: calm over a window, and not too far from the present one. Pure.
///
/// Source: `normalizeDesiredReplicas` and `normalizeDesiredReplicasWithBehaviors` of pkg/controller/podautoscaler/horizontal.go.
struct ScaleLimits {
    /// A number that was wished for.
    struct Recommendation: Sendable, Equatable {
        let replicas: Int
        let at: ClusterClock.Instant
    }

    /// A change that was made; the number of pods that came or went.
    struct Change: Sendable, Equatable {
        let count: Int
        let at: ClusterClock.Instant
    }

    /// A number with why it is not another.
    struct Verdict: Equatable {
        let replicas: Int
        let reason: String
        let message: String
        /// False when the number is the wished one.
        var isLimited: Bool = true
    }

    let scaler: View<HorizontalPodAutoscaler>
    let current: Int
    let now: ClusterClock.Instant
    /// Of the past; without the present one.
    var recommendations: [Recommendation] = []
    var ups: [Change] = []
    var downs: [Change] = []

    private var least: Int { scaler.spec.minReplicas ?? 1 }
    private var most: Int { scaler.spec.maxReplicas }

    // MARK: - Calm

    /// The wish that is held over the windows: the lowest of those for more pods, the highest of those for fewer.
    func stabilized(_ wish: Int) -> Verdict {
        let behavior: View<HorizontalPodAutoscalerBehavior>? = scaler.spec.behavior
        let up: Int = behavior?.scaleUp?.stabilizationWindowSeconds ?? 0
        let down: Int = behavior?.scaleDown?.stabilizationWindowSeconds ?? 300
        var (lowest, highest): (Int, Int) = (wish, wish)
        for old in recommendations {
            let age: Duration = old.at.duration(to: now)
            if age < .seconds(up) { lowest = min(lowest, old.replicas) }
            if age < .seconds(down) { highest = max(highest, old.replicas) }
        }
        guard behavior != nil else {
            return highest == wish
                ? Verdict(
                    replicas: wish, reason: "ReadyForNewScale", message: "recommended size matches current size", isLimited: false)
                : Verdict(
                    replicas: highest, reason: "ScaleDownStabilized",
                    message: "recent recommendations were higher than current one, applying the highest recent recommendation")
        }
        let held: Int = min(max(current, lowest), highest)
        if held == wish {
            return Verdict(replicas: wish, reason: "ReadyForNewScale", message: "recommended size matches current size", isLimited: false)
        }
        return wish >= current
            ? Verdict(
                replicas: held, reason: "ScaleUpStabilized",
                message: "recent recommendations were lower than current one, applying the lowest recent recommendation")
            : Verdict(
                replicas: held, reason: "ScaleDownStabilized",
                message: "recent recommendations were higher than current one, applying the highest recent recommendation")
    }

    // MARK: - Pace

    private static func inRange(_ wish: Int) -> Verdict {
        Verdict(
            replicas: wish, reason: "DesiredWithinRange", message: "the desired count is within the acceptable range", isLimited: false)
    }

    private static func tooMany(_ count: Int) -> Verdict {
        Verdict(
            replicas: count, reason: "TooManyReplicas", message: "the desired replica count is more than the maximum replica count")
    }

    private static func tooFew(_ count: Int) -> Verdict {
        Verdict(
            replicas: count, reason: "TooFewReplicas", message: "the desired replica count is less than the minimum replica count")
    }

    private static func tooFast(_ count: Int, _ direction: String) -> Verdict {
        Verdict(
            replicas: count, reason: direction == "increasing" ? "ScaleUpLimit" : "ScaleDownLimit",
            message: "the desired replica count is \(direction) faster than the maximum scale rate")
    }

    /// The number that may be set now.
    func limited(_ wish: Int) -> Verdict {
        guard let behavior = scaler.spec.behavior else {
            let fastest: Int = max(2 * current, 4)
            if wish < least { return Self.tooFew(least) }
            if most > fastest { return wish > fastest ? Self.tooFast(fastest, "increasing") : Self.inRange(wish) }
            return wish > most ? Self.tooMany(most) : Self.inRange(wish)
        }
        if wish > current {
            let fastest: Int = max(current, limitUp(behavior.scaleUp ?? View()))
            let top: Int = min(most, fastest)
            if wish > top { return most > fastest ? Self.tooFast(top, "increasing") : Self.tooMany(top) }
        } else if wish < current {
            let fastest: Int = min(current, limitDown(behavior.scaleDown ?? View()))
            let bottom: Int = max(least, fastest)
            if wish < bottom { return least < fastest ? Self.tooFast(bottom, "decreasing") : Self.tooFew(bottom) }
        }
        return Self.inRange(wish)
    }

    private func limitUp(_ rules: View<HPAScalingRules>) -> Int {
        guard rules.selectPolicy != "Disabled" else { return current }
        let limits: [Int] = rules.policies.map { policy in
            let start: Int = countAtStart(of: policy)
            return policy.type == "Pods"
                ? start + policy.value : Int((Double(start) * (1 + Double(policy.value) / 100)).rounded(.up))
        }
        return (rules.selectPolicy == "Min" ? limits.min() : limits.max()) ?? current
    }

    private func limitDown(_ rules: View<HPAScalingRules>) -> Int {
        guard rules.selectPolicy != "Disabled" else { return current }
        let limits: [Int] = rules.policies.map { policy in
            let start: Int = countAtStart(of: policy)
            return policy.type == "Pods" ? start - policy.value : Int(Double(start) * (1 - Double(policy.value) / 100))
        }
        return (rules.selectPolicy == "Min" ? limits.max() : limits.min()) ?? current
    }

    /// The number of pods when the policy's period began.
    private func countAtStart(of policy: View<HPAScalingPolicy>) -> Int {
        func sum(_ changes: [Change]) -> Int {
            changes.reduce(0) { $1.at.duration(to: now) < .seconds(policy.periodSeconds) ? $0 + $1.count : $0 }
        }
        return current - sum(ups) + sum(downs)
    }

    /// The longest time that changes and recommendations matter.
    static let memory: Duration = .seconds(3600)
}
