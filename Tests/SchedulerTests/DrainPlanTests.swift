import API
import Client
import Machinery
import TestSupport
import Testing

@testable import Scheduler

/// What a drain's plan says is what happens then.
@Suite(.serialized) struct DrainPlanTests {
    /// Source: SplitMix64, Steele, Lea and Flood 2014.
    private struct Dice: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z: UInt64 = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    /// Twenty clusters each, one after the other in one control plane.
    @Test(arguments: 0..<10)
    func `in random clusters`(seed: Int) async throws {
        try await TestControlPlane.with(nodes: 0, isPaused: false) { plane in
            for round in 0..<20 {
                var dice = Dice(state: UInt64(seed * 1000 + round))
                try await check(plane, "r\(round)", &dice)
            }
        }
    }

    private func check(_ plane: TestControlPlane, _ name: String, _ dice: inout Dice) async throws {
        let client: Client = plane.client
        let nodes: [String] = (0..<Int.random(in: 2...4, using: &dice)).map { "\(name)-\($0)" }
        // The scheduler has no other nodes to choose from: those of the former cluster are gone.
        for node in nodes {
            let zone: String = Bool.random(using: &dice) ? "a" : "b"
            try await plane.addNode(node, cpu: Int64.random(in: 2...5, using: &dice), labels: ["zone": zone])
        }
        let namespace: String = name
        try await client.create(Namespace.new(namespace))
        try await eventually("the account is there") {
            try await client.find(ServiceAccount.self, ObjectKey(namespace: namespace, name: "default")) != nil
        }
        var wanted: Int = 0
        for number in 0..<Int.random(in: 1...3, using: &dice) {
            let app: String = "app-\(number)"
            let replicas: Int = Int.random(in: 1...3, using: &dice)
            wanted += replicas
            let far: String =
                "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, "
                + "labelSelector: {matchLabels: {app: \(app)}}}]}}"
            try await plane.create(
                ReplicaSet.self,
                """
                metadata: {name: \(app)}
                spec:
                  replicas: \(replicas)
                  selector: {matchLabels: {app: \(app)}}
                  template:
                    metadata: {labels: {app: \(app)}}
                    spec:
                      \(Int.random(in: 0..<3, using: &dice) == 0 ? far : "terminationGracePeriodSeconds: 0")
                      containers: [{name: main, image: any, resources: {requests: {cpu: \(Int.random(in: 3...15, using: &dice))00m}}}]
                """, namespace: namespace)
            if Int.random(in: 0..<3, using: &dice) > 0 {
                let limit: String =
                    Bool.random(using: &dice) ? "maxUnavailable: 1" : "minAvailable: \(Int.random(in: 0...replicas, using: &dice))"
                try await plane.create(
                    PodDisruptionBudget.self,
                    "metadata: {name: \(app)}\nspec: {\(limit), selector: {matchLabels: {app: \(app)}}}", namespace: namespace)
            }
        }
        try await settle(plane, namespace, wanted)

        let node: String = nodes[Int.random(in: 0..<nodes.count, using: &dice)]
        let pods: [View<Pod>] = try await plane.pods(namespace)
        let going: [View<Pod>] = pods.filter { $0.spec.nodeName == node }
        let forecast = Forecast(
            nodes: try await client.list(Node.self).items, pods: pods, namespaces: try await client.list(Namespace.self).items,
            sets: Dictionary(
                uniqueKeysWithValues: try await client.list(ReplicaSet.self, namespace: namespace).items.map {
                    ($0.metadata.uid, $0.spec.selector?.match ?? .nothing)
                }))
        let plan = DrainForecast(
            node: node, pods: going, in: forecast, budgets: try await client.list(PodDisruptionBudget.self, namespace: namespace).items)
        let kept: Set<String> = Set(plan.fates.filter { if case .kept = $0.fate { true } else { false } }.map { $0.pod.name })
        let expected: [String] = plan.fates.compactMap { pod, fate in
            guard case .leaves(let place?) = fate, let owner = pod.metadata.controllerOwner?.name else { return nil }
            if case .node(let name) = place { return "\(owner) on \(name)" }
            return "\(owner) nowhere"
        }

        let spec: JSON = ["spec": ["unschedulable": true]]
        try await client.patch(Node.self, ObjectKey(namespace: "", name: node), spec, as: .mergePatch)
        let before: Set<String> = Set(pods.map(\.name))
        var waiting: [View<Pod>] = going
        var hasMoved: Bool = true
        while hasMoved, !waiting.isEmpty {
            hasMoved = false
            for pod in waiting {
                let eviction: JSON = [
                    "apiVersion": "policy/v1", "kind": "Eviction",
                    "metadata": ["name": .string(pod.name), "namespace": .string(namespace)],
                ]
                do {
                    _ = try await client.send(
                        APIRequest(
                            .create, Pod.names.resource, namespace: namespace, name: pod.name, subresource: "eviction",
                            body: eviction.serialized()))
                } catch let status as APIStatus where status.code == 429 {
                    continue
                }
                hasMoved = true
                waiting.removeAll { $0.name == pod.name }
                try await eventually("\(pod.name) is gone") { try await client.find(Pod.self, pod.key) == nil }
                try await settle(plane, namespace, wanted)
            }
        }
        #expect(Set(waiting.map(\.name)) == kept, "\(name)")
        let seen: [String] = try await plane.pods(namespace).filter { !before.contains($0.name) }.compactMap { pod in
            guard let owner = pod.metadata.controllerOwner?.name else { return nil }
            return pod.isScheduled ? "\(owner) on \(pod.spec.nodeName)" : "\(owner) nowhere"
        }
        #expect(seen.sorted() == expected.sorted(), "\(name)")

        try await client.delete(Namespace.self, ObjectKey(namespace: "", name: namespace))
        try await eventually("\(namespace) is gone") {
            try await client.find(Namespace.self, ObjectKey(namespace: "", name: namespace)) == nil
        }
        for node in nodes { try await client.delete(Node.self, ObjectKey(namespace: "", name: node)) }
    }

    /// Returns when each pod is Ready or was refused, and the budgets know.
    private func settle(_ plane: TestControlPlane, _ namespace: String, _ wanted: Int) async throws {
        try await eventually("\(namespace) is settled") {
            let pods: [View<Pod>] = try await plane.pods(namespace)
            let isSettled: Bool =
                pods.count == wanted
                && pods.allSatisfy {
                    !$0.isTerminating && ($0.isReady || !$0.isScheduled && $0.condition("PodScheduled")?.status == "False")
                }
            guard isSettled else { return false }
            for budget in try await plane.client.list(PodDisruptionBudget.self, namespace: namespace).items {
                guard let selector = budget.spec.selector?.match else { continue }
                let covered: [View<Pod>] = pods.filter { selector.matches($0.metadata.labels) }
                guard budget.status.observedGeneration == budget.metadata.generation, budget.status.expectedPods == covered.count,
                    budget.status.currentHealthy == covered.count(where: { $0.isReady }), budget.status.disruptedPods.isEmpty
                else { return false }
            }
            return true
        }
    }
}
