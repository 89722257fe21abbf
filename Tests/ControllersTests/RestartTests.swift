import API
import Client
import Machinery
import TestSupport
import Testing

@testable import Controllers

/// The controllers are ended at random moments and begin anew: nothing is lost, doubled or left over, and no promise is broken meanwhile.
@Suite(.serialized) struct RestartTests {
    private static func template(_ app: String) -> String {
        #"{metadata: {labels: {app: \#(app)}, annotations: {version: "1"}}, spec: {containers: [{name: main, image: main}]}}"#
    }

    /// Restarts the controllers again and again until the state is reached, asking after the promise all the while.
    private func hold(
        _ plane: TestControlPlane, restarts: Int, until isReached: () async throws -> Bool, promise: () async throws -> Void
    ) async throws {
        var left: Int = restarts
        let deadline: ContinuousClock.Instant = .now + .seconds(60)
        var looks: Int = 0
        while try await !isReached() {
            try await promise()
            looks += 1
            if left > 0, looks.isMultiple(of: 3) {
                left -= 1
                try await plane.restart()
            }
            guard ContinuousClock.now < deadline else { throw TestFailure("the end was not reached") }
            await Task.yield()
        }
        try await promise()
    }

    @Test(arguments: [(10, 3, 2, 8), (4, 1, 0, 4)])
    func `a rollout keeps its floor and its ceiling`(replicas: Int, surge: Int, missing: Int, restarts: Int) async throws {
        try await TestControlPlane.with(nodes: 3, isPaused: false) { plane in
            let web: View<Deployment> = try await plane.create(
                Deployment.self,
                """
                metadata: {name: web}
                spec:
                  replicas: \(replicas)
                  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: \(surge), maxUnavailable: \(missing)}}
                  selector: {matchLabels: {app: web}}
                  template: \(Self.template("web"))
                """)
            try await plane.eventually("full", Deployment.self, "web") { $0.status.availableReplicas == replicas }
            let patch: JSON = ["spec": ["template": ["metadata": ["annotations": ["version": "2"]]]]]
            try await plane.client.patch(Deployment.self, web.key, patch)
            try await hold(plane, restarts: restarts) {
                let now: View<Deployment> = try await plane.client.get(Deployment.self, web.key)
                return now.status.observedGeneration == now.metadata.generation && now.status.updatedReplicas == replicas
                    && now.status.replicas == replicas && now.status.availableReplicas == replicas
            } promise: {
                // One list is one moment.
                let pods: [View<Pod>] = try await plane.pods().filter { !$0.isTerminating && !$0.isFinished }
                #expect(pods.count { $0.isReady } >= replicas - missing)
                #expect(pods.count <= replicas + surge)
            }
            let sets: [View<ReplicaSet>] = try await plane.client.list(ReplicaSet.self, namespace: "default").items
            #expect(sets.map(\.spec.replicas).sorted() == [0, replicas])
            #expect(try await plane.pods().allSatisfy { $0.metadata.controllerUID != nil })
        }
    }

    @Test func `no number of a stateful set ever has two pods`() async throws {
        try await TestControlPlane.with(nodes: 2, isPaused: false) { plane in
            let set: View<StatefulSet> = try await plane.create(
                StatefulSet.self,
                """
                metadata: {name: db}
                spec:
                  replicas: 5
                  serviceName: db
                  podManagementPolicy: Parallel
                  selector: {matchLabels: {app: db}}
                  template: \(Self.template("db"))
                """)
            var seen: [String: Set<String>] = [:]
            func promise() async throws {
                let pods: [View<Pod>] = try await plane.pods()
                #expect(Set(pods.map(\.name)).count == pods.count)
                // A name that has a new uid has lost the old pod before.
                for pod in pods { seen[pod.name, default: []].insert(pod.metadata.uid) }
                #expect(pods.count <= 5)
            }
            try await hold(plane, restarts: 4) {
                try await plane.client.get(StatefulSet.self, set.key).status.readyReplicas == 5
            } promise: {
                try await promise()
            }
            let patch: JSON = ["spec": ["template": ["metadata": ["annotations": ["version": "2"]]]]]
            try await plane.client.patch(StatefulSet.self, set.key, patch)
            try await hold(plane, restarts: 5) {
                let now: View<StatefulSet> = try await plane.client.get(StatefulSet.self, set.key)
                return now.status.observedGeneration == 2 && now.status.currentRevision == now.status.updateRevision
                    && now.status.readyReplicas == 5
            } promise: {
                try await promise()
            }
            #expect(seen.keys.sorted() == (0..<5).map { "db-\($0)" })
        }
    }

    @Test func `a job counts each pod that succeeded once`() async throws {
        try await TestControlPlane.with(nodes: 2, isPaused: false) { plane in
            let job: View<Job> = try await plane.create(
                Job.self,
                """
                metadata: {name: sum}
                spec:
                  completions: 20
                  parallelism: 4
                  template:
                    metadata: {labels: {app: sum}}
                    spec: {restartPolicy: Never, containers: [{name: main, image: main}]}
                """)
            try await hold(plane, restarts: 8) {
                try await plane.client.get(Job.self, job.key).has(condition: "Complete")
            } promise: {
                let counted: Int = try await plane.client.get(Job.self, job.key).status.succeeded
                let succeeded: Int = try await plane.pods().count { $0.status.phase == "Succeeded" }
                #expect(counted <= succeeded)
            }
            let pods: [View<Pod>] = try await plane.pods()
            #expect(pods.count { $0.status.phase == "Succeeded" } == 20 && pods.count == 20)
            #expect(pods.allSatisfy { $0.metadata.finalizers.isEmpty })
            #expect(try await plane.client.get(Job.self, job.key).status.succeeded == 20)
        }
    }
}
