import API
import Machinery
import Testing

@testable import Scheduler

/// Who makes room for a more important pod. Texts: kube-scheduler v1.36.
struct PreemptionTests {
    private func plan(
        _ pod: PodInfo, _ nodes: [NodeInfo], budgets: [Budget] = [], nominatedNode: String = "",
        nominated: [(pod: PodInfo, node: String)] = []
    ) throws -> String {
        let snapshot = Snapshot(nodes: nodes)
        guard case .nowhere(let unfit) = Decision.make(for: pod, snapshot, nominated: nominated) else { return "fits" }
        let attempt = FailedAttempt(
            pod: pod, snapshot: snapshot, nominated: nominated, nominatedNode: nominatedNode, unfit: unfit, budgets: budgets)
        switch Preemption(attempt: attempt).plan() {
        case .victims(let victims): return ([victims.node] + victims.pods.map(\.key.name)).joined(separator: " ")
        case .nobody(let reason), .wait(let reason): return reason
        }
    }

    private func running(_ name: String, cpu: String, priority: Int = 0, labels: [String: String] = [:], made: Int64 = 0) throws -> PodInfo
    {
        var view: View<Pod> = try podView(name, asking(cpu: cpu), labels: labels, priority: priority)
        view.status.startTime = Time(seconds: made)
        return PodInfo(view)
    }

    @Test func `among equals nobody has to go`() throws {
        let nodes: [NodeInfo] = [try node("a", running: [try running("old", cpu: "4")])]
        #expect(
            try plan(try pod("p", asking(cpu: "1")), nodes)
                == "0/1 nodes are available: 1 No preemption victims found for incoming pod.")
    }

    @Test func `where room would not help, nobody has to go`() throws {
        let nodes: [NodeInfo] = [
            try node("a", running: [try running("old", cpu: "4")]), try node("b", spec: #""unschedulable":true"#),
            try node("c", cpu: "1"), try node("d", running: [try running("boss", cpu: "4", priority: 9)]),
        ]
        #expect(
            try plan(try pod("p", asking(cpu: "2"), priority: 0), nodes)
                == "0/4 nodes are available: 2 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.")
    }

    @Test func `a pod that never preempts says so`() throws {
        let modest: PodInfo = try pod("p", asking(cpu: "1") + #","preemptionPolicy":"Never""#, priority: 5)
        #expect(
            try plan(modest, [try node("a", running: [try running("old", cpu: "4")])]) == "not eligible due to preemptionPolicy=Never.")
    }

    @Test func `as few as possible go, the least important first`() throws {
        let old: [PodInfo] = [
            try running("low", cpu: "1", priority: 1), try running("mid", cpu: "2", priority: 2),
            try running("high", cpu: "1", priority: 3),
        ]
        let nodes: [NodeInfo] = [try node("a", running: old)]
        #expect(try plan(try pod("p", asking(cpu: "1"), priority: 9), nodes) == "a low")
        #expect(try plan(try pod("p", asking(cpu: "2"), priority: 9), nodes) == "a mid")
        #expect(try plan(try pod("p", asking(cpu: "3"), priority: 9), nodes) == "a mid low")
        #expect(try plan(try pod("p", asking(cpu: "4"), priority: 3), nodes) == "0/1 nodes are available: 1 Insufficient cpu.")
    }

    @Test func `of equal pods the younger goes`() throws {
        let nodes: [NodeInfo] = [try node("a", running: [try running("young", cpu: "2", made: 9), try running("old", cpu: "2", made: 1)])]
        #expect(try plan(try pod("p", asking(cpu: "1"), priority: 9), nodes) == "a young")
    }

    @Test func `the node with the least important victims is taken`() throws {
        let nodes: [NodeInfo] = [
            try node("a", running: [try running("a1", cpu: "4", priority: 5)]),
            try node("b", running: [try running("b1", cpu: "2", priority: 1), try running("b2", cpu: "2", priority: 1)]),
            try node("c", running: [try running("c1", cpu: "4", priority: 1)]),
        ]
        #expect(try plan(try pod("p", asking(cpu: "4"), priority: 9), nodes) == "c c1")
    }

    @Test func `budgets are kept where another node will do`() throws {
        var view: View<PodDisruptionBudget> = PodDisruptionBudget.new("db", namespace: "default")
        view.json["spec"] = ["selector": ["matchLabels": ["app": "db"]]]
        let nodes: [NodeInfo] = [
            try node("a", running: [try running("db", cpu: "4", labels: ["app": "db"])]),
            try node("b", running: [try running("web", cpu: "4", priority: 5)]),
        ]
        let fresh: PodInfo = try pod("p", asking(cpu: "1"), priority: 9)
        #expect(try plan(fresh, nodes, budgets: [Budget(view)]) == "b web")
        view.status.disruptionsAllowed = 1
        #expect(try plan(fresh, nodes, budgets: [Budget(view)]) == "a db")
        #expect(try plan(fresh, [nodes[0]], budgets: [Budget(view)]) == "a db")
    }

    @Test func `while a victim is on its way nobody else has to go`() throws {
        var view: View<Pod> = try podView("old", asking(cpu: "4"))
        view.metadata.deletionTimestamp = Time(seconds: 1)
        view.setCondition("DisruptionTarget", true, reason: "PreemptionByScheduler", now: .epoch)
        let nodes: [NodeInfo] = [
            try node("a", running: [PodInfo(view)]), try node("b", running: [try running("other", cpu: "4")]),
        ]
        #expect(
            try plan(try pod("p", asking(cpu: "1"), priority: 9), nodes, nominatedNode: "a")
                == "not eligible due to a terminating pod on the nominated node.")
    }

    @Test func `room that was made for one pod is not given to a lesser one`() throws {
        let waiting: (pod: PodInfo, node: String) = (try pod("big", asking(cpu: "4"), priority: 9), "a")
        let snapshot = Snapshot(nodes: [try node("a")])
        #expect(
            Decision.make(for: try pod("p", asking(cpu: "1")), snapshot, nominated: [waiting]).text
                == "0/1 nodes are available: 1 Insufficient cpu.")
    }
}
