import API
import Client
import Machinery

/// The number of pods that one metric of an autoscaler asks for.
struct MetricWish {
    let replicas: Int
    /// As events name the metric.
    let name: String
    let status: View<MetricStatus>
}

/// Why one metric says nothing.
struct MetricProblem: Error {
    let reason: String
    /// As an event tells it.
    let cause: String
    /// What could not be had, for who tells of all metrics together; empty where the cause says all.
    var subject: String = ""

    /// As a condition tells it.
    var message: String { "the HPA was unable to compute the replica count: " + cause }
    var summary: String { subject.isEmpty ? cause : "failed to get \(subject): \(cause)" }
}

/// Computes the wish of each metric. Source: `computeReplicasForMetric` of pkg/controller/podautoscaler/horizontal.go.
struct MetricWishes: Sendable {
    let reader: MetricReader
    let scaler: View<HorizontalPodAutoscaler>
    let scale: View<Scale>
    /// That the scale's selector chooses.
    let pods: [View<Pod>]
    let now: Time
    /// The resource of a kind; nil when nobody serves it.
    let resource: @Sendable (_ apiVersion: String, _ kind: String) async throws -> APIResource?

    private var namespace: String { scaler.namespace }
    private var current: Int { scale.spec.replicas }

    private var tolerance: PodUsage.Tolerance {
        var tolerance = PodUsage.Tolerance()
        if let up = scaler.spec.behavior?.scaleUp?.tolerance { tolerance.up = up.double }
        if let down = scaler.spec.behavior?.scaleDown?.tolerance { tolerance.down = down.double }
        return tolerance
    }

    /// Throws ``MetricProblem``.
    func wish(of metric: View<MetricSpec>) async throws -> MetricWish {
        switch metric.type {
        case "Resource":
            guard let source = metric.resource else { break }
            return try await problem(
                "FailedGetResourceMetric", "\(source.name) resource metric value", Self.failure(source.target, source.name)
            ) {
                try await ofResource(source.name, nil, source.target)
            }
        case "ContainerResource":
            guard let source = metric.containerResource else { break }
            return try await problem(
                "FailedGetContainerResourceMetric", "\(source.name) container metric value",
                Self.failure(source.target, source.name, "container ")
            ) {
                try await ofResource(source.name, source.container, source.target)
            }
        case "Pods":
            guard let source = metric.pods else { break }
            return try await problem("FailedGetPodsMetric", "pods metric value", "unable to get metric \(source.metric.name): ") {
                try await ofPods(source)
            }
        case "Object":
            guard let source = metric.object else { break }
            // The words are in upstream's order.
            let object: String = "\(source.describedObject.kind) on \(namespace) \(source.describedObject.name)/"
            return try await problem(
                "FailedGetObjectMetric", "object metric value", "unable to get metric \(source.metric.name): \(object)"
            ) {
                try await ofObject(source)
            }
        case "External":
            guard let source = metric.external else { break }
            let name: String = "\(namespace)/\(source.metric.name)/\(source.metric.selector?.goDescription ?? "nil")"
            return try await problem(
                "FailedGetExternalMetric", "\(source.metric.name) external metric", "unable to get external metric \(name): "
            ) {
                try await ofExternal(source)
            }
        default: break
        }
        throw MetricProblem(
            reason: "InvalidMetricSourceType", cause: "unknown metric source type \(JSON.quoted(metric.type))")
    }

    private static func failure(_ target: View<MetricTarget>, _ name: String, _ prefix: String = "") -> String {
        target.averageValue != nil
            ? "failed to get \(name) \(prefix)usage: unable to get metrics for resource \(name): "
            : "failed to get \(name) \(prefix)utilization: unable to get metrics for resource \(name): "
    }

    private func problem(
        _ reason: String, _ subject: String, _ what: String, _ work: () async throws -> MetricWish
    ) async throws -> MetricWish {
        do {
            return try await work()
        } catch {
            // Only what could not be read is told with what was to be read.
            let text: String = "\(error)"
            let isReading: Bool = ["no metrics returned", "unable to fetch"].contains { text.hasPrefix($0) }
            let lead: String = isReading ? what : what.hasPrefix("failed") ? "\(what.prefix { $0 != ":" }): " : ""
            throw MetricProblem(reason: reason, cause: lead + text, subject: subject)
        }
    }

    // MARK: - Kinds of metrics

