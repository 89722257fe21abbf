import API
import Machinery

/// What a CronJob needs next, decided from what was read. Pure.
///
/// Of the times that have come since the last job only the latest counts. In this order: jobs that ended or went away leave the list of
/// active ones, old jobs beyond the limits go, then a job for the latest time is made, if the policy, the deadline and suspension allow.
/// Source: pkg/controller/cronjob/cronjob_controllerv2.go and utils.go.
struct CronJobPlan {
    struct News: Equatable {
        var isWarning: Bool = false
        let reason: String
        let message: String
    }

    private(set) var status: View<CronJobStatus>
    private(set) var news: [News] = []
    /// To be deleted, in this order.
    private(set) var victims: [View<Job>] = []
    /// The time that a job has to be made for.
    private(set) var due: Time?
    private(set) var nextLook: Duration?

    private let cron: View<CronJob>
    private let now: Time

    /// - Parameters:
    ///   - jobs: all that the CronJob controls.
    ///   - missing: uids of active jobs that the API server does not know any longer.
    ///   - zone: of the schedule; nil when nobody knows it.
    init(_ cron: View<CronJob>, jobs: [View<Job>], missing: Set<String> = [], zone: ZoneRules?, now: Time) {
        self.cron = cron
        self.now = now
        status = cron.status
        settle(jobs, missing)
        trim(jobs)
        guard !cron.isTerminating else { return }
        guard let zone else {
            let name: String = cron.spec.timeZone ?? ""
            tell(true, "UnknownTimeZone", "invalid timeZone: \(JSON.quoted(name)): unknown time zone \(name)")
            return
        }
        guard !cron.spec.suspend else { return }
        do {
            schedule(try CronSchedule(cron.spec.schedule), zone, jobs)
        } catch {
            tell(true, "UnparseableSchedule", "unparseable schedule: \(JSON.quoted(cron.spec.schedule)) : \(error.description)")
        }
    }

    private mutating func tell(_ isWarning: Bool, _ reason: String, _ message: String) {
        news.append(News(isWarning: isWarning, reason: reason, message: message))
    }

    // MARK: - Jobs there are

    private mutating func settle(_ jobs: [View<Job>], _ missing: Set<String>) {
        for job in jobs {
            let isActive: Bool = status.active.contains { $0.uid == job.metadata.uid }
            if job.isFinished, isActive {
                forget(job.metadata.uid)
                tell(
                    false, "SawCompletedJob",
                    "Saw completed job: \(job.name), condition: \(job.has(condition: "Complete") ? "Complete" : "Failed")")
            } else if !job.isFinished, !isActive, !job.isTerminating {
                if let time = cron.time(of: job) {
                    // Made by this controller, which ended before it could write it down.
                    note(job, for: time)
                } else {
                    tell(true, "UnexpectedJob", "Saw a job that the controller did not create or forgot: \(job.name)")
                }
            }
            if job.has(condition: "Complete"), let end = job.status.completionTime, end > status.lastSuccessfulTime ?? .epoch {
                status.lastSuccessfulTime = end
            }
        }
        for reference in status.active where missing.contains(reference.uid) {
            forget(reference.uid)
            tell(false, "MissingJob", "Active job went missing: \(reference.name)")
        }
    }

    private mutating func forget(_ uid: String) { status.active = status.active.filter { $0.uid != uid } }

    /// The job was made: it is active, and its time has been dealt with.
    mutating func note(_ job: View<Job>, for time: Time) {
        if !status.active.contains(where: { $0.uid == job.metadata.uid }) {
            status.active.append(
                View<ObjectReference> {
                    $0.apiVersion = Job.names.apiVersion
                    $0.kind = Job.names.kind
                    $0.namespace = job.namespace
                    $0.name = job.name
                    $0.uid = job.metadata.uid
                    $0.resourceVersion = job.metadata.resourceVersion
                })
        }
        if time > status.lastScheduleTime ?? .epoch { status.lastScheduleTime = time }
    }

