import API
import Client
import Machinery
import Synchronization

/// Keeps the number of pods of a workload in step with its load, through the `scale` subresource of any kind that has one.
///
/// Reads HorizontalPodAutoscalers, Pods, scales and metrics. Each 15 seconds: asks each metric how many pods it wants, takes the highest,
/// holds it over the stabilization windows, keeps to the pace of the policies, sets the scale, writes the status.
/// Source: pkg/controller/podautoscaler/horizontal.go.
struct HorizontalController: ObjectController {
    static let name = "horizontal-pod-autoscaler"
    static let queueName = "horizontalpodautoscaler"
    static let period: Duration = .seconds(15)

    /// What is remembered of one autoscaler. A restart begins with the present number as the one recommendation.
    private struct Memory {
        var recommendations: [ScaleLimits.Recommendation] = []
        var ups: [ScaleLimits.Change] = []
        var downs: [ScaleLimits.Change] = []
    }

    private final class Memories: Sendable { let all = Mutex<[ObjectKey: Memory]>([:]) }

    let context: ControllerContext
    private var pods: Informer<Pod> { context.copy() }
    private let memories = Memories()

    var others: [any ObjectCopy] { [pods] }

    static func concerns(_ before: View<HorizontalPodAutoscaler>?, _ after: View<HorizontalPodAutoscaler>?) -> Bool {
        before?.json["spec"] != after?.json["spec"]
    }

    func clear(_ key: ObjectKey) async throws { memories.all.withLock { $0[key] = nil } }

    func reconcile(_ scaler: View<HorizontalPodAutoscaler>) async throws -> Duration? {
        var status = ScalerStatus(scaler, now: context.clock.time)
        do {
            try await scale(scaler, &status)
        } catch let failure as ScalerFailure {
            tell(scaler, .warning, reason: failure.reason, failure.message)
        }
        var updated: View<HorizontalPodAutoscaler> = scaler
        updated.status = status.status
        try await context.writeStatus(updated, from: scaler)
        return Self.period
    }

    // MARK: - One round

    private func scale(_ scaler: View<HorizontalPodAutoscaler>, _ status: inout ScalerStatus) async throws {
        let (request, scale): (APIRequest, View<Scale>) = try await target(scaler, &status)
        let current: Int = scale.spec.replicas
        let now: ClusterClock.Instant = context.clock.now
        memories.all.withLock { memories in
            guard memories[scaler.key] == nil else { return }
            memories[scaler.key] = Memory(recommendations: [ScaleLimits.Recommendation(replicas: current, at: now)])
        }
        let least: Int = scaler.spec.minReplicas ?? 1
        var wish: Int = current
        var reason: String = ""
        if current == 0, least != 0 {
            status.set(
                "ScalingActive", false, "ScalingDisabled", "scaling is disabled since the replica count of the target is zero")
        } else if current > scaler.spec.maxReplicas {
            reason = "Current number of replicas above Spec.MaxReplicas"
            wish = scaler.spec.maxReplicas
        } else if current < least {
            reason = "Current number of replicas below Spec.MinReplicas"
            wish = least
        } else {
            let (wanted, metric): (Int, String) = try await wishes(scaler, scale, &status)
            wish = normalized(wanted, scaler, current: current, now, &status)
            reason = wish > current ? "\(metric) above target" : "All metrics below target"
        }
        if wish != current { try await set(wish, request, scale, scaler, reason, &status) }
        status.note(current: current, desired: wish, didScale: wish != current)
    }

    /// The scale of the workload, and the request that it came by.
    private func target(
        _ scaler: View<HorizontalPodAutoscaler>, _ status: inout ScalerStatus
    ) async throws -> (APIRequest, View<Scale>) {
        let reference: View<CrossVersionObjectReference> = scaler.spec.scaleTargetRef
        do {
            guard let resource = try await resource(reference.apiVersion, reference.kind) else {
                throw PodUsage.Unknown(
                    description: "no matches for kind \(JSON.quoted(reference.kind)) in version \(JSON.quoted(reference.apiVersion))")
            }
            let request = APIRequest(
                .get, resource.resource, namespace: resource.isNamespaced ? scaler.namespace : nil, name: reference.name,
                subresource: "scale")
            let scale = View<Scale>(try await context.client.send(request))
            status.set(
                "AbleToScale", true, "SucceededGetScale", "the HPA controller was able to get the target's current scale")
            return (request, scale)
        } catch {
            status.set(
                "AbleToScale", false, "FailedGetScale", "the HPA controller was unable to get the target's current scale: \(error)")
            throw ScalerFailure(reason: "FailedGetScale", message: "\(error)")
        }
    }

    private func resource(_ apiVersion: String, _ kind: String) async throws -> APIResource? {
        // Custom resources come and go: what the server offers is asked anew.
        try await ResourceCatalog(context.client.transport).find(apiVersion: apiVersion, kind: kind)
    }

