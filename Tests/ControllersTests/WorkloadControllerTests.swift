import API
import Client
import Machinery
import TestSupport
import Testing

@testable import Controllers

/// Controllers against the real server, with simulated nodes.
struct WorkloadControllerTests {
    private static let template = """
        metadata: {labels: {app: web}}
        spec: {containers: [{name: web, image: web}]}
        """

    private static func indented(_ text: String, _ spaces: Int) -> String {
        text.split(separator: "\n").map { String(repeating: " ", count: spaces) + $0 }.joined(separator: "\n")
    }

    private static func workload(_ name: String, _ spec: String) -> String {
        """
        metadata: {name: \(name)}
        spec:
        \(indented(spec, 2))
          selector: {matchLabels: {app: web}}
          template:
        \(indented(template, 4))
        """
    }

    @Test func `a stateful set makes its pods in order, with their claims, and replaces them in the other`() async throws {
        try await TestControlPlane.with { plane in
            try await plane.create(
                StatefulSet.self,
                Self.workload(
                    "db",
                    """
                    replicas: 3
                    serviceName: db
                    """))
            let ready = try await plane.eventually("ready", StatefulSet.self, "db") {
                $0.status.readyReplicas == 3 && $0.status.currentRevision == $0.status.updateRevision
            }
            let pods = try await plane.pods()
            #expect(pods.map(\.name) == ["db-0", "db-1", "db-2"])
            #expect(pods.map { $0.metadata.labels["apps.kubernetes.io/pod-index"] } == ["0", "1", "2"])
            #expect(pods.map(\.spec.subdomain) == ["db", "db", "db"])
            let created = try await plane.events("SuccessfulCreate")
            #expect(created.contains("create Pod db-0 in StatefulSet db successful"))

            let patch: JSON = ["spec": ["template": ["metadata": ["annotations": ["version": "2"]]]]]
            try await plane.client.patch(StatefulSet.self, ready.key, patch)
            let updated = try await plane.eventually("updated", StatefulSet.self, "db") {
                $0.status.observedGeneration == 2 && $0.status.updatedReplicas == 3 && $0.status.readyReplicas == 3
                    && $0.status.currentRevision == $0.status.updateRevision
            }
            #expect(updated.status.currentRevision != ready.status.currentRevision)
            let revisions = try await plane.client.list(ControllerRevision.self, namespace: "default").items
            #expect(revisions.map(\.revision).sorted() == [1, 2])
        }
    }

    @Test func `claims of a stateful set stay, or go with it`() async throws {
        try await TestControlPlane.with { plane in
            let spec = """
                replicas: 2
                podManagementPolicy: Parallel
                persistentVolumeClaimRetentionPolicy: {whenScaled: Delete, whenDeleted: Retain}
                volumeClaimTemplates:
                - metadata: {name: data}
                  spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
                """
            let set = try await plane.create(StatefulSet.self, Self.workload("db", spec))
            try await eventually("claims") {
                try await plane.client.list(PersistentVolumeClaim.self, namespace: "default").items.map(\.name).sorted()
            } until: {
                $0 == ["data-db-0", "data-db-1"]
            }
            try await plane.client.patch(StatefulSet.self, set.key, ["spec": ["replicas": 1]])
            try await eventually("the claim of the surplus pod goes") {
                try await plane.client.list(PersistentVolumeClaim.self, namespace: "default").items.map(\.name)
            } until: {
                $0 == ["data-db-0"]
            }
        }
    }

    @Test func `a daemon set follows its nodes`() async throws {
        try await TestControlPlane.with(nodes: 2) { plane in
            let set = try await plane.create(DaemonSet.self, Self.workload("agent", "minReadySeconds: 0"))
            try await plane.eventually("on both", DaemonSet.self, "agent") { $0.status.numberReady == 2 }
            try await plane.addNode("node-2")
            try await plane.eventually("on the new one", DaemonSet.self, "agent") { $0.status.numberReady == 3 }
            let taint: JSON = ["spec": ["taints": [["key": "gone", "effect": "NoExecute"]]]]
            try await plane.client.patch(Node.self, ObjectKey(namespace: "", name: "node-1"), taint)
            try await plane.eventually("off the tainted one", DaemonSet.self, "agent") {
                $0.status.desiredNumberScheduled == 2 && $0.status.numberReady == 2 && $0.status.numberMisscheduled == 0
            }
            #expect(Set(try await plane.pods().map(\.spec.nodeName)) == ["node-0", "node-2"])
            let patch: JSON = ["spec": ["template": ["metadata": ["annotations": ["version": "2"]]]]]
            try await plane.client.patch(DaemonSet.self, set.key, patch)
            try await plane.eventually("rolled out", DaemonSet.self, "agent") {
                $0.status.observedGeneration == 2 && $0.status.updatedNumberScheduled == 2 && $0.status.numberAvailable == 2
            }
        }
    }