    private func ofResource(_ name: String, _ container: String?, _ target: View<MetricTarget>) async throws -> MetricWish {
        let samples: [String: PodUsage.Sample] = try await reader.resource(
            name, namespace: namespace, selector: scale.status.selector, container: container)
        let usage = PodUsage(pods: pods, samples: samples, isCPU: name == "cpu", now: now)
        let wish: PodUsage.Wish
        if let average = target.averageValue {
            wish = try usage.wish(average: average.milliValue, current: current, tolerance: tolerance)
        } else {
            wish = try usage.wish(
                utilization: target.averageUtilization ?? 80, of: name, container: container, current: current, tolerance: tolerance)
        }
        let value = View<MetricValueStatus> {
            $0.averageValue = Self.quantity(wish.average, name)
            if let utilization = wish.utilization { $0.averageUtilization = utilization }
        }
        let kind: String = container == nil ? "resource" : "container resource"
        let status = View<MetricStatus> {
            if let container {
                $0.type = "ContainerResource"
                $0.containerResource = View {
                    $0.name = name
                    $0.container = container
                    $0.current = value
                }
            } else {
                $0.type = "Resource"
                $0.resource = View {
                    $0.name = name
                    $0.current = value
                }
            }
        }
        let title: String = target.averageValue == nil ? "\(name) \(kind) utilization (percentage of request)" : "\(name) \(kind)"
        return MetricWish(replicas: wish.replicas, name: title, status: status)
    }

    private func ofPods(_ source: View<PodsMetricSource>) async throws -> MetricWish {
        let samples: [String: PodUsage.Sample] = try await reader.pods(
            source.metric, namespace: namespace, selector: scale.status.selector)
        let usage = PodUsage(pods: pods, samples: samples, isCPU: false, now: now)
        let wish: PodUsage.Wish = try usage.wish(
            average: source.target.averageValue?.milliValue ?? 1, current: current, tolerance: tolerance)
        let status = View<MetricStatus> {
            $0.type = "Pods"
            $0.pods = View {
                $0.metric = source.metric
                $0.current = View { $0.averageValue = Quantity(milli: wish.average) }
            }
        }
        return MetricWish(replicas: wish.replicas, name: "pods metric \(source.metric.name)", status: status)
    }

    private func ofObject(_ source: View<ObjectMetricSource>) async throws -> MetricWish {
        let reference: View<CrossVersionObjectReference> = source.describedObject
        guard let described = try await resource(reference.apiVersion, reference.kind) else {
            throw PodUsage.Unknown(
                description: "no matches for kind \(JSON.quoted(reference.kind)) in version \(JSON.quoted(reference.apiVersion))")
        }
        let amount: Int64 = try await reader.object(source.metric, of: reference.name, described, namespace: namespace)
        let (replicas, value): (Int, View<MetricValueStatus>) = whole(amount, source.target)
        let status = View<MetricStatus> {
            $0.type = "Object"
            $0.object = View {
                $0.metric = source.metric
                $0.describedObject = reference
                $0.current = value
            }
        }
        return MetricWish(replicas: replicas, name: "\(reference.kind) metric \(source.metric.name)", status: status)
    }

    private func ofExternal(_ source: View<ExternalMetricSource>) async throws -> MetricWish {
        let amount: Int64 = try await reader.external(source.metric, namespace: namespace)
        let (replicas, value): (Int, View<MetricValueStatus>) = whole(amount, source.target)
        let status = View<MetricStatus> {
            $0.type = "External"
            $0.external = View {
                $0.metric = source.metric
                $0.current = value
            }
        }
        return MetricWish(
            replicas: replicas, name: "external metric \(source.metric.name)(\(source.metric.selector?.goDescription ?? "nil"))",
            status: status)
    }

    /// For a metric of the workload as a whole: against a value, or shared among the pods.
    private func whole(_ amount: Int64, _ target: View<MetricTarget>) -> (Int, View<MetricValueStatus>) {
        if let average = target.averageValue {
            let count: Int = max(1, scale.status.replicas)
            let ratio: Double = Double(amount) / (Double(average.milliValue) * Double(count))
            let replicas: Int =
                tolerance.contains(ratio)
                ? scale.status.replicas : PodUsage.ceiling(Double(amount) / Double(average.milliValue))
            return (replicas, View { $0.averageValue = Quantity(milli: Int64((Double(amount) / Double(count)).rounded(.up))) })
        }
        let ratio: Double = Double(amount) / Double(max(1, target.value?.milliValue ?? 1))
        let value = View<MetricValueStatus> { $0.value = Quantity(milli: amount) }
        guard current > 0 else { return (PodUsage.ceiling(ratio), value) }
        if tolerance.contains(ratio) { return (current, value) }
        let ready: Int = pods.count { $0.status.phase == "Running" && $0.isReady && !$0.isTerminating }
        return (PodUsage.ceiling(ratio * Double(ready)), value)
    }

    /// Processor in thousandths, others in their own whole units.
    private static func quantity(_ milli: Int64, _ resource: String) -> Quantity {
        resource == "cpu" ? Quantity(milli: milli) : Quantity(milli / 1000)
    }
}
