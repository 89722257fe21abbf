import API
import Client
import Machinery

/// Deletes jobs whose time to live after their end is over. Reads Jobs. Source: pkg/controller/ttlafterfinished.
struct JobExpiryController: Controller {
    static let name = "ttl-after-finished-controller"
    static let queueName = "ttl_jobs_to_delete"

    private let context: ControllerContext
    private let jobs: Informer<Job>

    init(_ context: ControllerContext) {
        self.context = context
        jobs = context.informers.informer()
    }

    func watch(_ queue: WorkQueue) {
        jobs.onChange { _, after in
            if let after, after.isFinished, after.spec.ttlSecondsAfterFinished != nil { queue.add(after.key) }
        }
    }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        guard let job = jobs.get(key), !job.isTerminating, let left = Self.timeLeft(job, context.clock.time) else { return nil }
        guard left <= .zero else { return left }
        // The time may have been made longer since the copy was made.
        guard let fresh = try await context.client.find(Job.self, key), fresh.metadata.uid == job.metadata.uid, !fresh.isTerminating,
            let rest = Self.timeLeft(fresh, context.clock.time), rest <= .zero
        else { return nil }
        do {
            try await context.client.delete(Job.self, key, uid: job.metadata.uid, propagationPolicy: "Foreground")
        } catch let status as APIStatus where status.isNotFound || status.isConflict {}
        return nil
    }

    /// Pure: what is left of the time to live; nil for a job that stays or has not ended.
    static func timeLeft(_ job: View<Job>, _ now: Time) -> Duration? {
        guard let seconds = job.spec.ttlSecondsAfterFinished, let end = job.finishedAt else { return nil }
        return .seconds(max(0, end.seconds + Int64(seconds) - now.seconds))
    }
}
