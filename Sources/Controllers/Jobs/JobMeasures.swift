import API
import Machinery

/// What the controllers of jobs tell of themselves. Names, labels and buckets are those of kube-controller-manager.
///
/// Source: pkg/controller/job/metrics and pkg/controller/cronjob/metrics.
struct JobMeasures {
    private let metrics: Metrics

    init(_ metrics: Metrics) { self.metrics = metrics }

    /// One look at a job ended: what it did, and whether that went well.
    func looked(at job: View<Job>, _ plan: JobPlan, hasFailed: Bool, after time: Duration) {
        let action: String =
            if !plan.toMake.isEmpty {
                "pods_created"
            } else if !plan.victims.isEmpty {
                "pods_deleted"
            } else {
                plan.toRelease.isEmpty ? "reconciling" : "tracking"
            }
        let labels: [MetricLabel] = [
            MetricLabel("action", action), mode(job), MetricLabel("result", hasFailed ? "error" : "success"),
        ]
        metrics.counter("job_controller_job_syncs_total", "The number of job syncs", labels).add()
        metrics.histogram(
            "job_controller_job_sync_duration_seconds", "The time it took to sync a job", labels,
            bounds: Metrics.Histogram.exponential(from: 0.004, factor: 2, count: 15)
        ).observe(time)
    }

    /// The status was written: pods that it counts for the first time, and the end of the job.
    func wrote(_ status: View<JobStatus>, of job: View<Job>) {
        for (result, count) in [
            ("succeeded", status.succeeded - job.status.succeeded), ("failed", status.failed - job.status.failed),
        ] where count > 0 {
            metrics.counter(
                "job_controller_job_pods_finished_total", "The number of finished Pods that are fully tracked",
                [mode(job), MetricLabel("result", result)]
            ).add(count)
        }
        let before: Set<String> = Set(job.status.conditions.filter { $0.status == "True" }.map(\.type))
        for end in status.conditions where end.status == "True" && !before.contains(end.type) && ["Complete", "Failed"].contains(end.type) {
            metrics.counter(
                "job_controller_jobs_finished_total", "The number of finished jobs",
                [mode(job), MetricLabel("reason", end.reason), MetricLabel("result", end.type == "Complete" ? "succeeded" : "failed")]
            ).add()
        }
    }

    /// A job of a CronJob was made, so long after its time.
    func made(late: Duration) {
        metrics.histogram(
            "cronjob_controller_job_creation_skew_duration_seconds",
            "Time between when a cronjob is scheduled to be run, and when the corresponding job is created",
            bounds: Metrics.Histogram.exponential(from: 1, factor: 2, count: 10)
        ).observe(late)
    }

    private func mode(_ job: View<Job>) -> MetricLabel { MetricLabel("completion_mode", job.spec.completionMode ?? "NonIndexed") }
}
