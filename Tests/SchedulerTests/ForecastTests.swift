import API
import Machinery
import Testing

@testable import Scheduler

struct ForecastTests {
    private func forecast(_ nodes: [View<Node>], _ pods: [View<Pod>] = []) -> Forecast {
        Forecast(nodes: nodes, pods: pods, namespaces: [Namespace.new("default")])
    }

    private func running(_ name: String, on node: String, _ spec: String = "", labels: [String: String] = [:]) throws -> View<Pod> {
        var pod: View<Pod> = try podView(name, spec, labels: labels)
        pod.spec.nodeName = node
        pod.status.phase = "Running"
        pod.setCondition("Ready", true, now: Time(seconds: 0))
        pod.metadata.ownerReferences = [
            View {
                $0.kind = "ReplicaSet"
                $0.name = "set"
                $0.uid = "set"
                $0.controller = true
            }
        ]
        return pod
    }

    @Test func `each node is told with what refuses it or with its scores in the plugins' own units`() throws {
        func wish(_ weight: Int, _ value: String) -> String {
            #"{"weight":\#(weight),"preference":{"matchExpressions":[{"key":"disk","operator":"In","values":["\#(value)"]}]}}"#
        }
        let wishes: String = [wish(80, "ssd"), wish(20, "hdd")].joined(separator: ",")
        let fresh: View<Pod> = try podView(
            "p",
            asking(cpu: "1")
                + ",\"affinity\":{\"nodeAffinity\":{\"preferredDuringSchedulingIgnoredDuringExecution\":[\(wishes)]}}")
        let answer = forecast([
            try nodeView("a", labels: ["disk": "ssd"]), try nodeView("b", labels: ["disk": "hdd"]), try nodeView("c", cpu: "500m"),
        ]).answer(for: fresh)
        #expect(answer.node == "a")
        #expect(answer.verdicts.map(\.node) == ["a", "b", "c"])
        let affinity = answer.verdicts.prefix(2).map { verdict in verdict.scores.first { $0.plugin == "NodeAffinity" } }
        #expect(affinity.map { $0?.raw } == [80, 20])
        #expect(affinity.map { $0?.score } == [100, 25])
        #expect(answer.verdicts.last?.refusal?.plugin == "NodeResourcesFit")
        #expect(answer.verdicts.last?.refusal?.reasons == ["Insufficient cpu"])
    }

    @Test func `what if there were another node, a taint less or a pod less`() throws {
        let large: View<Pod> = try podView("p", asking(cpu: "3"))
        let tainted: View<Node> = try nodeView("a", spec: #""taints":[{"key":"mine","effect":"NoSchedule"}]"#)
        let busy: View<Pod> = try running("old", on: "b", asking(cpu: "2"))
        var cluster = forecast([tainted, try nodeView("b")], [busy])
        #expect(cluster.answer(for: large).message == "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s).")
        var without = cluster
        without.removeTaints("mine")
        #expect(without.answer(for: large).node == "a")
        without = cluster
        without.remove(busy)
        #expect(without.answer(for: large).node == "b")
        cluster.add(try nodeView("new"))
        #expect(cluster.answer(for: large).node == "new")
    }

    private func budget(allowed: Int, healthy: Int, desired: Int, expected: Int) -> View<PodDisruptionBudget> {
        PodDisruptionBudget.new("web", namespace: "default") {
            $0.json[["spec", "selector"]] = ["matchLabels": ["app": "web"]]
            $0.status.disruptionsAllowed = allowed
            $0.status.currentHealthy = healthy
            $0.status.desiredHealthy = desired
            $0.status.expectedPods = expected
        }
    }

    @Test func `pods of a drained node leave one after the other as their budget allows`() throws {
        let pods = try (0..<3).map { try running("web-\($0)", on: "a", labels: ["app": "web"]) }
        let cluster = forecast([try nodeView("a"), try nodeView("b")], pods)
        let one = DrainForecast(
            node: "a", pods: pods, in: cluster, budgets: [budget(allowed: 1, healthy: 3, desired: 2, expected: 3)])
        #expect(one.fates.map(\.fate) == Array(repeating: .leaves(successor: .node("b")), count: 3))
        #expect(!one.isBlocked)
    }

    @Test func `a budget that allows nothing keeps its pods, and what would help is told`() throws {
        let pods = try (0..<3).map { try running("web-\($0)", on: "a", labels: ["app": "web"]) }
        let cluster = forecast([try nodeView("a"), try nodeView("b")], pods)
        let none = DrainForecast(
            node: "a", pods: pods, in: cluster, budgets: [budget(allowed: 0, healthy: 3, desired: 3, expected: 3)])
        #expect(none.isBlocked)
        guard case .kept(let name, let remedy)? = none.fates.first?.fate else {
            Issue.record("the first pod is not kept")
            return
        }
        #expect(name == "web")
        #expect(remedy.hasPrefix("it wants 3 of 3 pods at every moment"))
    }

    @Test func `where successors find no room the budget is used up`() throws {
        let pods = try (0..<3).map { try running("web-\($0)", on: "a", asking(cpu: "1"), labels: ["app": "web"]) }
        let cluster = forecast([try nodeView("a"), try nodeView("b", cpu: "1")], pods)
        let fates = DrainForecast(
            node: "a", pods: pods, in: cluster, budgets: [budget(allowed: 1, healthy: 3, desired: 2, expected: 3)]
        ).fates.map(\.fate)
        #expect(fates.count { $0 == .leaves(successor: .node("b")) } == 1)
        #expect(fates.count { if case .leaves(.nowhere?) = $0 { true } else { false } } == 1)
        #expect(fates.count { if case .kept = $0 { true } else { false } } == 1)
    }

    @Test func `bare pods leave for good, and a cordoned node takes no successor`() throws {
        var bare = try running("bare", on: "a")
        bare.metadata.ownerReferences = []
        let lone = try running("lone", on: "a")
        let fates = DrainForecast(node: "a", pods: [bare, lone], in: forecast([try nodeView("a")], [bare, lone]), budgets: []).fates
        #expect(fates.map(\.fate).first == .leaves(successor: nil))
        #expect(fates.map(\.fate).last == .leaves(successor: .nowhere("0/1 nodes are available: 1 node(s) were unschedulable.")))
    }
}
