import API
import Client
import Machinery

/// Deletes jobs whose time to live after their end is over. Reads Jobs. Source: pkg/controller/ttlafterfinished.
struct JobExpiryController: ObjectController {
    static let name = "ttl-after-finished-controller"
    static let queueName = "ttl_jobs_to_delete"

    let context: ControllerContext

    static func concerns(_ before: View<Job>?, _ after: View<Job>?) -> Bool {
        after.map { $0.isFinished && $0.spec.ttlSecondsAfterFinished != nil } ?? false
    }

    func reconcile(_ job: View<Job>) async throws -> Duration? {
        guard !job.isTerminating, let left = Self.timeLeft(job, context.clock.time) else { return nil }
        guard left <= .zero else { return left }
        // The time may have been made longer since the copy was made.
        guard let fresh = try await context.client.find(Job.self, job.key), fresh.metadata.uid == job.metadata.uid, !fresh.isTerminating,
            let rest = Self.timeLeft(fresh, context.clock.time), rest <= .zero
        else { return nil }
        try await context.delete(job, propagationPolicy: "Foreground")
        return nil
    }

    /// Pure: what is left of the time to live; nil for a job that stays or has not ended.
    static func timeLeft(_ job: View<Job>, _ now: Time) -> Duration? {
        guard let seconds = job.spec.ttlSecondsAfterFinished, let end = job.finishedAt else { return nil }
        return .seconds(max(0, end.seconds + Int64(seconds) - now.seconds))
    }
}