    /// The highest number that a metric asks for, with that metric's name.
    private func wishes(
        _ scaler: View<HorizontalPodAutoscaler>, _ scale: View<Scale>, _ status: inout ScalerStatus
    ) async throws -> (Int, String) {
        guard !scale.status.selector.isEmpty, let selector = try? LabelMatch(parsing: scale.status.selector) else {
            status.set("ScalingActive", false, "InvalidSelector", "the HPA target's scale is missing a selector")
            throw ScalerFailure(reason: "SelectorRequired", message: "selector is required")
        }
        let reader = MetricWishes(
            reader: MetricReader(client: context.client), scaler: scaler, scale: scale,
            pods: context.informers.podsByLabel.pods(in: scaler.namespace) { selector.matches($0) }, now: context.clock.time,
            resource: resource)
        var best: MetricWish?
        var found: [View<MetricStatus>] = []
        var problems: [MetricProblem] = []
        for metric in scaler.spec.metrics {
            do {
                let wish: MetricWish = try await reader.wish(of: metric)
                found.append(wish.status)
                if wish.replicas > best?.replicas ?? -1 { best = wish }
            } catch let problem as MetricProblem {
                problems.append(problem)
                tell(scaler, .warning, reason: problem.reason, problem.cause)
            }
        }
        status.status.currentMetrics = found
        if let first = problems.first, best.map({ $0.replicas < scale.spec.replicas }) ?? true {
            // Fewer pods only when all metrics agree.
            status.set("ScalingActive", false, first.reason, first.message)
            status.note(current: scale.spec.replicas, desired: status.status.desiredReplicas, didScale: false)
            throw ScalerFailure(
                reason: "FailedComputeMetricsReplicas",
                message: "invalid metrics (\(problems.count) invalid out of \(scaler.spec.metrics.count)), first error is: \(first.summary)"
            )
        }
        guard let best else { throw ScalerFailure(reason: "FailedComputeMetricsReplicas", message: "no metrics") }
        status.set(
            "ScalingActive", true, "ValidMetricFound", "the HPA was able to successfully calculate a replica count from \(best.name)")
        return (best.replicas, best.name)
    }

    private func normalized(
        _ wish: Int, _ scaler: View<HorizontalPodAutoscaler>, current: Int, _ now: ClusterClock.Instant, _ status: inout ScalerStatus
    ) -> Int {
        let limits: ScaleLimits = memories.all.withLock { memories in
            var memory: Memory = memories[scaler.key] ?? Memory()
            memory.recommendations.removeAll { $0.at.duration(to: now) >= ScaleLimits.memory }
            memory.ups.removeAll { $0.at.duration(to: now) >= ScaleLimits.memory }
            memory.downs.removeAll { $0.at.duration(to: now) >= ScaleLimits.memory }
            let limits = ScaleLimits(
                scaler: scaler, current: current, now: now, recommendations: memory.recommendations, ups: memory.ups, downs: memory.downs)
            memory.recommendations.append(ScaleLimits.Recommendation(replicas: wish, at: now))
            memories[scaler.key] = memory
            return limits
        }
        let calm: ScaleLimits.Verdict = limits.stabilized(wish)
        status.set("AbleToScale", true, calm.reason, calm.message)
        let verdict: ScaleLimits.Verdict = limits.limited(calm.replicas)
        status.set("ScalingLimited", verdict.isLimited, verdict.reason, verdict.message)
        return verdict.replicas
    }

    private func set(
        _ replicas: Int, _ request: APIRequest, _ scale: View<Scale>, _ scaler: View<HorizontalPodAutoscaler>, _ reason: String,
        _ status: inout ScalerStatus
    ) async throws {
        var wanted: View<Scale> = scale
        wanted.spec.replicas = replicas
        var update: APIRequest = request
        update.verb = .update
        update.body = wanted.json.serialized()
        do {
            _ = try await context.client.send(update)
        } catch {
            status.set(
                "AbleToScale", false, "FailedUpdateScale", "the HPA controller was unable to update the target scale: \(error)")
            throw ScalerFailure(
                reason: "FailedRescale", message: "New size: \(replicas); reason: \(reason); error: \(error)")
        }
        status.set(
            "AbleToScale", true, "SucceededRescale", "the HPA controller was able to update the target scale to \(replicas)")
        tell(scaler, .normal, reason: "SuccessfulRescale", "New size: \(replicas); reason: \(reason)")
        let now: ClusterClock.Instant = context.clock.now
        let before: Int = scale.spec.replicas
        memories.all.withLock { memories in
            if replicas > before {
                memories[scaler.key]?.ups.append(ScaleLimits.Change(count: replicas - before, at: now))
            } else {
                memories[scaler.key]?.downs.append(ScaleLimits.Change(count: before - replicas, at: now))
            }
        }
    }
}

/// Why a round ended early, as an event tells it.
private struct ScalerFailure: Error {
    let reason: String
    let message: String
}

/// The status of an autoscaler as a round writes it.
struct ScalerStatus {
    var status: View<HorizontalPodAutoscalerStatus>
    private let now: Time

    init(_ scaler: View<HorizontalPodAutoscaler>, now: Time) {
        status = scaler.status
        self.now = now
    }

    mutating func set(_ type: String, _ isTrue: Bool, _ reason: String, _ message: String) {
        let word: String = isTrue ? "True" : "False"
        let old: View<HorizontalPodAutoscalerCondition>? = status.conditions.first { $0.type == type }
        let since: Time = old?.status == word ? old?.lastTransitionTime ?? now : now
        let new = View<HorizontalPodAutoscalerCondition> {
            $0.type = type
            $0.status = word
            $0.lastTransitionTime = since
            $0.reason = reason
            $0.message = message
        }
        if let index = status.conditions.firstIndex(where: { $0.type == type }) {
            status.conditions[index] = new
        } else {
            status.conditions.append(new)
        }
    }

    mutating func note(current: Int, desired: Int, didScale: Bool) {
        status.currentReplicas = current
        status.desiredReplicas = desired
        if didScale { status.lastScaleTime = now }
    }
}
