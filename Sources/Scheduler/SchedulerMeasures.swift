import Machinery

/// What the scheduler tells of itself. Names and buckets are those of kube-scheduler.
///
/// PreFilter is in Filter here, PreScore in Score: plugins prepare themselves as they are made.
struct SchedulerMeasures: Sendable {
    private struct Point: Hashable {
        let name: String
        let profile: String
        let status: String
    }

    private let points = LabelTable<Point, Metrics.Histogram>(capacity: 256, overflow: point()) { _ in point() }
    /// By the number of attempts, as a label.
    private let waits = LabelTable<String, Metrics.Histogram>(capacity: 32, overflow: wait()) { _ in wait() }
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
                for (stage, count) in state.queueSizes { samples.add([MetricLabel("queue", stage.rawValue)], Double(count)) }
            }
            text.family(
                "scheduler_queue_incoming_pods_total", .counter, "Number of pods added to scheduling queues by event and queue type."
            ) { samples in
                for (entrance, count) in state.queueEntrances {
                    let labels: [MetricLabel] = [MetricLabel("event", entrance.event), MetricLabel("queue", entrance.stage.rawValue)]
                    samples.add(labels, Double(count))
                }
            }
        }
        metrics.collect { [points, waits] text in
            text.family(
                "scheduler_framework_extension_point_duration_seconds", .histogram,
                "Latency for running all plugins of a specific extension point."
            ) { samples in
                for (point, histogram) in points.all {
                    histogram.write(
                        [
                            MetricLabel("extension_point", point.name), MetricLabel("profile", point.profile),
                            MetricLabel("status", point.status),
                        ], to: &samples)
                }
            }
            text.family(
                "scheduler_pod_scheduling_sli_duration_seconds", .histogram,
                "Latency for a pod being scheduled, from its first attempt to its binding."
            ) { samples in
                for (attempts, histogram) in waits.all { histogram.write([MetricLabel("attempts", attempts)], to: &samples) }
            }
        }
    }

    private static func point() -> Metrics.Histogram {
        Metrics.Histogram(bounds: Metrics.Histogram.exponential(from: 0.0001, factor: 2, count: 12))
    }

    private static func wait() -> Metrics.Histogram {
        Metrics.Histogram(bounds: Metrics.Histogram.exponential(from: 0.01, factor: 2, count: 20))
    }

    /// All plugins of an extension point ran, at the end of which stood a status: `Success`, `Unschedulable`, `Error`.
    func ran(_ point: String, _ work: SchedulerState.Work, _ duration: Duration, status: String = "Success") {
        points[Point(name: point, profile: work.profile.schedulerName, status: status)].observe(duration)
    }

    func decided(_ work: SchedulerState.Work) {
        algorithm.observe(work.duration)
        if work.steps.score > .zero { ran("Score", work, work.steps.score) }
        if case .refuse(_, let consequences) = work.outcome {
            ran("Filter", work, work.steps.filter, status: "Unschedulable")
            ran("PostFilter", work, work.steps.postFilter, status: consequences.victims == nil ? "Unschedulable" : "Success")
            attempted(work, "unschedulable")
            if let pushed = consequences.victims {
                preemptions.add()
                victims.observe(Double(pushed.pods.count))
            }
        } else {
            ran("Filter", work, work.steps.filter)
        }
    }

    /// - Parameters:
    ///   - result: `scheduled`, `unschedulable` or `error`.
    ///   - binding: what it took to carry the decision out.
    func attempted(_ work: SchedulerState.Work, _ result: String, binding: Duration = .zero) {
        if result == "scheduled" {
            attempts.observe(Double(work.attempts))
            waits[work.attempts < 15 ? "\(work.attempts)" : "15+"].observe(work.waited + work.duration + binding)
        }
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
