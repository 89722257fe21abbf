import API
import Machinery
import Testing

@testable import Scheduler

/// Which of the possible nodes is taken.
struct ScoreTests {
    @Test func `the emptier node is better, and equal ones go by name`() throws {
        let busy: PodInfo = try pod("old", asking(cpu: "2", memory: "4Gi"))
        #expect(place(try pod("p"), [try node("a", running: [busy]), try node("b")]) == "b")
        #expect(place(try pod("p"), [try node("a"), try node("b")]) == "a")
    }

    @Test func `pods that ask for nothing spread out too`() throws {
        var nodes: [NodeInfo] = [try node("a"), try node("b"), try node("c")]
        for number in 0..<9 {
            let next: PodInfo = try pod("p\(number)")
            let name: String = place(next, nodes)
            nodes[try #require(nodes.firstIndex { $0.name == name })].add(next)
        }
        #expect(nodes.map(\.pods.count) == [3, 3, 3])
    }

    @Test func `free shares are taken as of whole percents`() throws {
        let fresh: PodInfo = try pod("p", asking(cpu: "1", memory: "2Gi"))
        let snapshot = Snapshot(nodes: [try node("a"), try node("b", running: [try pod("old", asking(cpu: "1", memory: "1Gi"))])])
        let arguments = PluginArguments()
        let least: FitPreference = try #require(FitPreference(fresh, snapshot, [0, 1], arguments))
        #expect(least.scores(of: [0, 1], in: snapshot) == [75, 56])
        let balanced: BalancedAllocation = try #require(BalancedAllocation(fresh, snapshot, [0, 1], arguments))
        #expect(balanced.scores(of: [0, 1], in: snapshot) == [100, 93])
    }

    @Test func `preferred affinity outweighs a fuller node`() throws {
        let wish: String = #"{"weight":10,"preference":{"matchExpressions":[{"key":"disk","operator":"In","values":["ssd"]}]}}"#
        let fresh: PodInfo = try pod(
            "p", "\"affinity\":{\"nodeAffinity\":{\"preferredDuringSchedulingIgnoredDuringExecution\":[\(wish)]}}")
        let busy: PodInfo = try pod("old", asking(cpu: "1", memory: "2Gi"))
        #expect(place(fresh, [try node("a"), try node("b", labels: ["disk": "ssd"], running: [busy])]) == "b")
    }

    @Test func `PreferNoSchedule discourages but does not forbid`() throws {
        let tainted: NodeInfo = try node("a", spec: #""taints":[{"key":"slow","effect":"PreferNoSchedule"}]"#)
        #expect(place(try pod("p"), [tainted, try node("b")]) == "b")
        #expect(place(try pod("p"), [tainted]) == "a")
        #expect(place(try pod("p", #""tolerations":[{"key":"slow","operator":"Exists"}]"#), [tainted, try node("b")]) == "a")
    }

    @Test func `liked neighbours draw and disliked ones repel`() throws {
        func wish(_ kind: String) -> String {
            let term: String = #"{"labelSelector":{"matchLabels":{"app":"db"}},"topologyKey":"kubernetes.io/hostname"}"#
            return
                #""affinity":{"\#(kind)":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":100,"podAffinityTerm":\#(term)}]}}"#
        }
        let db: PodInfo = try pod("db", labels: ["app": "db"])
        #expect(place(try pod("p", wish("podAffinity")), [try node("a"), try node("b", running: [db])]) == "b")
        #expect(place(try pod("p", wish("podAntiAffinity")), [try node("a", running: [db]), try node("b")]) == "b")
    }
}
