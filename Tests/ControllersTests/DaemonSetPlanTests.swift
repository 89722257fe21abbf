import API
import Machinery
import Testing

@testable import Controllers

struct DaemonSetPlanTests {
    private func set(
        _ spec: JSON = [:], strategy: JSON = ["type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": 1, "maxSurge": 0]]
    )
        -> View<DaemonSet>
    {
        DaemonSet.new("agent", namespace: "default") {
            $0.metadata.uid = "set"
            $0.json["spec"] = spec
            $0.json[["spec", "updateStrategy"]] = strategy
            if $0.json[["spec", "template"]] == nil { $0.spec.template = Fixture.template("v1") }
        }
    }

    private func node(_ name: String, labels: [String: String] = [:], taints: [(String, String)] = []) -> View<Node> {
        Node.new(name) {
            $0.metadata.labels = labels
            $0.spec.taints = taints.map { key, effect in
                View<Taint> {
                    $0.key = key
                    $0.effect = effect
                }
            }
        }
    }

    private func pod(
        _ name: String, on node: String, _ revision: String = "new", ready: Bool = true, phase: String = "Running", created: Int64 = 0,
        isTerminating: Bool = false
    ) -> View<Pod> {
        Fixture.pod(
            name, phase: phase, ready: ready, node: node, created: created, isTerminating: isTerminating,
            labels: ["app": "web", "controller-revision-hash": revision])
    }

    private func plan(_ set: View<DaemonSet>, _ nodes: [View<Node>], _ pods: [View<Pod>], waits: [String: Duration] = [:]) -> DaemonSetPlan
    {
        DaemonSetPlan(set, nodes: nodes, pods: pods, hash: "new", waits: waits, now: Fixture.now)
    }

    @Test func `each node that fits gets one pod`() {
        let plan = self.plan(set(), [node("a"), node("b")], [pod("x", on: "a")])
        #expect(plan.nodes == ["b"])
        #expect(plan.status.desiredNumberScheduled == 2)
        #expect(plan.status.currentNumberScheduled == 1)
        #expect(plan.status.numberUnavailable == 1)
    }

    @Test func `nodes are chosen by selector and taints`() {
        var ssd = set()
        ssd.spec.template.spec.nodeSelector = ["disk": "ssd"]
        #expect(self.plan(ssd, [node("a"), node("b", labels: ["disk": "ssd"])], []).nodes == ["b"])
        let tainted = node("a", taints: [("mine", "NoSchedule")])
        #expect(self.plan(set(), [tainted], []).nodes == [])
        #expect(self.plan(set(), [tainted], [pod("x", on: "a")]).victims == [], "one that runs may stay")
        #expect(self.plan(set(), [node("a", taints: [("mine", "NoExecute")])], [pod("x", on: "a")]).victims.map(\.name) == ["x"])
        let sick = ["not-ready", "unreachable"].map { ("node.kubernetes.io/" + $0, "NoExecute") }
        #expect(self.plan(set(), [node("a", taints: sick + [("node.kubernetes.io/unschedulable", "NoSchedule")])], []).nodes == ["a"])
    }

    @Test func `a terminating pod keeps its place until it is gone`() {
        #expect(self.plan(set(), [node("a")], [pod("x", on: "a", isTerminating: true)]).nodes == [])
    }

    @Test func `of several pods on a node the oldest stays`() {
        let pods = [pod("young", on: "a", created: 9), pod("old", on: "a", created: 1)]
        #expect(self.plan(set(), [node("a")], pods).victims.map(\.name) == ["young"])
    }

    @Test func `a failed pod is replaced, but not before its wait is over`() {
        let failed = pod("x", on: "a", phase: "Failed")
        #expect(self.plan(set(), [node("a")], [failed]).ended.map(\.pod.name) == ["x"])
        let waiting = self.plan(set(), [node("a")], [failed], waits: ["a": .seconds(4)])
        #expect(waiting.ended.isEmpty)
        #expect(waiting.nextLook == .seconds(4))
    }

    @Test func `old pods give way as far as some may be missing, broken ones at once`() {
        let nodes = ["a", "b", "c"].map { node($0) }
        let old = ["a", "b", "c"].map { pod("on-" + $0, on: $0, "old") }
        #expect(self.plan(set(), nodes, old).victims.map(\.name) == ["on-a"])
        #expect(self.plan(set(), nodes, [pod("on-a", on: "a", ready: false)] + old.dropFirst()).victims == [])
        let broken = [old[0], pod("on-b", on: "b", "old", ready: false), old[2]]
        #expect(self.plan(set(), nodes, broken).victims.map(\.name) == ["on-b"])
        #expect(self.plan(set(strategy: ["type": "OnDelete"]), nodes, old).victims == [])
    }

    @Test func `with OnDelete old pods stay`() {
        let plan = self.plan(set(strategy: ["type": "OnDelete"]), [node("a")], [pod("x", on: "a", "old"), pod("y", on: "b", "old")])
        #expect(plan.victims.isEmpty && plan.nodes.isEmpty)
    }

    @Test func `with surge a new pod starts beside the old one, which goes when the new one is available`() {
        let surge = set(strategy: ["type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": 0, "maxSurge": 1]])
        let nodes = ["a", "b"].map { node($0) }
        let old = ["a", "b"].map { pod("old-" + $0, on: $0, "old") }
        #expect(self.plan(surge, nodes, old).nodes == ["a"])
        #expect(self.plan(surge, nodes, old).victims == [])
        let starting = self.plan(surge, nodes, old + [pod("new-a", on: "a", ready: false, created: 5)])
        #expect((starting.nodes, starting.victims) == ([], []))
        #expect(self.plan(surge, nodes, old + [pod("new-a", on: "a", created: 5)]).victims.map(\.name) == ["old-a"])
    }

    @Test func `pods say in their affinity which node they are for, and what is asked of nodes besides is kept in the set only`() {
        let made = DaemonPod(set()).make(on: "a", for: set(), hash: "new")
        #expect(DaemonPod.node(of: made) == "a")
        #expect(made.metadata.labels["controller-revision-hash"] == "new")
        #expect(made.spec.tolerations.count == 6)
        #expect(made.spec.tolerations.allSatisfy { $0.operator == "Exists" })
    }

    @Test func `each failure doubles the wait of that node`() {
        let backOff = DaemonBackOff()
        let start = ClusterClock.Instant(Time(seconds: 0))
        backOff.failed(set(), on: "a", now: start)
        #expect(backOff.waits(set(), now: start) == ["a": .seconds(1)])
        backOff.failed(set(), on: "a", now: start)
        #expect(backOff.waits(set(), now: start) == ["a": .seconds(2)])
        #expect(backOff.waits(set(), now: start.advanced(by: .seconds(2))) == [:])
    }
}
