package import Machinery

/// Makes a job at certain times.
package struct CronJob: Kind {
    package static let definition = Definition(CronJob(), "batch.v1.CronJob", "Makes a job at certain times.")
    package static let names = KindNames(
        "CronJob", group: "batch", plural: "cronjobs", short: ["cj"], categories: ["all"], subresources: [.status("CronJob")],
        tracksGeneration: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<CronJobSpec>("spec", 2, "What is wanted.", .required)
    package let status = Field<CronJobStatus>("status", 3, "What was last seen.")

    package static let columns: [Column<CronJob>] = [
        .name,
        Column("Schedule", .string, "When jobs are made, in the form of cron.") { cron, _ in .string(cron.spec.schedule) },
        Column("Timezone", .string, "Time zone of the schedule.") { cron, _ in .string(cron.spec.timeZone ?? "<none>") },
        Column("Suspend", .boolean, "True while no jobs are made.") { cron, _ in cron.spec.suspend ? "True" : "False" },
        .count("Active", "Number of jobs that are running.") { $0.status.active.count },
        Column("Last Schedule", .string, "Time since a job was made last.") { cron, now in
            guard let last: Time = cron.status.lastScheduleTime else { return "<none>" }
            return .string(humanAge(last, now))
        },
        .age,
        .containers { $0.spec.jobTemplate.spec.template },
        .images { $0.spec.jobTemplate.spec.template },
        .selector { Cells.selector($0.spec.jobTemplate.spec.selector) },
    ]

    /// Source: pkg/registry/batch/cronjob; `spec.spec` is written there.
    package static func warnings(_ cron: View<CronJob>, from old: View<CronJob>?) -> [String] {
        let path: Path = Path("spec").child("jobTemplate").child("spec")
        var warnings: [String] = JobSpec.warnings(cron.spec.jobTemplate.spec, path, of: cron.metadata, from: old?.metadata)
        if old != nil, CronSchedule.namesTimeZone(cron.spec.schedule) {
            warnings.append(
                "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, "
                    + "see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details")
        }
        return warnings
    }

    /// The jobs' names add 11 characters to this one, and have 63 at most.
    package static func validate(_ cron: View<CronJob>, _ path: Path, _ problems: inout Problems) {
        if cron.metadata.name.utf8.count > 52 {
            problems.invalid(
                path.child("metadata").child("name"), .string(cron.metadata.name), "must be no more than 52 characters")
        }
    }
}

/// What a CronJob is to be.
package struct CronJobSpec: Schema {
    package static let definition = Definition(CronJobSpec(), "batch.v1.CronJobSpec", "What a CronJob is to be.")

    package let schedule = Field<String>(
        "schedule", 1, "When to make a job: minute, hour, day of month, month, day of week, as in cron, or `@daily` and the like.",
        .required)
    package let startingDeadlineSeconds = Field<Int64?>(
        "startingDeadlineSeconds", 2, "Seconds by which a job may be late; one that is later is left out.", .atLeast(0))
    package let concurrencyPolicy = Field<String>(
        "concurrencyPolicy", 3, "While a job still runs: Allow makes the next, Forbid leaves it out, Replace ends the old one first.",
        default: "Allow", .oneOf("Allow", "Forbid", "Replace"))
    package let suspend = Field<Bool>("suspend", 4, "True while no jobs are made; running ones go on.", default: false)
    package let jobTemplate = Field<JobTemplateSpec>("jobTemplate", 5, "The job to make.", .required)
    package let successfulJobsHistoryLimit = Field<Int32>(
        "successfulJobsHistoryLimit", 6, "Number of succeeded jobs that are kept; 3 if absent.", default: 3, .atLeast(0))
    package let failedJobsHistoryLimit = Field<Int32>(
        "failedJobsHistoryLimit", 7, "Number of failed jobs that are kept; 1 if absent.", default: 1, .atLeast(0))
    package let timeZone = Field<String?>(
        "timeZone", 8, "Time zone of the schedule, such as Europe/Berlin; that of the controller if absent.")

    /// Source: `validateCronJobSpec` of pkg/apis/batch/validation.
    package static func validate(_ spec: View<CronJobSpec>, _ path: Path, _ problems: inout Problems) {
        if !spec.schedule.isEmpty {
            do {
                _ = try CronSchedule(spec.schedule)
            } catch {
                problems.invalid(path.child("schedule"), .string(spec.schedule), error.description)
            }
            if CronSchedule.namesTimeZone(spec.schedule) {
                problems.invalid(
                    path.child("schedule"), .string(spec.schedule),
                    spec.timeZone == nil
                        ? "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
                        : "cannot use both timeZone field and TZ or CRON_TZ in schedule")
            }
        }
        if let zone: String = spec.timeZone { validateTimeZone(zone, path.child("timeZone"), &problems) }
        if spec.jobTemplate.spec.manualSelector == true {
            problems.notSupported(
                path.child("jobTemplate").child("spec").child("manualSelector"), true, supported: ["nil", "false"])
        }
    }

    private static func validateTimeZone(_ zone: String, _ path: Path, _ problems: inout Problems) {
        if zone.isEmpty { return problems.invalid(path, "", "timeZone must be nil or non-empty string") }
        if zone.lowercased() == "local" {
            return problems.invalid(
                path, .string(zone), "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones")
        }
        let isName: Bool = zone.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+"):
                true
            default: false
            }
        }
        if !isName || zone.hasPrefix("/") || zone.hasPrefix("-") || TimeZones.shared.isUnknown(zone) {
            problems.invalid(path, .string(zone), "unknown time zone \(zone)")
        }
    }
}

/// The job that a CronJob makes.
package struct JobTemplateSpec: Schema {
    package static let definition = Definition(JobTemplateSpec(), "batch.v1.JobTemplateSpec", "The job that a CronJob makes.")

    package let metadata = Field<ObjectMeta>("metadata", 1, "Labels and annotations of the jobs.")
    package let spec = Field<JobSpec>("spec", 2, "What the jobs are to be.")
}

/// What was last seen of a CronJob.
package struct CronJobStatus: Schema {
    package static let definition = Definition(CronJobStatus(), "batch.v1.CronJobStatus", "What was last seen of a CronJob.")

    package let active = Field<[ObjectReference]>("active", 1, "Jobs that are running.", .atomic)
    package let lastScheduleTime = Field<Time?>("lastScheduleTime", 4, "When a job was made last.")
    package let lastSuccessfulTime = Field<Time?>("lastSuccessfulTime", 5, "When a job last succeeded.")
}
