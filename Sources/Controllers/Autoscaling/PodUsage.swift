import API
import Machinery

/// One metric of the pods of a workload, and what it says of their number. Pure.
///
/// Source: pkg/controller/podautoscaler/replica_calculator.go.
struct PodUsage {
    /// What was measured of a pod.
    struct Sample: Sendable {
        /// In thousandths.
        var value: Int64
        let at: Time
        let window: Duration
    }

    /// Why no number follows, in upstream's words.
    struct Unknown: Error, Equatable, CustomStringConvertible {
        let description: String
    }

    /// How far a metric may be off before anything changes.
    struct Tolerance {
        var up: Double = 0.1
        var down: Double = 0.1

        func contains(_ ratio: Double) -> Bool { (1 - down...1 + up).contains(ratio) }
    }

    /// What follows: the number of pods, and the metric for the status.
    struct Wish: Equatable {
        var replicas: Int
        /// Percentage of the requests; nil where none count.
        var utilization: Int?
        /// Averaged over the pods, in thousandths.
        var average: Int64
    }

    let pods: [View<Pod>]
    let samples: [String: Sample]
    let isCPU: Bool
    let now: Time

    /// A pod's processor counts only when it has run for so long, unless it is ready for longer than a sample takes.
    private static let startTime: Duration = .seconds(300)
    private static let readinessDelay: Duration = .seconds(30)

    /// Pods as they count: by name.
    struct Groups: Equatable {
        var ready: Int = 0
        var unready: Set<String> = []
        var missing: Set<String> = []
        var ignored: Set<String> = []
    }

    var groups: Groups {
        var groups = Groups()
        for pod in pods {
            if pod.isTerminating || pod.status.phase == "Failed" {
                groups.ignored.insert(pod.name)
            } else if pod.status.phase == "Pending" {
                groups.unready.insert(pod.name)
            } else if let sample = samples[pod.name] {
                if isCPU, !isSettled(pod, sample) { groups.unready.insert(pod.name) } else { groups.ready += 1 }
            } else {
                groups.missing.insert(pod.name)
            }
        }
        return groups
    }

    private func isSettled(_ pod: View<Pod>, _ sample: Sample) -> Bool {
        guard let start = pod.status.startTime, let ready = pod.condition("Ready"), let since = ready.lastTransitionTime else {
            return false
        }
        if start + Self.startTime > now { return ready.status != "False" && sample.at >= since + sample.window }
        return !(ready.status == "False" && start + Self.readinessDelay > since)
    }

    /// For a target in percent of what the pods request.
    ///
    /// - Parameter container: counts only this one; nil counts all.
    func wish(
        utilization target: Int, of resource: String, container: String?, current: Int, tolerance: Tolerance
    ) throws(Unknown) -> Wish {
        var requests: [String: Int64] = [:]
        for pod in pods { requests[pod.name] = try Self.request(pod, resource, container) }
        // Pods without a sample count as if they used all that they may while others ask for fewer pods.
        let replicas: Int = try replicas(
            current, tolerance, missing: { (requests[$0] ?? 0) * Int64(max(100, target)) / 100 },
            ratio: { samples in Self.utilization(samples, requests).map { Double($0) / Double(target) } })
        let counted: [String: Sample] = counted(groups)
        return Wish(
            replicas: replicas, utilization: Self.utilization(counted, requests),
            average: Self.average(counted))
    }

    /// For a target average, in thousandths.
    func wish(average target: Int64, current: Int, tolerance: Tolerance) throws(Unknown) -> Wish {
        let replicas: Int = try replicas(
            current, tolerance, missing: { _ in target }, ratio: { Double(Self.average($0)) / Double(target) })
        return Wish(replicas: replicas, utilization: nil, average: Self.average(counted(groups)))
    }

    private func counted(_ groups: Groups) -> [String: Sample] {
        samples.filter { name, _ in
            !groups.ignored.contains(name) && !groups.unready.contains(name) && pods.contains { $0.name == name }
        }
    }

    private func replicas(
        _ current: Int, _ tolerance: Tolerance, missing amount: (String) -> Int64, ratio: ([String: Sample]) -> Double?
    ) throws(Unknown) -> Int {
        guard !pods.isEmpty else { throw Unknown(description: "no pods returned by selector while calculating replica count") }
        let groups: Groups = groups
        var counted: [String: Sample] = counted(groups)
        guard !counted.isEmpty, let first = ratio(counted) else {
            throw Unknown(description: "did not receive metrics for targeted pods (pods might be unready)")
        }
        let countsUnready: Bool = !groups.unready.isEmpty && first > 1
        if !countsUnready, groups.missing.isEmpty {
            return tolerance.contains(first) ? current : Self.ceiling(first * Double(groups.ready))
        }
        if first != 1 {
            for name in groups.missing {
                counted[name] = Sample(value: first < 1 ? amount(name) : 0, at: now, window: .zero)
            }
        }
        if countsUnready { for name in groups.unready { counted[name] = Sample(value: 0, at: now, window: .zero) } }
        guard let second = ratio(counted) else { return current }
        if tolerance.contains(second) || first < 1 && second > 1 || first > 1 && second < 1 { return current }
        let wanted: Int = Self.ceiling(second * Double(counted.count))
        return second < 1 && wanted > current || second > 1 && wanted < current ? current : wanted
    }

    private static func utilization(_ samples: [String: Sample], _ requests: [String: Int64]) -> Int? {
        var (used, requested): (Int64, Int64) = (0, 0)
        for (name, sample) in samples {
            guard let request = requests[name] else { continue }
            used += sample.value
            requested += request
        }
        return requested > 0 ? Int(used * 100 / requested) : nil
    }

    private static func average(_ samples: [String: Sample]) -> Int64 {
        samples.isEmpty ? 0 : samples.values.reduce(0) { $0 + $1.value } / Int64(samples.count)
    }

    /// Thousandths of what the pod requests.
    private static func request(_ pod: View<Pod>, _ resource: String, _ container: String?) throws(Unknown) -> Int64 {
        var sum: Int64 = 0
        let sidecars: [View<Container>] = pod.spec.initContainers.filter { $0.restartPolicy == "Always" }
        for one in pod.spec.containers + sidecars where container == nil || one.name == container {
            guard let amount = one.resources.requests[resource] else {
                throw Unknown(description: "missing request for \(resource) in container \(one.name) of Pod \(pod.name)")
            }
            sum += amount.milliValue
        }
        return sum
    }

    static func ceiling(_ number: Double) -> Int { Int(number.rounded(.up)) }
}
