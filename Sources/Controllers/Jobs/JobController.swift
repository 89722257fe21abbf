import API
import Client
import Machinery

/// Runs a Job's pods until enough of them succeeded.
///
/// Reads Jobs and Pods. In this order: counts ended pods, writes the status, frees counted pods, deletes those that must go, makes those that
/// are missing.
struct JobController: ObjectController {
    static let name = "job-controller"
    static let queueName = "job"

    let context: ControllerContext
    private var pods: Informer<Pod> { context.copy() }

    var others: [any ObjectCopy] { [pods] }

    func watchOthers(_ queue: WorkQueue) { watchOwned(by: objects, pods, queue) { $0.spec.selector?.match ?? .nothing } }

    func reconcile(_ job: View<Job>) async throws -> Duration? {
        guard let selector = job.spec.selector?.match else { return nil }
        // Somebody else runs this job.
        guard job.spec.managedBy ?? "kubernetes.io/job-controller" == "kubernetes.io/job-controller" else { return nil }
        let adoption = Adoption<Job, Pod>(context: context, owner: job, selector: selector, finalizer: View<Pod>.trackingFinalizer)
        let owned: [View<Pod>] = try await adoption.claim(
            pods.owned(by: job.metadata.uid) + pods.orphans(namespace: job.namespace))
        if job.isTerminating {
            try await free(owned.filter(\.isTracked))
            return nil
        }
        let plan = JobPlan(job, pods: owned, now: context.clock.time)
        let began: ContinuousClock.Instant = .now
        var hasFailed: Bool = true
        defer { measures.looked(at: job, plan, hasFailed: hasFailed, after: began.duration(to: .now)) }
        try await apply(plan, job)
        hasFailed = false
        return plan.nextLook
    }

    private var measures: JobMeasures { JobMeasures(context.metrics) }

    private func apply(_ plan: JobPlan, _ job: View<Job>) async throws {
        if plan.status != job.status {
            var updated: View<Job> = job
            updated.status = plan.status
            objects.note(try await context.client.updateStatus(updated))
            measures.wrote(plan.status, of: job)
        }
        for (level, reason, message) in plan.news { tell(job, level == "Normal" ? .normal : .warning, reason: reason, message) }
        try await free(plan.toRelease)
        if let failure = await deletePods(plan.victims, of: job) { throw failure }
        let made = await slowStart(plan.toMake) { try await make(job, $0) }
        if let failure = made.failure { throw failure }
    }

    private func make(_ job: View<Job>, _ new: JobScaling.NewPod) async throws {
        var pod: View<Pod> = makePod(from: job.spec.template, for: job)
        pod.metadata.finalizers = pod.metadata.finalizers + [View<Pod>.trackingFinalizer]
        if let index = new.index { pod.take(index: index, of: job, failures: new.failures, ignoredFailures: new.ignoredFailures) }
        try await createPod(pod, for: job)
    }

    private func free(_ pods: [View<Pod>]) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for pod in pods { group.addTask { try await free(pod) } }
        }
    }

    /// A pod that was counted needs its finalizer no longer.
    private func free(_ pod: View<Pod>) async throws {
        let finalizers: [JSON] = pod.metadata.finalizers.filter { $0 != View<Pod>.trackingFinalizer }.map { .string($0) }
        let patch: JSON = ["metadata": ["uid": .string(pod.metadata.uid), "finalizers": finalizers.isEmpty ? .null : .array(finalizers)]]
        do {
            pods.note(try await context.client.patch(Pod.self, pod.key, patch, as: .mergePatch))
        } catch let status as APIStatus where status.isNotFound || status.isConflict {}
    }

    /// Pods of a job that is gone would keep their finalizer for ever.
    func clear(_ key: ObjectKey) async throws {
        for pod in pods.list(namespace: key.namespace) where pod.isTracked {
            guard let owner = pod.metadata.controller, owner.kind == "Job", owner.name == key.name else { continue }
            try await free(pod)
        }
    }
}

extension View<Pod> {
    /// Makes this the pod with a number of an Indexed job, which its programs find in their environment.
    fileprivate mutating func take(index: Int, of job: View<Job>, failures: Int?, ignoredFailures: Int?) {
        self.metadata.generateName = "\(job.name)-\(index)-"
        self.metadata.annotations[JobLabels.completionIndex] = String(index)
        self.metadata.labels[JobLabels.completionIndex] = String(index)
        if let failures { self.metadata.annotations[JobFailure.countAnnotation] = String(failures) }
        if let ignoredFailures { self.metadata.annotations[JobFailure.ignoredCountAnnotation] = String(ignoredFailures) }
        if self.spec.hostname.isEmpty { self.spec.hostname = "\(job.name)-\(index)" }
        self.spec.initContainers = self.spec.initContainers.map(Self.withIndex)
        self.spec.containers = self.spec.containers.map(Self.withIndex)
    }

    private static func withIndex(_ container: View<Container>) -> View<Container> {
        guard !container.env.contains(where: { $0.name == "JOB_COMPLETION_INDEX" }) else { return container }
        var container: View<Container> = container
        container.env =
            container.env + [
                View<EnvVar>([
                    "name": "JOB_COMPLETION_INDEX",
                    "valueFrom": ["fieldRef": ["fieldPath": .string("metadata.annotations['\(JobLabels.completionIndex)']")]],
                ])
            ]
        return container
    }
}
