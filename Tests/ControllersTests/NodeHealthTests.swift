import API
import Client
import Machinery
import TestSupport
import Testing

@testable import Controllers

struct NodeHealthTests {
    private func node(ready: String?, taints: JSON = []) -> View<Node> {
        Node.new("n") {
            if let ready { $0.json[["status", "conditions"]] = [["type": "Ready", "status": .string(ready)]] }
            $0.json[["spec", "taints"]] = taints
        }
    }

    @Test func `a silent node's conditions become unknown after 50 seconds, those of one that never reported after 60`() {
        #expect(NodeHealth.conditions(of: node(ready: "True"), silentFor: .seconds(49), now: Fixture.now) == nil)
        let silent = NodeHealth.conditions(of: node(ready: "True"), silentFor: .seconds(50), now: Fixture.now)
        #expect(silent?.first?.reason == "NodeStatusUnknown")
        #expect(silent?.first?.message == "Kubelet stopped posting node status.")
        #expect(NodeHealth.conditions(of: node(ready: nil), silentFor: .seconds(59), now: Fixture.now) == nil)
        let never = NodeHealth.conditions(of: node(ready: nil), silentFor: .seconds(60), now: Fixture.now)
        #expect(never?.map(\.reason) == Array(repeating: "NodeStatusNeverUpdated", count: 4))
    }

    @Test(arguments: [("True", String?.none), ("False", "node.kubernetes.io/not-ready"), ("Unknown", "node.kubernetes.io/unreachable")])
    func `a node that is not well gets the taint that says why, and no other`(ready: String, taint: String?) {
        let old: JSON = [["key": "node.kubernetes.io/not-ready", "effect": "NoExecute"], ["key": "mine", "effect": "NoExecute"]]
        let sick = node(ready: ready, taints: old)
        let taints = NodeHealth.taints(of: sick, wanted: NodeHealth.taint(of: sick), now: Fixture.now) ?? sick.spec.taints
        #expect(Set(taints.map(\.key)) == Set(["mine", taint].compactMap { $0 }))
    }

    @Test(arguments: [
        (3, 0, ZoneState.normal, Duration?.some(.seconds(10))), (0, 3, .fullDisruption, .seconds(10)), (2, 3, .partialDisruption, nil),
        (20, 40, .partialDisruption, .seconds(100)), (1, 2, .normal, .seconds(10)),
    ])
    func `zones lose their nodes' pods at the pace of their state`(ready: Int, notReady: Int, state: ZoneState, pace: Duration?) {
        #expect(ZoneState(ready: ready, notReady: notReady) == state)
        #expect(state.pace(size: ready + notReady, isEverywhere: false) == pace)
        #expect(state.pace(size: ready + notReady, isEverywhere: true) == nil)
    }

    @Test func `the shortest of the tolerations that are used decides how long a pod stays`() {
        func toleration(_ key: String, _ seconds: Int?) -> TolerationInfo {
            TolerationInfo(
                View<Toleration> {
                    $0.key = key
                    $0.operator = "Exists"
                    $0.tolerationSeconds = seconds
                })
        }
        let taints = ["a", "b"].map { TaintInfo(key: $0, effect: "NoExecute") }
        #expect(TaintEvictionController.tolerance(of: [], for: []) == .forever)
        #expect(TaintEvictionController.tolerance(of: [toleration("a", nil)], for: taints) == .seconds(0))
        #expect(TaintEvictionController.tolerance(of: [toleration("a", nil), toleration("b", nil)], for: taints) == .forever)
        #expect(TaintEvictionController.tolerance(of: [toleration("a", 30), toleration("b", 5)], for: taints) == .seconds(5))
        #expect(TaintEvictionController.tolerance(of: [toleration("a", -1), toleration("b", nil)], for: taints) == .seconds(0))
    }

