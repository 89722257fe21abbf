import API
import Machinery
import Testing

@testable import Scheduler

/// Inter-pod affinity and topology spread. Source: the Kubernetes documentation; texts of kube-scheduler v1.36.
struct NeighbourTests {
    private func affinity(_ kind: String, app: String, key: String = "zone", more: String = "") -> String {
        let selector: String = #""labelSelector":{"matchLabels":{"app":"\#(app)"}}"#
        return
            #""affinity":{"\#(kind)":{"requiredDuringSchedulingIgnoredDuringExecution":[{\#(selector),"topologyKey":"\#(key)"\#(more)}]}}"#
    }

    private func zones(_ running: [[PodInfo]]) throws -> [NodeInfo] {
        try running.enumerated().map { index, pods in
            try node("n\(index)", labels: ["zone": "z\(index / 2)"], running: pods)
        }
    }

    @Test func `affinity goes to the zone of its neighbour`() throws {
        let nodes: [NodeInfo] = try zones([[], [], [], [try pod("db", labels: ["app": "db"])]])
        #expect(place(try pod("p", affinity("podAffinity", app: "db")), nodes) == "n2")
        #expect(place(try pod("p", affinity("podAffinity", app: "db", key: "kubernetes.io/hostname")), nodes) == "n3")
        #expect(
            place(try pod("p", affinity("podAffinity", app: "nobody")), nodes)
                == "0/4 nodes are available: 4 node(s) didn't match pod affinity rules.")
    }

    @Test func `the first of its own kind may go anywhere`() throws {
        let first: PodInfo = try pod("p", affinity("podAffinity", app: "web"), labels: ["app": "web"])
        #expect(place(first, try zones([[], []])) == "n0")
        #expect(place(first, [try node("bare")]) == "0/1 nodes are available: 1 node(s) didn't match pod affinity rules.")
    }

    @Test func `anti-affinity keeps away, both ways`() throws {
        let loner: PodInfo = try pod("loner", affinity("podAntiAffinity", app: "web"), labels: ["app": "loner"])
        let web: PodInfo = try pod("web", labels: ["app": "web"])
        #expect(place(loner, try zones([[web], [], []])) == "n2")
        #expect(
            place(loner, try zones([[web], []])) == "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules.")
        #expect(
            place(web, try zones([[loner], []])) == "0/2 nodes are available: 2 node(s) didn't satisfy existing pods anti-affinity rules.")
        #expect(place(web, try zones([[loner], [], []])) == "n2")
    }

    @Test func `terms look into their own namespace unless they say otherwise`() throws {
        let other: PodInfo = try pod("web", labels: ["app": "web"], namespace: "other")
        let nodes: [NodeInfo] = try zones([[other]])
        let labels: [String: [String: String]] = ["other": ["team": "a"], "default": [:]]
        #expect(place(try pod("p", affinity("podAntiAffinity", app: "web")), nodes, namespaces: labels) == "n0")
        for more in [#","namespaces":["other"]"#, #","namespaceSelector":{"matchLabels":{"team":"a"}}"#, #","namespaceSelector":{}"#] {
            let answer: String = place(try pod("p", affinity("podAntiAffinity", app: "web", more: more)), nodes, namespaces: labels)
            #expect(answer.hasPrefix("0/1"), "\(more)")
        }
    }

    private func spread(_ more: String = "", key: String = "zone", when: String = "DoNotSchedule") -> String {
        let selector: String = #""labelSelector":{"matchLabels":{"app":"web"}}"#
        return #""topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"\#(key)","whenUnsatisfiable":"\#(when)",\#(selector)\#(more)}]"#
    }

    @Test func `spread fills the emptiest zone first`() throws {
        let one: PodInfo = try pod("w1", labels: ["app": "web"])
        let two: PodInfo = try pod("w2", labels: ["app": "web"])
        let nodes: [NodeInfo] = try zones([[one], [], [], []])
        #expect(place(try pod("p", spread(), labels: ["app": "web"]), nodes) == "n2")
        // A pod that does not count itself leaves the skew at 1.
        #expect(place(try pod("p", spread()), nodes) == "n1")
        #expect(place(try pod("p", spread(), labels: ["app": "web"]), try zones([[one], [], [two], []])) == "n1")
    }

    @Test func `nodes without the label are left out, and fewer places than wanted count as empty`() throws {
        let one: PodInfo = try pod("w1", labels: ["app": "web"])
        let nodes: [NodeInfo] = try zones([[one], []]) + [try node("bare")]
        #expect(
            place(try pod("p", spread(#","minDomains":2"#), labels: ["app": "web"]), nodes)
                == "0/3 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label), "
                + "2 node(s) didn't match pod topology spread constraints.")
        #expect(place(try pod("p", spread(), labels: ["app": "web"]), nodes) == "n1")
    }

    @Test func `a wish to spread chooses, but refuses nothing`() throws {
        let running: [PodInfo] = try (0..<3).map { try pod("w\($0)", labels: ["app": "web"]) }
        let nodes: [NodeInfo] = try zones([running, [], [try pod("w9", labels: ["app": "web"])], []])
        #expect(place(try pod("p", spread(when: "ScheduleAnyway"), labels: ["app": "web"]), nodes) == "n3")
        #expect(place(try pod("p", spread(when: "ScheduleAnyway"), labels: ["app": "web"]), [nodes[0]]) == "n0")
    }
}
