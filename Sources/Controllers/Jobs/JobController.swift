import API
import Client
import Machinery

/// Runs a Job's pods until enough of them succeeded.
///
/// Reads Jobs and Pods. In this order: counts ended pods, writes the status, frees counted pods, deletes those that must go, makes those that
/// are missing.
struct JobController: Controller {
    static let name = "job-controller"
    static let queueName = "job"

    private let context: ControllerContext
    private let jobs: Informer<Job>
    private let pods: Informer<Pod>
    private let events: EventRecorder

    init(_ context: ControllerContext) {
        self.context = context
        jobs = context.informers.informer()
        pods = context.informers.informer()
        events = context.events(Self.name)
    }

    func watch(_ queue: WorkQueue) {
        jobs.onChange { before, after in if let object = after ?? before { queue.add(object.key) } }
        pods.onChange { before, after in
            guard let pod = after ?? before, let owner = pod.metadata.controller, owner.kind == "Job" else { return }
            queue.add(ObjectKey(namespace: pod.namespace, name: owner.name))
        }
    }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        await jobs.caughtUp()
        await pods.caughtUp()
        guard let job = jobs.get(key), let selector = job.spec.selector?.match else {
            try await freeOrphans(key)
            return nil
        }
        // Somebody else runs this job.
        guard job.spec.managedBy ?? "kubernetes.io/job-controller" == "kubernetes.io/job-controller" else { return nil }
        let adoption = Adoption<Job, Pod>(context: context, owner: job, selector: selector)
        let owned: [View<Pod>] = try await adoption.claim(
            pods.owned(by: job.metadata.uid) + pods.orphans(namespace: key.namespace))
        if job.isTerminating {
            for pod in owned where pod.isTracked { try await free(pod) }
            return nil
        }
        let plan = JobPlan(job, pods: owned, now: context.clock.time)
        try await apply(plan, job)
        return plan.nextLook
    }

    private func apply(_ plan: JobPlan, _ job: View<Job>) async throws {
        if plan.status != job.status {
            var updated: View<Job> = job
            updated.status = plan.status
            jobs.note(try await context.client.updateStatus(updated))
        }
        for (level, reason, message) in plan.news { events.record(job, level == "Normal" ? .normal : .warning, reason: reason, message) }
        for pod in plan.toRelease { try await free(pod) }
        for pod in plan.victims {
            do {
                try await context.client.delete(Pod.self, pod.key, uid: pod.metadata.uid) { pods.note($0) }
                events.record(job, .normal, reason: "SuccessfulDelete", "Deleted pod: \(pod.name)")
            } catch let status as APIStatus where status.isNotFound || status.isConflict {}
        }
        let made = await slowStart(plan.toMake) { try await make(job, $0) }
        if let failure = made.failure { throw failure }
    }

    private func make(_ job: View<Job>, _ new: JobPlan.NewPod) async throws {
        var pod: View<Pod> = makePod(from: job.spec.template, for: job)
        pod.metadata.finalizers = pod.metadata.finalizers + [View<Pod>.trackingFinalizer]
        if let index = new.index { pod.take(index: index, of: job, failures: new.failures, ignoredFailures: new.ignoredFailures) }
        do {
            let made: View<Pod> = try await context.client.create(pod)
            pods.note(made)
            events.record(job, .normal, reason: "SuccessfulCreate", "Created pod: \(made.name)")
        } catch let status as APIStatus where status.isNamespaceTerminating {
        } catch let status as APIStatus {
            events.record(job, .warning, reason: "FailedCreate", "Error creating: \(status.message)")
            throw status
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
    private func freeOrphans(_ key: ObjectKey) async throws {
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
