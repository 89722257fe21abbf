import API
import Client
import Machinery
import TestSupport
import Testing

@testable import Controllers

/// What controllers give to nodes: ranges of addresses, and how long they may keep what they read.
struct NodeRangeTests {
    @Test func `ranges have numbers, and others' ranges have none`() {
        #expect(NodeRanges.range(0) == "100.64.0.0/24" && NodeRanges.range(257) == "100.65.1.0/24")
        #expect(NodeRanges.number(of: "100.65.1.0/24") == 257 && NodeRanges.number(of: NodeRanges.range(16_383)) == 16_383)
        #expect(NodeRanges.number(of: "10.244.0.0/24") == nil && NodeRanges.number(of: "") == nil)
        #expect(NodeRanges.number(of: "100.128.0.0/24") == nil)
    }

    @Test func `each node has a range of its own, and its pods addresses of it; a range is free again when its node is gone`() async throws
    {
        try await TestControlPlane.with(nodes: 2) { plane in
            try await plane.create(
                ReplicaSet.self,
                """
                metadata: {name: web}
                spec:
                  replicas: 6
                  selector: {matchLabels: {app: web}}
                  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: main, image: main}]}}
                """)
            try await plane.eventually("ready", ReplicaSet.self, "web") { $0.status.readyReplicas == 6 }
            let nodes: [View<Node>] = try await plane.client.list(Node.self).items
            #expect(Set(nodes.map { $0.spec.podCIDR }) == ["100.64.0.0/24", "100.64.1.0/24"])
            let ranges: [String: CIDR] = Dictionary(
                uniqueKeysWithValues: nodes.compactMap { node in CIDR(node.spec.podCIDR).map { (node.name, $0) } })
            let pods: [View<Pod>] = try await plane.pods()
            #expect(Set(pods.map { $0.status.podIP }).count == 6)
            for pod in pods {
                let address: IPAddress = try #require(IPAddress(pod.status.podIP))
                #expect(ranges[pod.spec.nodeName]?.contains(address) == true)
            }
            let first: String = try #require(nodes.first { $0.spec.podCIDR == "100.64.0.0/24" }?.name)
            try await plane.client.delete(Node.self, ObjectKey(namespace: "", name: first))
            try await plane.addNode("node-2")
            try await plane.eventually("the range is given again", Node.self, "node-2") { $0.spec.podCIDR == "100.64.0.0/24" }
        }
    }

    @Test(arguments: [(0, 0, 0), (100, 0, 0), (101, 0, 1), (95, 1, 1), (89, 1, 0), (5000, 0, 4), (1800, 4, 4), (1799, 4, 3)])
    func `the larger the cluster, the longer nodes may keep what they read`(count: Int, step: Int, expected: Int) {
        #expect(NodeTTLController.step(for: count, from: step) == expected)
    }
}
