package import Machinery

/// What a work queue tells of itself. Names and buckets are those of client-go's queues, so that dashboards made for Kubernetes fit.
package struct WorkQueueMeasures: Sendable {
    let depth: Metrics.Gauge
    let adds: Metrics.Counter
    let retries: Metrics.Counter
    let queueDuration: Metrics.Histogram
    let workDuration: Metrics.Histogram
    private let name: String
    private let clock: ClusterClock
    private let metrics: Metrics

    /// - Parameter name: of the queue, for the label `name`.
    package init(_ metrics: Metrics, name: String, clock: ClusterClock) {
        let labels: [MetricLabel] = [MetricLabel("name", name)]
        let bounds: [Double] = Metrics.Histogram.exponential(from: 1e-8, factor: 10, count: 10)
        depth = metrics.gauge("workqueue_depth", "Current depth of workqueue", labels)
        adds = metrics.counter("workqueue_adds_total", "Total number of adds handled by workqueue", labels)
        retries = metrics.counter("workqueue_retries_total", "Total number of retries handled by workqueue", labels)
        queueDuration = metrics.histogram(
            "workqueue_queue_duration_seconds", "How long in seconds an item stays in workqueue before being requested.", labels,
            bounds: bounds)
        workDuration = metrics.histogram(
            "workqueue_work_duration_seconds", "How long in seconds processing an item from workqueue takes.", labels, bounds: bounds)
        self.name = name
        self.clock = clock
        self.metrics = metrics
    }

    /// - Parameter running: how long each key is being worked on at a moment.
    func look(_ running: @escaping @Sendable (ClusterClock.Instant) -> [Duration]) {
        let labels: [MetricLabel] = [MetricLabel("name", name)]
        metrics.collect { [clock] text in
            let seconds: [Double] = running(clock.now).map { $0 / .seconds(1) }
            text.sample(
                "workqueue_unfinished_work_seconds", .gauge,
                "How many seconds of work has done that is in progress and hasn't been observed by work_duration.", labels,
                seconds.reduce(0, +))
            text.sample(
                "workqueue_longest_running_processor_seconds", .gauge,
                "How many seconds has the longest running processor for workqueue been running.", labels, seconds.max() ?? 0)
        }
    }
}
