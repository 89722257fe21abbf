import API
import Machinery
import Testing

@testable import Controllers

struct StatefulSetPlanTests {
    private func set(_ spec: JSON, status: JSON = [:]) -> View<StatefulSet> {
        StatefulSet.new("db", namespace: "default") {
            $0.metadata.uid = "set"
            $0.json["spec"] = spec
            $0.json["status"] = status
        }
    }

    private func pod(
        _ ordinal: Int, _ revision: String = "new", ready: Bool = true, phase: String = "Running", isTerminating: Bool = false
    )
        -> View<Pod>
    {
        Fixture.pod(
            "db-\(ordinal)", phase: phase, ready: ready, isTerminating: isTerminating,
            labels: [
                "app": "web", "controller-revision-hash": revision, "statefulset.kubernetes.io/pod-name": "db-\(ordinal)",
                "apps.kubernetes.io/pod-index": String(ordinal),
            ])
    }

    private func plan(_ spec: JSON, _ pods: [View<Pod>], stale: Set<Int> = []) -> StatefulSetPlan {
        StatefulSetPlan(
            set(spec), pods: pods, currentRevision: "old", updateRevision: "new", staleClaims: stale, now: Fixture.now)
    }

    /// What the plan does, in short: `+1` makes, `-1` deletes, `~1` mends.
    private func words(_ plan: StatefulSetPlan) -> [String] {
        plan.actions.map { action in
            switch action {
            case .make(let ordinal, let isUpdated): "+\(ordinal)\(isUpdated ? "" : " old")"
            case .delete(let pod): "-\(pod.name.dropFirst(3))"
            case .makeClaims(let ordinal): "claims \(ordinal)"
            case .mend(_, let ordinal): "~\(ordinal)"
            }
        }
    }

    @Test func `ordered pods are made one after the other, each when all before it serve`() {
        #expect(words(plan(["replicas": 3], [])) == ["+0"])
        #expect(words(plan(["replicas": 3], [pod(0, ready: false)])) == [])
        #expect(words(plan(["replicas": 3], [pod(0)])) == ["+1"])
        #expect(words(plan(["replicas": 3], [pod(0), pod(2)])) == ["+1"])
        #expect(words(plan(["replicas": 3], [pod(0), pod(1, isTerminating: true)])) == [])
    }

    @Test func `parallel pods are made and go at once`() {
        let parallel: JSON = ["replicas": 3, "podManagementPolicy": "Parallel"]
        #expect(words(plan(parallel, [pod(1, ready: false)])) == ["+0", "+2"])
        #expect(words(plan(parallel, (0..<6).map { pod($0, ready: false) })) == ["-5", "-4", "-3"])
    }

    @Test func `surplus pods go from the highest number down, one when all others serve`() {
        #expect(words(plan(["replicas": 1], [pod(0), pod(1), pod(2)])) == ["-2"])
        #expect(words(plan(["replicas": 1], [pod(0), pod(1), pod(2, isTerminating: true)])) == [])
        #expect(words(plan(["replicas": 1], [pod(0, ready: false), pod(1), pod(2)])) == [])
        #expect(words(plan(["replicas": 1], [pod(0), pod(1), pod(2, ready: false)])) == ["-2"])
        #expect(words(plan(["replicas": 1], [pod(0), pod(1, ready: false), pod(2, ready: false)])) == [])
    }

    @Test func `a pod that ended is deleted before another takes its name`() {
        #expect(words(plan(["replicas": 2], [pod(0, phase: "Failed"), pod(1)])) == ["-0"])
        #expect(words(plan(["replicas": 2], [pod(0, phase: "Succeeded"), pod(1)])) == ["-0"])
    }

