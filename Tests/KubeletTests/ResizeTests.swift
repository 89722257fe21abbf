import API
import Client
import Machinery
import Sandbox
import TestSupport
import Testing

@testable import Kubelet

/// Changing what a pod may use while it runs.
@Suite(.serialized) struct ResizeTests {
    private static func resources(_ cpu: String, _ memory: String) -> View<ResourceRequirements> {
        View<ResourceRequirements>([
            "requests": ["cpu": .string(cpu), "memory": .string(memory)], "limits": ["cpu": .string(cpu), "memory": .string(memory)],
        ])
    }

    private static func spec(_ wanted: View<ResourceRequirements>, policy: JSON = []) -> View<PodSpec> {
        View<PodSpec>(["containers": [["name": "main", "image": "i", "resources": wanted.json, "resizePolicy": policy]]])
    }

    @Test func `what is asked for is set aside, then given as the container runs`() {
        let (small, big) = (Self.resources("100m", "50Mi"), Self.resources("200m", "50Mi"))
        let same = ResizePlan(Self.spec(small), allocation: ["main": small], actual: ["main": small], check: { nil })
        #expect(!same.isAccepted && same.updates.isEmpty && same.restarts.isEmpty)
        let grows = ResizePlan(Self.spec(big), allocation: ["main": small], actual: ["main": small], check: { nil })
        #expect(grows.isAccepted && grows.updates == ["main"] && grows.restarts.isEmpty)
        #expect(grows.allocation["main"]?.json == big.json)
        let refused = ResizePlan(
            Self.spec(big), allocation: ["main": small], actual: ["main": small],
            check: { .init(reason: "Deferred", message: "no room") })
        #expect(!refused.isAccepted && refused.updates.isEmpty && refused.pending?.reason == "Deferred")
    }

    @Test func `only the resource that has the policy restarts its container`() {
        let (now, cpu, memory) = (Self.resources("100m", "50Mi"), Self.resources("200m", "50Mi"), Self.resources("100m", "60Mi"))
        let policy: JSON = [["resourceName": "memory", "restartPolicy": "RestartContainer"]]
        func plan(_ wanted: View<ResourceRequirements>) -> ResizePlan {
            ResizePlan(Self.spec(wanted, policy: policy), allocation: ["main": now], actual: ["main": now], check: { nil })
        }
        #expect(plan(cpu).updates == ["main"] && plan(cpu).restarts.isEmpty)
        #expect(plan(memory).restarts == ["main"] && plan(memory).updates.isEmpty)
    }

    private func resize(_ node: TestNode, _ name: String, _ resources: JSON) async throws {
        let patch: JSON = ["spec": ["containers": [["name": "main", "resources": resources]]]]
        try await node.client.patch(Pod.self, ObjectKey(namespace: "default", name: name), patch, subresource: "resize")
    }

