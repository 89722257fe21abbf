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
