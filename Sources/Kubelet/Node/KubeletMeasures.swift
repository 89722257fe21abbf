import Machinery

/// What a kubelet counts of its own doing. Names, labels and buckets are those of pkg/kubelet/metrics.
struct KubeletMeasures: Sendable {
    /// What the runtime is asked for, as the interface for runtimes names it.
    enum Operation: String {
        case runSandbox = "run_podsandbox"
        case startContainer = "start_container"
    }

    private let metrics = Metrics()

    /// As `/metrics` shows them.
    var text: [UInt8] { metrics.text }

    /// The runtime did something, or could not.
    func ran(_ operation: Operation, since began: ContinuousClock.Instant, hasFailed: Bool = false) {
        let labels: [MetricLabel] = [MetricLabel("operation_type", operation.rawValue)]
        metrics.counter("kubelet_runtime_operations_total", "Cumulative number of runtime operations by operation type.", labels).add()
        metrics.histogram(
            "kubelet_runtime_operations_duration_seconds", "Duration in seconds of runtime operations. Broken down by operation type.",
            labels, bounds: Metrics.Histogram.exponential(from: 0.005, factor: 2.5, count: 14)
        ).observe(began.duration(to: .now))
        guard hasFailed else { return }
        metrics.counter(
            "kubelet_runtime_operations_errors_total", "Cumulative number of runtime operation errors by operation type.", labels
        ).add()
    }

    /// A pod runs that did not before; so long ago it was seen first.
    func pod(startedAfter duration: Duration) {
        metrics.histogram(
            "kubelet_pod_start_duration_seconds",
            "Duration in seconds from kubelet seeing a pod for the first time to the pod starting to run",
            bounds: [0.5, 1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 45, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600]
        ).observe(duration)
    }

    /// What a round of a pod's worker was for.
    enum Round: String { case create, sync, kill }

    func worked(_ round: Round, since began: ContinuousClock.Instant) {
        metrics.histogram(
            "kubelet_pod_worker_duration_seconds",
            "Duration in seconds to sync a single pod. Broken down by operation type: create, update, or sync",
            [MetricLabel("operation_type", round.rawValue)], bounds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
        ).observe(began.duration(to: .now))
    }

    /// A pod has its sandbox.
    func startedPod() { metrics.counter("kubelet_started_pods_total", "Cumulative number of pods started").add() }

    func startedContainer(_ role: ContainerRecord.Role) {
        let type: String =
            switch role {
            case .main: "container"
            case .initial, .sidecar: "init_container"
            case .ephemeral: "ephemeral_container"
            }
        metrics.counter(
            "kubelet_started_containers_total", "Cumulative number of containers started", [MetricLabel("container_type", type)]
        ).add()
    }

    /// - Parameter resource: what the node was short of, as ``EvictionPlan`` names it.
    func evicted(for resource: String) {
        let signal: String =
            resource == "ephemeral-storage" ? "nodefs.available" : resource == "pids" ? "pid.available" : "memory.available"
        metrics.counter(
            "kubelet_evictions", "Cumulative number of pod evictions by eviction signal", [MetricLabel("eviction_signal", signal)]
        ).add()
    }
}
