import Machinery

/// What the scheduler tells of itself. Names and buckets are those of kube-scheduler.
struct SchedulerMeasures: Sendable {
    private let metrics: Metrics
    private let algorithm: Metrics.Histogram
    private let attempts: Metrics.Histogram
    private let preemptions: Metrics.Counter
    private let victims: Metrics.Histogram

    init(_ metrics: Metrics, _ state: SchedulerState) {
        self.metrics = metrics
        algorithm = metrics.histogram(
            "scheduler_scheduling_algorithm_duration_seconds", "Scheduling algorithm latency in seconds",
            bounds: Metrics.Histogram.exponential(from: 0.001, factor: 2, count: 15))
        attempts = metrics.histogram(
            "scheduler_pod_scheduling_attempts", "Number of attempts to successfully schedule a pod.",
            bounds: Metrics.Histogram.exponential(from: 1, factor: 2, count: 5))
        preemptions = metrics.counter("scheduler_preemption_attempts_total", "Total preemption attempts in the cluster till now")
        victims = metrics.histogram(
            "scheduler_preemption_victims", "Number of selected preemption victims",
            bounds: Metrics.Histogram.exponential(from: 1, factor: 2, count: 7))
        metrics.collect { [weak state] text in
            guard let state else { return }
            text.family("scheduler_pending_pods", .gauge, "Number of pending pods, by the queue type.") { samples in
                for (queue, count) in state.queueSizes.sorted(by: { $0.key < $1.key }) {
                    samples.add([MetricLabel("queue", queue)], Double(count))
                }
            }
        }
    }

    func decided(_ work: SchedulerState.Work) {
        algorithm.observe(work.duration)
        if case .refuse(_, let consequences) = work.outcome {
            attempted(work, "unschedulable")
            if let pushed = consequences.victims {
                preemptions.add()
                victims.observe(Double(pushed.pods.count))
            }
        }
    }

    /// - Parameters:
    ///   - result: `scheduled`, `unschedulable` or `error`.
    ///   - binding: what it took to carry the decision out.
    func attempted(_ work: SchedulerState.Work, _ result: String, binding: Duration = .zero) {
        if result == "scheduled" { attempts.observe(Double(work.attempts)) }
        let labels: [MetricLabel] = [MetricLabel("profile", work.profile.schedulerName), MetricLabel("result", result)]
        metrics.counter(
            "scheduler_schedule_attempts_total",
            "Number of attempts to schedule pods, by the result. 'unschedulable' means a pod could not be scheduled, "
                + "while 'error' means an internal scheduler problem.", labels
        ).add()
        metrics.histogram(
            "scheduler_scheduling_attempt_duration_seconds", "Scheduling attempt latency in seconds (scheduling algorithm + binding)",
            labels,
            bounds: Metrics.Histogram.exponential(from: 0.001, factor: 2, count: 15)
        ).observe(work.duration + binding)
    }
}
