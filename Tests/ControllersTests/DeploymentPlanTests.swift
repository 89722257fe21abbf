import API
import Machinery
import Testing

@testable import Controllers

/// Source of the numbers: the documentation of Deployments, and rolling_test.go of kube-controller-manager.
struct DeploymentPlanTests {
    private func steps(_ deployment: View<Deployment>, _ sets: [View<ReplicaSet>], oldPodsRun: Bool = false) -> [String: Int] {
        let next = DeploymentPlan(deployment, sets: sets).next(oldPodsRun: oldPodsRun)
        return [String: Int](uniqueKeysWithValues: next.map { ($0.set.metadata.uid, $0.replicas) })
    }

    @Test func `a first set gets all replicas at once`() {
        #expect(DeploymentPlan(Fixture.deployment(replicas: 10), sets: []).replicasOfNewSet == 10)
    }

    @Test func `a new set begins with the surge`() {
        let plan = DeploymentPlan(Fixture.deployment(replicas: 10), sets: [Fixture.set("v1", replicas: 10, wanted: 10)])
        #expect(plan.newSet == nil)
        #expect(plan.maxSurge == 3)
        #expect(plan.maxUnavailable == 2)
        #expect(plan.replicasOfNewSet == 3)
    }

    @Test func `the old set gives what availability allows`() {
        let sets = [Fixture.set("v1", replicas: 10, wanted: 10), Fixture.set("v2", replicas: 3, available: 0, wanted: 10, created: 1)]
        // 13 pods, 8 must stay available, 3 new ones are not yet.
        #expect(steps(Fixture.deployment(replicas: 10), sets) == ["v1": 8])
    }

    @Test func `the new set grows into the room that the old one left`() {
        let sets = [Fixture.set("v1", replicas: 8, wanted: 10), Fixture.set("v2", replicas: 3, available: 0, wanted: 10, created: 1)]
        #expect(steps(Fixture.deployment(replicas: 10), sets) == ["v2": 5])
    }

    @Test func `nothing moves while too few are available`() {
        let sets = [Fixture.set("v1", replicas: 8, wanted: 10), Fixture.set("v2", replicas: 5, available: 0, wanted: 10, created: 1)]
        #expect(steps(Fixture.deployment(replicas: 10), sets) == [:])
    }

    @Test func `sick old pods go first`() {
        let sets = [
            Fixture.set("v1", replicas: 10, available: 8, wanted: 10), Fixture.set("v2", replicas: 3, available: 0, wanted: 10, created: 1),
        ]
        #expect(steps(Fixture.deployment(replicas: 10), sets) == ["v1": 8])
    }

    @Test func `sick old pods stay while the new ones that are to replace them are not available`() {
        let deployment = Fixture.deployment(
            replicas: 10, strategy: ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": 5, "maxUnavailable": 0]])
        let sets = [
            Fixture.set("v1", replicas: 10, available: 8, wanted: 10), Fixture.set("v2", replicas: 5, available: 0, wanted: 10, created: 1),
        ]
        #expect(steps(deployment, sets) == [:])
    }

    @Test func `without surge and without gap one pod may be missing`() {
        let strategy: JSON = ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": 0, "maxUnavailable": "10%"]]
        #expect(DeploymentPlan(Fixture.deployment(replicas: 3, strategy: strategy), sets: []).maxUnavailable == 1)
    }

    @Test func `a change of the number goes to the only set`() {
        let sets = [Fixture.set("v2", replicas: 3, wanted: 3)]
        #expect(steps(Fixture.deployment(replicas: 5), sets) == ["v2": 5])
    }

    @Test func `a change of the number in mid-rollout is shared in proportion`() {
        let sets = [Fixture.set("v1", replicas: 8, wanted: 10), Fixture.set("v2", replicas: 5, available: 5, wanted: 10, created: 1)]
        let next = steps(Fixture.deployment(replicas: 20), sets)
        #expect(next["v1"].map { $0 > 8 } == true && next["v2"].map { $0 > 5 } == true)
        #expect(next.values.reduce(0, +) == 25)
    }

    @Test func `recreate empties the old set, waits for its pods, then fills the new one`() {
        let deployment = Fixture.deployment(replicas: 3, strategy: ["type": "Recreate"])
        #expect(steps(deployment, [Fixture.set("v1", replicas: 3, wanted: 3)], oldPodsRun: true) == ["v1": 0])
        let sets = [Fixture.set("v1", replicas: 0, wanted: 3), Fixture.set("v2", replicas: 0, wanted: 3, created: 1)]
        #expect(steps(deployment, sets, oldPodsRun: true) == [:])
        #expect(steps(deployment, sets, oldPodsRun: false) == ["v2": 3])
    }

    @Test func `a paused deployment does not roll`() {
        let sets = [Fixture.set("v1", replicas: 3, wanted: 3)]
        #expect(steps(Fixture.deployment(replicas: 3, paused: true), sets) == [:])
    }
}

struct DeploymentStatusPlanTests {
    private func progress(_ sets: [View<ReplicaSet>], status: JSON = [:], made: Bool = false, now: Time = Fixture.now) -> (String, String)?
    {
        var deployment = Fixture.deployment(replicas: 3)
        deployment.json["status"] = status
        let planned = DeploymentStatusPlan(DeploymentPlan(deployment, sets: sets), madeSet: made, now: now)
        return planned.status.condition("Progressing").map { ($0.status, $0.reason) }
    }

    @Test func `a rollout is news, progress, then success`() throws {
        let made = try #require(progress([Fixture.set("v2", replicas: 3, available: 0, wanted: 3)], made: true))
        #expect(made == ("True", "NewReplicaSetCreated"))
        let done = try #require(progress([Fixture.set("v2", replicas: 3, wanted: 3)]))
        #expect(done == ("True", "NewReplicaSetAvailable"))
    }

    @Test func `a rollout that stands still for longer than its deadline has failed`() throws {
        let since = Time(seconds: Fixture.now.seconds - 601)
        let status: JSON = [
            "updatedReplicas": 3, "replicas": 3,
            "conditions": [
                [
                    "type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated", "lastUpdateTime": since.json,
                    "lastTransitionTime": since.json,
                ]
            ],
        ]
        let failed = try #require(progress([Fixture.set("v2", replicas: 3, available: 0, wanted: 3)], status: status))
        #expect(failed == ("False", "ProgressDeadlineExceeded"))
    }

    @Test func `availability is judged by what may be missing`() {
        let few = DeploymentStatusPlan(
            DeploymentPlan(Fixture.deployment(replicas: 4), sets: [Fixture.set("v2", replicas: 4, available: 3, wanted: 4)]),
            madeSet: false,
            now: Fixture.now)
        #expect(few.status.condition("Available")?.status == "True")
        #expect(few.status.unavailableReplicas == 1)
    }
}