    @Test func `pods leave a tainted node when their patience ends, and stay when the taint goes before`() async throws {
        try await TestControlPlane.with { plane in
            let pod = """
                metadata: {name: NAME}
                spec:
                  containers: [{name: main, image: web}]
                  tolerations: [{key: sick, operator: Exists, effect: NoExecute, tolerationSeconds: 30}]
                """
            let key = ObjectKey(namespace: "", name: "node-0")
            let taint: JSON = ["spec": ["taints": [["key": "sick", "effect": "NoExecute"]]]]
            try await plane.create(Pod.self, pod.replacingName("patient"))
            try await plane.eventually("running", Pod.self, "patient") { $0.status.phase == "Running" }
            try await plane.create(
                Pod.self, "{metadata: {name: other}, spec: {containers: [{name: main, image: web}]}}")
            try await plane.eventually("running", Pod.self, "other") { $0.status.phase == "Running" }

            try await plane.client.patch(Node.self, key, taint)
            try await eventually("the intolerant one goes at once") {
                try await plane.pods().map(\.name)
            } until: {
                $0 == ["patient"]
            }
            plane.clock.advance(by: .seconds(20))
            try await plane.client.patch(Node.self, key, ["spec": ["taints": .null]])
            try await eventually("told") {
                try await plane.events("TaintManagerEviction")
            } until: {
                $0.contains("Cancelling deletion of Pod default/patient")
            }
            try await plane.client.patch(Node.self, key, taint)
            try await eventually("a new threat") {
                try await plane.client.get(Node.self, key).spec.taints.count
            } until: {
                $0 >= 1
            }
            plane.clock.advance(by: .seconds(31))
            try await eventually("the patient one goes in the end") { () async throws -> Bool in
                plane.clock.advance(by: .seconds(1))
                return try await plane.pods().isEmpty
            }
        }
    }

    @Test func `a node that was given up and lives says so, and so do its pods`() async throws {
        try await TestControlPlane.with { plane in
            let pod = try await plane.create(Pod.self, "{metadata: {name: web}, spec: {containers: [{name: main, image: web}]}}")
            try await plane.eventually("ready", Pod.self, "web") { $0.isReady }
            let doubt: JSON = ["status": ["conditions": [["type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown"]]]]
            try await plane.client.patch(Node.self, ObjectKey(namespace: "", name: "node-0"), doubt, subresource: "status")
            try await plane.client.patch(
                Pod.self, pod.key, ["status": ["conditions": [["type": "Ready", "status": "False"]]]], subresource: "status")
            try await plane.eventually("the node lives", Node.self, "node-0") { $0.isReady }
            try await plane.eventually("the pod too", Pod.self, "web") { $0.isReady }
        }
    }

    @Test func `a node that falls silent loses its pods to another one`() async throws {
        try await TestControlPlane.with(nodes: 2) { plane in
            try await plane.create(
                Deployment.self,
                """
                metadata: {name: web}
                spec:
                  selector: {matchLabels: {app: web}}
                  template:
                    metadata: {labels: {app: web}}
                    spec:
                      nodeSelector: {disk: ssd}
                      containers: [{name: main, image: web}]
                """)
            try await plane.client.patch(
                Node.self, ObjectKey(namespace: "", name: "node-1"), ["metadata": ["labels": ["disk": "ssd"]]])
            try await eventually("it runs there") { try await plane.pods().first?.status.phase == "Running" }
            // Without its label nobody plays the node's kubelet any longer.
            try await plane.client.patch(
                Node.self, ObjectKey(namespace: "", name: "node-1"), ["metadata": ["annotations": [(NodeMarks.power): "off"]]])
            try await plane.client.patch(
                Node.self, ObjectKey(namespace: "", name: "node-0"), ["metadata": ["labels": ["disk": "ssd"]]])
            func advance(until what: String, _ holds: () async throws -> Bool) async throws {
                try await eventually(what) { () async throws -> Bool in
                    plane.clock.advance(by: .seconds(5))
                    return try await holds()
                }
            }
            try await advance(until: "unknown") {
                try await plane.client.get(Node.self, ObjectKey(namespace: "", name: "node-1")).condition("Ready")?.status == "Unknown"
            }
            try await advance(until: "unreachable") {
                try await plane.client.get(Node.self, ObjectKey(namespace: "", name: "node-1")).spec.taints.contains {
                    $0.key == "node.kubernetes.io/unreachable" && $0.effect == "NoExecute"
                }
            }
            // The default toleration is 300 seconds.
            try await advance(until: "replaced") {
                try await plane.pods().contains { $0.spec.nodeName == "node-0" && $0.isReady }
            }
        }
    }
}

extension String {
    fileprivate func replacingName(_ name: String) -> String {
        split(separator: "NAME", omittingEmptySubsequences: false).joined(separator: name)
    }
}