    @Test func `a container that runs gets another limit and is not restarted`() async throws {
        let node = try await TestNode()
        guard node.configuration.controlGroups.isComplete else { return await node.end() }
        try await node.withKubelet { _ in
            let small: JSON = ["requests": ["cpu": "100m", "memory": "64Mi"], "limits": ["cpu": "200m", "memory": "64Mi"]]
            try await node.shell("grows", "sleep 1000", ["resources": small], restartPolicy: "Always")
            let pod: View<Pod> = try await node.waitForPhase("grows", "Running")
            #expect(pod.main.resources?.limits["memory"] == (try Quantity("64Mi")))
            #expect(pod.main.allocatedResources["cpu"] == (try Quantity("100m")))
            let group: String = try #require(node.configuration.controlGroups.roots.first { $0.contains("/memory/") })
            let limit: () -> String = { file(group + "/\(pod.metadata.uid)/main.0/memory.limit_in_bytes") }
            #expect(limit() == "\(64 << 20)\n")
            let big: JSON = ["requests": ["cpu": "150m", "memory": "64Mi"], "limits": ["cpu": "300m", "memory": "96Mi"]]
            try await resize(node, "grows", big)
            let resized: View<Pod> = try await node.wait("grows", "has more") {
                $0.main.resources?.limits["memory"] == (try? Quantity("96Mi")) && $0.condition("PodResizeInProgress") == nil
            }
            #expect(resized.main.restartCount == 0 && resized.main.containerID == pod.main.containerID)
            #expect(resized.main.allocatedResources["cpu"] == (try Quantity("150m")))
            #expect(limit() == "\(96 << 20)\n")
            try await eventually("events tell of it") {
                let events: [String] = try await node.events("grows")
                return events.contains { $0.hasPrefix("ResizeStarted: Pod resize started: {\"containers\":[{\"name\":\"main\"") }
                    && events.contains { $0.hasPrefix("ResizeCompleted: Pod resize completed: ") }
            }
            // More than the node has can never be; the container keeps what it has.
            try await resize(node, "grows", ["requests": ["cpu": "1000"], "limits": ["cpu": "1000"]])
            let refused: View<Pod> = try await node.wait("grows", "is told so") { $0.condition("PodResizePending") != nil }
            #expect(refused.condition("PodResizePending")?.reason == "Infeasible")
            #expect(
                refused.condition("PodResizePending")?.message.hasPrefix("Node didn't have enough capacity: cpu, requested: 1000000, ")
                    == true)
            #expect(refused.main.resources?.limits["cpu"] == (try Quantity("300m")))
            try await resize(node, "grows", big)
            try await node.wait("grows", "is content") { $0.condition("PodResizePending") == nil }
            try await node.delete("grows", gracePeriodSeconds: 0)
            try await node.waitUntilGone("grows")
        }
        await node.end()
    }

    @Test func `memory that is in use is not taken away, and the pod says why it waits`() async throws {
        let node = try await TestNode()
        guard node.configuration.controlGroups.isComplete else { return await node.end() }
        try await node.withKubelet { kubelet in
            try await node.shell(
                "full", "exec python3 -c 'import time; x = bytearray(80 << 20); print(\"has it\", flush=True); time.sleep(1000)'",
                ["resources": ["requests": ["memory": "128Mi"], "limits": ["memory": "128Mi"]]], restartPolicy: "Always")
            let pod: View<Pod> = try await node.waitForPhase("full", "Running")
            try await eventually("the memory is in use") { try await node.log(kubelet, pod).contains("has it") }
            try await resize(node, "full", ["requests": ["memory": "32Mi"], "limits": ["memory": "32Mi"]])
            let waiting: View<Pod> = try await node.wait("full", "says why") { $0.condition("PodResizeInProgress")?.reason == "Error" }
            let message: String = waiting.condition("PodResizeInProgress")?.message ?? ""
            #expect(message.contains("attempting to set container \"main\" memory limit (33554432) below current usage ("), "\(message)")
            #expect(waiting.main.resources?.limits["memory"] == (try Quantity("128Mi")))
            #expect(waiting.main.restartCount == 0 && waiting.main.state.running != nil)
            try await node.delete("full", gracePeriodSeconds: 0)
            try await node.waitUntilGone("full")
        }
        await node.end()
    }

    @Test func `a container with the policy is started again with its new limit`() async throws {
        let node = try await TestNode()
        guard node.configuration.controlGroups.isComplete else { return await node.end() }
        try await node.withKubelet { _ in
            try await node.shell(
                "again", "trap 'exit 0' TERM; while :; do sleep 0.05; done",
                [
                    "resources": ["limits": ["memory": "64Mi"], "requests": ["memory": "64Mi"]],
                    "resizePolicy": [["resourceName": "memory", "restartPolicy": "RestartContainer"]],
                ], restartPolicy: "Always")
            try await node.waitForPhase("again", "Running")
            try await resize(node, "again", ["limits": ["memory": "96Mi"], "requests": ["memory": "96Mi"]])
            let pod: View<Pod> = try await node.wait("again", "runs anew") {
                $0.main.restartCount == 1 && $0.main.state.running != nil && $0.condition("PodResizeInProgress") == nil
            }
            #expect(pod.main.resources?.limits["memory"] == (try Quantity("96Mi")))
            try await node.delete("again", gracePeriodSeconds: 0)
            try await node.waitUntilGone("again")
        }
        await node.end()
    }

    @Test func `a resize waits for room that others have`() async throws {
        let node = try await TestNode()
        try await node.withKubelet { _ in
            let all: Int64 = Int64(node.processors) * 1000
            try await node.shell("first", "sleep 1000", ["resources": ["requests": ["cpu": .string("\(all - 200)m")]]])
            try await node.shell("second", "sleep 1000", ["resources": ["requests": ["cpu": "100m"]]])
            try await node.waitForPhase("first", "Running")
            try await node.waitForPhase("second", "Running")
            try await resize(node, "second", ["requests": ["cpu": "500m"]])
            let waits: View<Pod> = try await node.wait("second", "waits") { $0.condition("PodResizePending")?.reason == "Deferred" }
            #expect(
                waits.condition("PodResizePending")?.message
                    == "Node didn't have enough resource: cpu, requested: 500, used: \(all - 200), capacity: \(all)")
            try await node.delete("first", gracePeriodSeconds: 0)
            try await node.waitUntilGone("first")
            try await eventually("second gets it") {
                node.clock.advance(by: .seconds(5))
                let pod: View<Pod> = try await node.pod("second")
                return try pod.condition("PodResizePending") == nil && pod.main.allocatedResources["cpu"] == Quantity("500m")
            }
            try await node.delete("second", gracePeriodSeconds: 0)
            try await node.waitUntilGone("second")
        }
        await node.end()
    }
}
