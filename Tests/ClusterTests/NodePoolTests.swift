import API
import Client
import Machinery
import TestSupport
import Testing

@testable import Cluster

/// Further nodes beside the first: asked for, switched off and on, taken away.
@Suite struct NodePoolTests {
    private static func node(_ name: String, _ kind: NodeMarks.Kind, capacity: String) -> View<Node> {
        Node.new(name) {
            $0.metadata.labels = [NodeMarks.kind: kind.rawValue]
            $0.metadata.annotations = [NodeMarks.capacity: capacity]
        }
    }

    private static func pod(_ name: String, on node: String) -> View<Pod> {
        Pod.new(name, namespace: "default") {
            $0.spec.nodeName = node
            $0.spec.terminationGracePeriodSeconds = 0
            $0.spec.containers = [
                View<Container> {
                    $0.name = "main"
                    $0.image = "any"
                    $0.command = ["sleep", "1000"]
                }
            ]
        }
    }

    private static func key(_ name: String) -> ObjectKey { ObjectKey(namespace: "", name: name) }

    private func restarts(of name: String, _ client: Client) async throws -> Int? {
        let pod: View<Pod> = try await client.get(Pod.self, ObjectKey(namespace: "default", name: name))
        guard let status = pod.status.containerStatuses.first, status.ready else { return nil }
        return status.restartCount
    }

    @Test func `nodes of one machine are made with their parts, and the first with its addresses`() async throws {
        let server = try await TestServer()
        let local = FirstNode(name: "local", families: [.v4])
        try await local.makeControlPlane(server.client)
        try await SharedMachine(first: local, count: 2).mark(server.client)
        let first: View<Node> = try await server.client.get(Node.self, Self.key("local"))
        #expect(first.spec.podCIDRs == ["10.244.0.0/24"] && first.kind != .process)
        let second: View<Node> = try await server.client.get(Node.self, Self.key("local-2"))
        #expect(second.kind == .process && second.wantedCapacity == first.wantedCapacity && !second.wantedCapacity.isEmpty)
    }

    @Test func `nodes of one machine use what their pods use, and equal parts of the rest`() {
        func node(_ name: String, cpu: String, memory: String) -> View<NodeMetrics> {
            View<NodeMetrics>(["metadata": ["name": .string(name)], "usage": ["cpu": .string(cpu), "memory": .string(memory)]])
        }
        let busy = View<PodMetrics>(["containers": [["name": "a", "usage": ["cpu": "900m", "memory": "512Mi"]]]])
        let machine: (String) -> View<NodeMetrics> = { node($0, cpu: "1500m", memory: "2Gi") }
        let divided: [View<NodeMetrics>] = SharedMachine.divide([(machine("one"), [busy]), (machine("two"), [])])
        #expect(divided.map(\.name) == ["one", "two"])
        #expect(divided.map { $0.usage["cpu"]?.milliValue } == [1200, 300])
        #expect(divided.map { $0.usage["memory"]?.value } == [1280 << 20, 768 << 20])
        #expect(SharedMachine.divide([(machine("one"), [busy])]).first?.usage["cpu"]?.milliValue == 1500)
    }

    @Test func `a node of processes loses them with its power, and all it had with its object`() async throws {
        try await TestCluster.with { cluster in
            let client: Client = cluster.client
            try await client.create(Self.node("second", .process, capacity: "cpu=1,memory=1Gi"))
            try await eventually("the node is Ready, with what it was given") {
                let node: View<Node> = try await client.get(Node.self, Self.key("second"))
                return node.isReady && node.status.capacity["cpu"] == Quantity(1) && node.status.capacity["memory"] == Quantity(1 << 30)
            }
            try await client.create(Self.pod("there", on: "second"))
            try await eventually("the pod runs") { try await restarts(of: "there", client) == 0 }
            let power: (JSON) -> JSON = { ["metadata": ["annotations": [(NodeMarks.power): $0]]] }
            try await client.patch(Node.self, Self.key("second"), power("off"), as: .mergePatch)
            try await client.patch(Node.self, Self.key("second"), power(.null), as: .mergePatch)
            try await eventually("its container was started anew") { try await restarts(of: "there", client) == 1 }
            try await client.delete(Node.self, Self.key("second"))
            try await eventually("its pod is collected") {
                try await client.find(Pod.self, ObjectKey(namespace: "default", name: "there")) == nil
            }
            let first: View<Node> = try await client.get(Node.self, Self.key("local"))
            #expect(first.isReady)
        }
    }

    @Test func `pods on simulated nodes run without processes, and those of Jobs end`() async throws {
        try await TestCluster.with(hasNode: false) { cluster in
            let client: Client = cluster.client
            try await client.create(Self.node("seeming", .simulated, capacity: "cpu=64"))
            try await eventually("pods may be made") {
                try await client.find(ServiceAccount.self, ObjectKey(namespace: "default", name: "default")) != nil
            }
            try await client.create(Self.pod("idle", on: "seeming"))
            try await client.create(
                Job.new("work", namespace: "default") {
                    $0.spec.completions = 3
                    $0.spec.template.spec.restartPolicy = "Never"
                    $0.spec.template.spec.containers = Self.pod("any", on: "").spec.containers
                })
            try await eventually("the pod is Ready") { try await restarts(of: "idle", client) == 0 }
            try await eventually("the Job is complete") {
                try await client.get(Job.self, ObjectKey(namespace: "default", name: "work")).status.succeeded == 3
            }
            try await client.delete(Pod.self, ObjectKey(namespace: "default", name: "idle"))
            try await eventually("the pod is gone") {
                try await client.find(Pod.self, ObjectKey(namespace: "default", name: "idle")) == nil
            }
        }
    }
}