    @Test func `a replication controller keeps its pods`() async throws {
        try await TestControlPlane.with { plane in
            let controller = try await plane.create(
                ReplicationController.self,
                """
                metadata: {name: old}
                spec:
                  replicas: 3
                  template:
                \(Self.indented(Self.template, 4))
                """)
            try await plane.eventually("ready", ReplicationController.self, "old") { $0.status.readyReplicas == 3 }
            try await plane.client.patch(ReplicationController.self, controller.key, ["spec": ["replicas": 1]])
            try await plane.eventually("smaller", ReplicationController.self, "old") { $0.status.replicas == 1 }
        }
    }

    @Test func `a cron job makes jobs when their times come`() async throws {
        try await TestControlPlane.with { plane in
            try await plane.create(
                CronJob.self,
                """
                metadata: {name: tick}
                spec:
                  schedule: "*/5 * * * *"
                  jobTemplate:
                    spec:
                      template:
                        metadata: {annotations: {swkube.dev/simulated-duration: 10s}}
                        spec: {restartPolicy: Never, containers: [{name: work, image: work}]}
                """)
            // The server's clock begins at 12:00:00.
            plane.clock.advance(by: .seconds(301))
            let active = try await plane.eventually("the job is active", CronJob.self, "tick") { $0.status.active.count == 1 }
            #expect(active.status.active.first?.name == "tick-29671925")
            #expect(active.status.lastScheduleTime?.description == "2026-06-01T12:05:00Z")
            try await eventually("the pod runs") { try await plane.pods().first?.status.phase == "Running" }
            plane.clock.advance(by: .seconds(11))
            let done = try await plane.eventually("the job is done", CronJob.self, "tick") { $0.status.active.isEmpty }
            #expect(done.status.lastSuccessfulTime != nil)
        }
    }

    @Test func `an indexed job with limits of its own loses one index and completes the others`() async throws {
        try await TestControlPlane.with { plane in
            try await plane.create(
                Job.self,
                """
                metadata: {name: batch}
                spec:
                  completions: 2
                  parallelism: 2
                  completionMode: Indexed
                  backoffLimitPerIndex: 0
                  template:
                    metadata: {annotations: {swkube.dev/simulated-duration: 10s, swkube.dev/simulated-exit-code: "3"}}
                    spec: {restartPolicy: Never, containers: [{name: work, image: work}]}
                """)
            try await eventually("both run") { try await plane.pods().map(\.status.phase) == ["Running", "Running"] }
            plane.clock.advance(by: .seconds(11))
            let failed = try await plane.eventually("failed", Job.self, "batch") { $0.isFinished }
            #expect(failed.status.condition("Failed")?.reason == "FailedIndexes")
            #expect(failed.status.failedIndexes == "0,1")
            #expect(failed.status.failed == 2)
            #expect(try await plane.pods().allSatisfy { $0.metadata.finalizers.isEmpty })
        }
    }

    @Test func `a job may ignore that a pod was evicted`() async throws {
        try await TestControlPlane.with { plane in
            let job = try await plane.create(
                Job.self,
                """
                metadata: {name: batch}
                spec:
                  backoffLimit: 0
                  podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: DisruptionTarget}]}]}
                  template:
                    metadata: {annotations: {swkube.dev/simulated-duration: 1h}}
                    spec: {restartPolicy: Never, containers: [{name: work, image: work}]}
                """)
            try await eventually("it runs") { try await plane.pods().map(\.status.phase) == ["Running"] }
            let first: String = try await plane.pods().first?.name ?? ""
            let eviction: JSON = ["apiVersion": "policy/v1", "kind": "Eviction", "metadata": ["name": .string(first)]]
            _ = try await plane.client.send(
                APIRequest(
                    .create, Pod.names.resource, namespace: "default", name: first, subresource: "eviction", body: eviction.serialized()))
            try await eventually("another runs") { () async throws -> Bool in
                plane.clock.advance(by: .seconds(1))
                let pods: [View<Pod>] = try await plane.pods()
                return pods.map(\.status.phase) == ["Running"] && pods.first?.name != first
            }
            #expect(try await plane.client.get(Job.self, job.key).status.condition("FailureTarget") == nil)
        }
    }

    @Test func `a job is deleted when its time to live is over`() async throws {
        try await TestControlPlane.with { plane in
            let job = try await plane.create(
                Job.self,
                """
                metadata: {name: brief}
                spec:
                  ttlSecondsAfterFinished: 60
                  template:
                    metadata: {annotations: {swkube.dev/simulated-duration: 10s}}
                    spec: {restartPolicy: Never, containers: [{name: work, image: work}]}
                """)
            try await eventually("it runs") { try await plane.pods().map(\.status.phase) == ["Running"] }
            plane.clock.advance(by: .seconds(11))
            try await plane.eventually("complete", Job.self, "brief") { $0.has(condition: "Complete") }
            plane.clock.advance(by: .seconds(61))
            try await eventually("gone") { try await plane.client.find(Job.self, job.key) == nil }
        }
    }
}
