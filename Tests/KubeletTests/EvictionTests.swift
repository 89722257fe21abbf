import API
import Client
import Machinery
import Sandbox
import Synchronization
import TestSupport
import Testing

@testable import Kubelet

/// What a node does that runs short.
@Suite(.serialized) struct EvictionTests {
    private static func candidate(_ name: String, request: String?, used: Int64, priority: Int = 0) -> EvictionPlan.Candidate {
        var container: JSON = ["name": "main", "image": "i"]
        if let request { container["resources"] = ["requests": ["memory": .string(request)]] }
        let pod = View<Pod>([
            "metadata": ["name": .string(name), "uid": .string(name)],
            "spec": ["containers": [container], "priority": .int(Int64(priority))],
        ])
        return .init(pod: pod, usage: ["main": used])
    }

    private static let plan = EvictionPlan(
        resource: "memory", threshold: Quantity(100 << 20, .binarySI), available: Quantity(20 << 20, .binarySI))

    @Test func `of process numbers a twentieth stays free, and who has most goes`() {
        let pressure = NodePressure(memoryAvailable: .max, disk: nil, processesAvailable: 1600, processes: 32768)
        #expect(pressure.isShortOfProcesses)
        #expect(!NodePressure(memoryAvailable: .max, disk: nil, processesAvailable: 1700, processes: 32768).isShortOfProcesses)
        #expect(!NodePressure(memoryAvailable: .max, disk: nil).isShortOfProcesses)
        let plan = EvictionPlan(resource: "pids", threshold: Quantity(1638), available: Quantity(1600))
        let bomb = Self.candidate("bomb", request: nil, used: 9000)
        #expect(plan.victim([Self.candidate("quiet", request: nil, used: 1), bomb])?.pod.name == "bomb")
        #expect(plan.message(for: bomb) == "The node was low on resource: pids. Threshold quantity: 1638, available: 1600. ")
    }

    @Test func `who takes more than asked for goes first, then the unimportant, then the greedy`() {
        let modest = Self.candidate("modest", request: "100Mi", used: 50 << 20)
        let important = Self.candidate("important", request: "10Mi", used: 90 << 20, priority: 10)
        let greedy = Self.candidate("greedy", request: nil, used: 60 << 20)
        let less = Self.candidate("less", request: nil, used: 30 << 20)
        let critical = Self.candidate("critical", request: nil, used: 900 << 20, priority: 2_000_000_000)
        #expect(Self.plan.victim([modest, important, greedy, less, critical])?.pod.name == "greedy")
        #expect(Self.plan.victim([modest, important, critical])?.pod.name == "important")
        #expect(Self.plan.victim([modest])?.pod.name == "modest")
        #expect(Self.plan.victim([critical]) == nil)
        #expect(
            Self.plan.message(for: greedy)
                == "The node was low on resource: memory. Threshold quantity: 100Mi, available: 20Mi. "
                + "Container main was using 60Mi, request is 0, has larger consumption of memory. ")
    }

    @Test func `a node that is short of memory says so and ends a pod`() async throws {
        let node = try await TestNode()
        let available = Mutex<Int64>(8 << 30)
        try await node.withKubelet(
            { $0.pressure = { NodePressure(memoryAvailable: available.withLock { $0 }, disk: nil) } },
            { _ in
                try await node.shell("victim", "sleep 1000")
                try await node.waitForPhase("victim", "Running")
                available.withLock { $0 = 50 << 20 }
                let pod: View<Pod> = try await eventually(
                    "it goes",
                    {
                        node.clock.advance(by: .seconds(10))
                        return try await node.pod("victim")
                    }, until: { $0.status.phase == "Failed" })
                #expect(pod.status.reason == "Evicted")
                #expect(pod.status.message.hasPrefix("The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. "))
                #expect(pod.condition("DisruptionTarget")?.reason == "TerminationByKubelet")
                let found: View<Node> = try await node.client.get(Node.self, ObjectKey(namespace: "", name: TestNode.name))
                #expect(found.condition("MemoryPressure")?.status == "True")
            })
        await node.end()
    }
}
