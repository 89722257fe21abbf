import Machinery

/// Jobs and CronJobs.
enum JobDescription {
    static func writeJob(_ job: JSON, _ text: inout DescribeText) {
        text.field("Name", job.text(at: "metadata", "name"))
        text.field("Namespace", job.text(at: "metadata", "namespace"))
        if job[["spec", "selector"]] != nil { text.field("Selector", WorkloadDescription.selector(job[["spec", "selector"]])) }
        text.labels(job[["metadata", "labels"]])
        text.annotations(job[["metadata", "annotations"]])
        WorkloadDescription.owner(job, &text)
        text.field("Parallelism", job[["spec", "parallelism"]].map(GoText.of) ?? "<unset>")
        text.field("Completions", job[["spec", "completions"]].map(GoText.of) ?? "<unset>")
        if let mode = job[["spec", "completionMode"]]?.string { text.field("Completion Mode", mode) }
        text.field("Suspend", job[["spec", "suspend"]].map(GoText.of) ?? "false")
        text.field("Backoff Limit", job[["spec", "backoffLimit"]].map(GoText.of) ?? "6")
        if let seconds = job[["spec", "ttlSecondsAfterFinished"]]?.int { text.field("TTL Seconds After Finished", "\(seconds)") }
        let (start, end): (JSON?, JSON?) = (job[["status", "startTime"]], job[["status", "completionTime"]])
        if start?.string != nil { text.field("Start Time", DescribeText.date(start)) }
        if end?.string != nil { text.field("Completed At", DescribeText.date(end)) }
        if let begun = start?.string.flatMap({ Time($0) }), let ended = end?.string.flatMap({ Time($0) }) {
            text.field("Duration", (ended - begun).human)
        }
        if let seconds = job[["spec", "activeDeadlineSeconds"]]?.int { text.field("Active Deadline Seconds", "\(seconds)s") }
        let active: Int64 = job.number("status", "active")
        let ready: String = job[["status", "ready"]]?.int.map { " (\($0) Ready)" } ?? ""
        text.field(
            "Pods Statuses",
            "\(active) Active\(ready) / \(job.number("status", "succeeded")) Succeeded / \(job.number("status", "failed")) Failed")
        if job[["spec", "completionMode"]] == "Indexed" {
            let indexes: String = job.text(at: "status", "completedIndexes")
            text.field("Completed Indexes", indexes.isEmpty ? "<none>" : indexes)
        }
        PodDescription.writeTemplate(job[["spec", "template"]] ?? [:], &text)
    }

    static func writeCronJob(_ cron: JSON, _ text: inout DescribeText) {
        text.field("Name", cron.text(at: "metadata", "name"))
        text.field("Namespace", cron.text(at: "metadata", "namespace"))
        text.labels(cron[["metadata", "labels"]])
        text.annotations(cron[["metadata", "annotations"]])
        text.field("Schedule", cron.text(at: "spec", "schedule"))
        text.field("Concurrency Policy", cron.text(at: "spec", "concurrencyPolicy"))
        text.field("Suspend", cron[["spec", "suspend"]].map { $0.bool == true ? "True" : "False" } ?? "<unset>")
        text.field("Time Zone", cron[["spec", "timeZone"]]?.string ?? "<unset>")
        text.field("Successful Job History Limit", cron[["spec", "successfulJobsHistoryLimit"]].map(GoText.of) ?? "3")
        text.field("Failed Job History Limit", cron[["spec", "failedJobsHistoryLimit"]].map(GoText.of) ?? "1")
        text.field("Starting Deadline Seconds", cron[["spec", "startingDeadlineSeconds"]].map { GoText.of($0) + "s" } ?? "<unset>")
        let job: JSON = cron[["spec", "jobTemplate", "spec"]] ?? [:]
        text.field("Selector", WorkloadDescription.selector(job["selector"]).replacingNone("<unset>"))
        text.field("Parallelism", job["parallelism"].map(GoText.of) ?? "<unset>")
        text.field("Completions", job["completions"].map(GoText.of) ?? "<unset>")
        if let seconds = job["activeDeadlineSeconds"]?.int { text.field("Active Deadline Seconds", "\(seconds)s") }
        PodDescription.writeTemplate(job["template"] ?? [:], &text)
        text.field(
            "Last Schedule Time",
            cron[["status", "lastScheduleTime"]]?.string == nil ? "<unset>" : DescribeText.date(cron[["status", "lastScheduleTime"]]))
        let active: [JSON] = cron.list("status", "active")
        text.field("Active Jobs", active.isEmpty ? "<none>" : active.map { $0.text(at: "name") }.joined(separator: ", "))
    }
}

extension String {
    fileprivate func replacingNone(_ other: String) -> String { self == "<none>" ? other : self }
}