    /// The oldest jobs beyond the limits.
    private mutating func trim(_ jobs: [View<Job>]) {
        let finished: [View<Job>] = jobs.filter { $0.isFinished && !$0.isTerminating }.sorted {
            ($0.status.startTime?.seconds ?? .max, $0.name) < ($1.status.startTime?.seconds ?? .max, $1.name)
        }
        let succeeded: [View<Job>] = finished.filter { $0.has(condition: "Complete") }
        let failed: [View<Job>] = finished.filter { !$0.has(condition: "Complete") }
        victims += succeeded.dropLast(cron.spec.successfulJobsHistoryLimit) + failed.dropLast(cron.spec.failedJobsHistoryLimit)
    }

    // MARK: - The next job

    private mutating func schedule(_ schedule: CronSchedule, _ zone: ZoneRules, _ jobs: [View<Job>]) {
        if let next = schedule.next(after: now, in: zone) { nextLook = next - now }
        guard let (time, missed) = latest(schedule, zone) else { return }
        if missed > 100 {
            tell(
                true, "TooManyMissedTimes",
                "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew")
        }
        guard !status.active.contains(where: { $0.name == cron.jobName(time) }) else { return }
        switch cron.spec.concurrencyPolicy {
        case "Forbid" where !status.active.isEmpty:
            return tell(
                false, "JobAlreadyActive", "Not starting job because prior execution is running and concurrency policy is Forbid")
        case "Replace":
            let active: Set<String> = Set(status.active.map(\.uid))
            victims += jobs.filter { active.contains($0.metadata.uid) }
            status.active = []
        default: break
        }
        due = time
    }

    /// The latest time that has come, had no job yet and is not past its deadline, and how many have come.
    private func latest(_ schedule: CronSchedule, _ zone: ZoneRules) -> (time: Time, missed: Int64)? {
        var since: Time = status.lastScheduleTime ?? cron.metadata.creationTimestamp ?? now
        if let deadline = cron.spec.startingDeadlineSeconds { since = max(since, now - .seconds(deadline)) }
        guard let first = schedule.next(after: since, in: zone), first <= now else { return nil }
        guard let second = schedule.next(after: first, in: zone), second <= now else { return (first, 1) }
        var latest: Time = second
        while let next = schedule.next(after: latest, in: zone), next <= now { latest = next }
        return (latest, (now.seconds - first.seconds) / max(1, second.seconds - first.seconds) + 1)
    }
}

extension View<CronJob> {
    /// One name for each time, so that no time has two jobs.
    func jobName(_ time: Time) -> String { "\(name)-\(time.seconds / 60)" }

    /// The time that a job was made for; nil for one that somebody else made.
    func time(of job: View<Job>) -> Time? {
        guard let text = job.metadata.annotations[Self.timeAnnotation], let time = Time(text), job.name == jobName(time) else { return nil }
        return time
    }

    private static var timeAnnotation: String { "batch.kubernetes.io/cronjob-scheduled-timestamp" }

    /// The job for a time.
    func job(for time: Time, in zone: ZoneRules) -> View<Job> {
        let template: View<JobTemplateSpec> = self.spec.jobTemplate
        return Job.new(jobName(time), namespace: namespace) {
            let labels: [String: String] = template.metadata.labels
            if !labels.isEmpty { $0.metadata.labels = labels }
            $0.metadata.annotations = template.metadata.annotations
            $0.metadata.annotations[Self.timeAnnotation] = time.rfc3339(offset: zone.offset(at: time.seconds))
            $0.metadata.ownerReferences = [View<OwnerReference>.controller(self)]
            $0.metadata.creationTimestamp = time
            $0.spec = template.spec
        }
    }
}

extension Time {
    /// `2006-01-02T15:04:05+01:00`, with Z for UTC.
    fileprivate func rfc3339(offset: Int) -> String {
        guard offset != 0 else { return description }
        let local = CivilTime(secondsSinceEpoch: seconds + Int64(offset))
        let minutes: Int = abs(offset) / 60
        return "\(local.text)\(offset < 0 ? "-" : "+")\(Self.two(minutes / 60)):\(Self.two(minutes % 60))"
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
