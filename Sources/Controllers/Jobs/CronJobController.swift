import API
import Client
import Machinery

/// Makes the jobs of CronJobs when their times come.
///
/// Reads CronJobs and Jobs. In this order: deletes jobs beyond the limits and those that are replaced, makes the job that is due, writes the
/// status. A job is named for its time: a crash between any two steps makes none twice.
struct CronJobController: ObjectController {
    static let name = "cronjob-controller"
    static let queueName = "cronjob"

    let context: ControllerContext
    private var jobs: Informer<Job> { context.copy() }
    private let zones = TimeZones()

    var others: [any ObjectCopy] { [jobs] }

    func watchOthers(_ queue: WorkQueue) { watchOwned(by: objects, jobs, queue) }

    func reconcile(_ cron: View<CronJob>) async throws -> Duration? {
        let owned: [View<Job>] = jobs.owned(by: cron.metadata.uid)
        let zone: ZoneRules? = zones.zone(cron.spec.timeZone)
        var plan = CronJobPlan(
            cron, jobs: owned, missing: try await missing(cron, owned), zone: zone, now: context.clock.time)
        for news in plan.news { tell(cron, news.isWarning ? .warning : .normal, reason: news.reason, news.message) }
        for job in plan.victims { try await delete(job, cron) }
        if let time = plan.due, let zone, let job = try await make(cron.job(for: time, in: zone), cron) {
            plan.note(job, for: time)
            JobMeasures(context.metrics).made(late: .seconds(max(0, context.clock.time.seconds - time.seconds)))
        }
        var updated: View<CronJob> = cron
        updated.status = plan.status
        try await context.writeStatus(updated, from: cron)
        return plan.nextLook
    }

    /// Active jobs that the copy does not show are asked for: they may be new.
    private func missing(_ cron: View<CronJob>, _ owned: [View<Job>]) async throws -> Set<String> {
        let known: Set<String> = Set(owned.map(\.metadata.uid))
        var missing: Set<String> = []
        for reference in cron.status.active where !known.contains(reference.uid) {
            let job: View<Job>? = try await context.client.find(
                Job.self, ObjectKey(namespace: cron.namespace, name: reference.name))
            if job?.metadata.uid != reference.uid { missing.insert(reference.uid) }
        }
        return missing
    }

    private func delete(_ job: View<Job>, _ cron: View<CronJob>) async throws {
        do {
            try await context.client.delete(Job.self, job.key, uid: job.metadata.uid, propagationPolicy: "Background")
            tell(cron, .normal, reason: "SuccessfulDelete", "Deleted job \(job.name)")
        } catch let status as APIStatus where status.isNotFound || status.isConflict {
        } catch {
            tell(cron, .warning, reason: "FailedDelete", "Deleted job: \(error)")
            throw error
        }
    }

    /// nil when somebody else's job has the name, or when the namespace is going.
    private func make(_ job: View<Job>, _ cron: View<CronJob>) async throws -> View<Job>? {
        do {
            let made: View<Job> = try await context.client.create(job)
            jobs.note(made)
            tell(cron, .normal, reason: "SuccessfulCreate", "Created job \(made.name)")
            return made
        } catch let status as APIStatus where status.isAlreadyExists {
            let there: View<Job>? = try await context.client.find(Job.self, job.key)
            return there?.metadata.controllerUID == cron.metadata.uid ? there : nil
        } catch let status as APIStatus where status.isNamespaceTerminating {
            return nil
        } catch {
            tell(cron, .warning, reason: "FailedCreate", "Error creating job: \(error)")
            throw error
        }
    }
}
