import API
import Machinery
import Testing

@testable import Controllers

struct ReplicaSetPlanTests {
    private func plan(_ set: View<ReplicaSet>, _ pods: [View<Pod>]) -> ReplicaPlan {
        ReplicaPlan(ReplicaSet.wish(set), isTerminating: set.isTerminating, tally: TallyByLabels(pods), pods: { pods }, now: Fixture.now)
    }

    @Test func `missing pods are made, ended and terminating ones do not count`() {
        let pods = [Fixture.pod("a"), Fixture.pod("b", phase: "Failed"), Fixture.pod("c", isTerminating: true)]
        let plan = self.plan(Fixture.set("v1", replicas: 3, wanted: 3), pods)
        #expect(plan.missing == 2)
        #expect(plan.counts.replicas == 1)
        #expect(plan.counts.terminating == 1)
    }

    @Test func `a set that is deleted makes none`() {
        var set = Fixture.set("v1", replicas: 3, wanted: 3)
        set.metadata.deletionTimestamp = Fixture.now
        #expect(plan(set, []).missing == 0)
    }

    /// Each pod costs less than the one after it. Source: `ActivePodsWithRanks`.
    @Test func `victims are those that cost least`() {
        let cost = "controller.kubernetes.io/pod-deletion-cost"
        let ranked = [
            Fixture.pod("unassigned", phase: "Pending", node: ""), Fixture.pod("pending", phase: "Pending"),
            Fixture.pod("not-ready", ready: false), Fixture.pod("cheap", annotations: [cost: "-10"]),
            Fixture.pod("young", readySince: 900), Fixture.pod("old", readySince: 100), Fixture.pod("dear", annotations: [cost: "10"]),
        ]
        #expect(VictimRank.sorted(ranked.reversed()).map(\.name) == ranked.map(\.name))
    }

    @Test func `a ready pod becomes available after minReadySeconds, and the set looks again then`() {
        var set = Fixture.set("v1", replicas: 1, wanted: 1)
        set.spec.minReadySeconds = 10
        let pods = [Fixture.pod("a", readySince: Fixture.now.seconds - 4)]
        let plan = self.plan(set, pods)
        #expect(plan.counts.ready == 1)
        #expect(plan.counts.available == 0)
        #expect(plan.nextLook == .seconds(6))
    }

    @Test func `batches grow, and stop growing at the first failure`() async {
        struct Refused: Error {}
        let all = await slowStart(Array(0..<10)) { _ in }
        #expect(all.made == 10 && all.failure == nil)
        let none = await slowStart(Array(0..<10)) { _ in throw Refused() }
        #expect(none.made == 0 && none.failure is Refused)
    }
}

/// Source: `TestGCTerminated` of pkg/controller/podgc.
struct FinishedPodTests {
    @Test func `of too many finished pods the evicted and the oldest go first`() {
        var evicted: View<Pod> = Fixture.pod("evicted", phase: "Failed", created: 9)
        evicted.status.reason = "Evicted"
        let pods: [View<Pod>] = [
            Fixture.pod("running"), Fixture.pod("new", phase: "Succeeded", created: 8), Fixture.pod("old", phase: "Failed", created: 1),
            Fixture.pod("leaving", phase: "Failed", isTerminating: true), evicted,
        ]
        let names: [[String]] = [3, 2, 1, 0].map { FinishedPodCollector.surplus(pods, most: $0).map(\.name) }
        #expect(names == [[], ["evicted"], ["evicted", "old"], ["evicted", "old", "new"]])
    }
}