    @Test func `an update goes from the highest number down to the partition, as many at a time as may be missing`() {
        let old = (0..<4).map { pod($0, "old") }
        let rolling: JSON = ["type": "RollingUpdate", "rollingUpdate": ["partition": 0]]
        #expect(words(plan(["replicas": 4, "updateStrategy": rolling], old)) == ["-3"])
        #expect(words(plan(["replicas": 4, "updateStrategy": rolling], Array(old.prefix(3)) + [pod(3)])) == ["-2"])
        #expect(words(plan(["replicas": 4, "updateStrategy": rolling], Array(old.prefix(3)) + [pod(3, ready: false)])) == [])
        let two: JSON = ["type": "RollingUpdate", "rollingUpdate": ["partition": 0, "maxUnavailable": 2]]
        #expect(words(plan(["replicas": 4, "updateStrategy": two], old)) == ["-3", "-2"])
        let partition: JSON = ["type": "RollingUpdate", "rollingUpdate": ["partition": 3]]
        #expect(words(plan(["replicas": 4, "updateStrategy": partition], Array(old.prefix(3)) + [pod(3)])) == [])
        #expect(words(plan(["replicas": 4, "updateStrategy": partition], Array(old.dropFirst()))) == ["+0 old"])
        #expect(words(plan(["replicas": 4, "updateStrategy": ["type": "OnDelete"]], old)) == [])
    }

    @Test func `broken pods of the old revision are replaced first where pods are made in parallel`() {
        let spec: JSON = [
            "replicas": 3, "podManagementPolicy": "Parallel",
            "updateStrategy": ["type": "RollingUpdate", "rollingUpdate": ["partition": 0]],
        ]
        #expect(words(plan(spec, [pod(0, "old", ready: false), pod(1, "old"), pod(2, "old")])) == ["-0"])
    }

    @Test func `numbers begin where the set says`() {
        #expect(words(plan(["replicas": 2, "ordinals": ["start": 5]], [])) == ["+5"])
        #expect(words(plan(["replicas": 2, "ordinals": ["start": 5]], [pod(5), pod(6), pod(0)])) == ["-0"])
    }

    @Test func `labels that a pod lost come back`() {
        var bare = pod(0)
        bare.metadata.labels = ["app": "web", "controller-revision-hash": "new"]
        #expect(words(plan(["replicas": 1], [bare])) == ["~0"])
    }

    @Test func `a pod waits until a claim of its forerunner is gone`() {
        #expect(words(plan(["replicas": 2], [pod(0)], stale: [1])) == [])
    }

    @Test func `an update is complete when all pods are new and ready`() {
        let spec: JSON = ["replicas": 2, "updateStrategy": ["type": "RollingUpdate", "rollingUpdate": ["partition": 0]]]
        #expect(plan(spec, [pod(0), pod(1)]).status.currentRevision == "new")
        #expect(plan(spec, [pod(0, "old"), pod(1)]).status.currentRevision == "old")
        let half = plan(spec, [pod(0, "old"), pod(1)]).status
        #expect((half.replicas, half.readyReplicas, half.updatedReplicas) == (2, 2, 1))
    }

    @Test(arguments: [
        ("Retain", "Retain", 0, [String]()), ("Delete", "Retain", 0, ["StatefulSet"]), ("Retain", "Delete", 0, []),
        ("Retain", "Delete", 5, ["Pod"]), ("Delete", "Delete", 0, ["StatefulSet"]), ("Delete", "Delete", 5, ["Pod"]),
    ])
    func `claims go with the set or with the pod that is too many`(whenDeleted: String, whenScaled: String, ordinal: Int, owners: [String])
    {
        let retention = ClaimRetention(
            set: set([
                "replicas": 2,
                "persistentVolumeClaimRetentionPolicy": ["whenDeleted": .string(whenDeleted), "whenScaled": .string(whenScaled)],
            ]))
        let claim: View<PersistentVolumeClaim> = PersistentVolumeClaim.new("data-db-\(ordinal)", namespace: "default")
        let wanted = retention.owners(of: claim, pod: pod(ordinal), ordinal)
        #expect((wanted ?? []).map(\.kind) == owners)
        var owned = claim
        owned.metadata.ownerReferences = wanted ?? []
        #expect(retention.owners(of: owned, pod: pod(ordinal), ordinal) == nil)
    }
}
