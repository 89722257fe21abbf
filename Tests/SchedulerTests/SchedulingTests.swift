import API
import Client
import Logging
import Machinery
import TestSupport
import Testing

@testable import Scheduler

/// The scheduler against the real API server.
struct SchedulingTests {
    /// Runs a scheduler beside the body.
    private func withScheduler(_ body: @escaping @Sendable (TestServer) async throws -> Void) async throws {
        let server: TestServer = try await TestServer()
        var log = Logger(label: "test")
        log.logLevel = .error
        let informers = Informers(server.client, log: log)
        let scheduler = Scheduler(client: server.client, informers: informers, clock: server.clock, log: log)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await informers.run() }
            group.addTask { await scheduler.run() }
            group.addTask { try await body(server) }
            try await group.next()
            group.cancelAll()
        }
    }

    private func create(_ server: TestServer, _ name: String, _ spec: String = "", priority: Int? = nil) async throws {
        var view: View<Pod> = try podView(name, spec)
        view.metadata.uid = ""
        if priority == nil { view.spec.priority = nil }
        if let priority {
            view.spec.priority = nil
            view.spec.priorityClassName = "p\(priority)"
        }
        try await server.client.create(view)
    }

    private func addNode(_ server: TestServer, _ name: String, cpu: String = "4") async throws {
        try await server.client.create(try nodeView(name, cpu: cpu))
        // A node is born with the taint of one that is not ready, which a controller takes away. Status is its own subresource.
        var node: View<Node> = try await server.client.get(Node.self, ObjectKey(namespace: "", name: name))
        node.spec.taints = []
        node = try await server.client.update(node)
        node.status.allocatable = try nodeView(name, cpu: cpu).status.allocatable
        try await server.client.updateStatus(node)
    }

    private func read(_ server: TestServer, _ name: String) async throws -> View<Pod> {
        try await server.client.get(Pod.self, ObjectKey(namespace: "default", name: name))
    }

    private func eventTexts(_ server: TestServer, _ name: String) async throws -> [String] {
        try await server.client.list(Event.self, namespace: "default").items.filter { $0.involvedObject.name == name }
            .map { "\($0.type) \($0.reason) \($0.source.component): \($0.message)" }
    }

    @Test func `a pod is bound and the event says where`() async throws {
        try await withScheduler { server in
            try await addNode(server, "local")
            try await create(server, "web-1")
            let pod: View<Pod> = try await eventually("web-1 has a node") {
                try await read(server, "web-1")
            } until: {
                $0.isScheduled
            }
            #expect(pod.spec.nodeName == "local")
            #expect(pod.condition("PodScheduled")?.status == "True")
            try await eventually("the event is there") {
                try await eventTexts(server, "web-1")
                    == ["Normal Scheduled default-scheduler: Successfully assigned default/web-1 to local"]
            }
        }
    }

    @Test func `pods that are made after a cordon find the node cordoned`() async throws {
        try await withScheduler { server in
            try await addNode(server, "local")
            for number in 0..<30 {
                func setUnschedulable(_ wanted: Bool) async throws {
                    let patch: JSON = ["spec": ["unschedulable": wanted ? true : .null]]
                    try await server.client.patch(Node.self, ObjectKey(namespace: "", name: "local"), patch)
                }
                try await setUnschedulable(true)
                try await create(server, "late-\(number)")
                let late: View<Pod> = try await eventually("late-\(number) was decided about") {
                    try await read(server, "late-\(number)")
                } until: {
                    $0.isScheduled || $0.condition("PodScheduled") != nil
                }
                #expect(!late.isScheduled)
                try await server.client.delete(Pod.self, late.key, gracePeriodSeconds: 0)
                try await setUnschedulable(false)
            }
        }
    }

    @Test func `a pod waits for the first node to be ready`() async throws {
        try await withScheduler { server in
            try await create(server, "early")
            try await eventually("early is refused") {
                try await read(server, "early").condition("PodScheduled")?.message == "no nodes available to schedule pods"
            }
            try await addNode(server, "local")
            // A look at the node while it was tainted may have cost a back-off.
            try await eventually("early has a node") {
                server.clock.advance(by: .seconds(1))
                return try await read(server, "early").isScheduled
            }
        }
    }

    @Test func `a pod that fits nowhere says why and tries again when there is room`() async throws {
        try await withScheduler { server in
            try await addNode(server, "local", cpu: "1")
            try await create(server, "first", asking(cpu: "800m"))
            try await eventually("first has a node") { try await read(server, "first").isScheduled }
            try await create(server, "second", asking(cpu: "800m"))
            let pod: View<Pod> = try await eventually("second is refused") {
                try await read(server, "second")
            } until: {
                $0.condition("PodScheduled") != nil
            }
            let text: String =
                "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: "
                + "1 No preemption victims found for incoming pod."
            let condition: View<PodCondition> = try #require(pod.condition("PodScheduled"))
            #expect(condition.status == "False" && condition.reason == "Unschedulable" && condition.message == text)
            try await eventually("the event is there") {
                try await eventTexts(server, "second") == ["Warning FailedScheduling default-scheduler: \(text)"]
            }
            try await server.client.delete(Pod.self, pod.key.sibling("first"), gracePeriodSeconds: 0)
            try await eventually("second has a node") {
                server.clock.advance(by: .seconds(1))
                return try await read(server, "second").isScheduled
            }
        }
    }

    @Test func `many pods at once never overbook a node`() async throws {
        try await withScheduler { server in
            try await addNode(server, "a", cpu: "2")
            try await addNode(server, "b", cpu: "2")
            for number in 0..<30 { try await create(server, "p\(number)", asking(cpu: "200m")) }
            let pods: [View<Pod>] = try await eventually("all are decided upon") {
                try await server.client.list(Pod.self, namespace: "default").items
            } until: {
                $0.allSatisfy { $0.condition("PodScheduled") != nil }
            }
            #expect(pods.count { $0.spec.nodeName == "a" } == 10)
            #expect(pods.count { $0.spec.nodeName == "b" } == 10)
            #expect(pods.count { !$0.isScheduled } == 10)
        }
    }

    @Test func `gates are respected and other schedulers' pods left alone`() async throws {
        try await withScheduler { server in
            try await addNode(server, "local")
            try await create(server, "other", #""schedulerName":"mine""#)
            try await create(server, "gated", #""schedulingGates":[{"name":"example.com/quota"}]"#)
            try await create(server, "last")
            try await eventually("last has a node") { try await read(server, "last").isScheduled }
            #expect(try await !read(server, "other").isScheduled)
            let gated: View<Pod> = try await read(server, "gated")
            #expect(!gated.isScheduled && gated.condition("PodScheduled")?.reason == "SchedulingGated")
            try await server.client.patch(Pod.self, gated.key, ["spec": ["schedulingGates": []]], as: .mergePatch)
            try await eventually("gated has a node") { try await read(server, "gated").isScheduled }
        }
    }

    @Test func `a more important pod takes the place of a lesser one`() async throws {
        try await withScheduler { server in
            try await server.client.create(PriorityClass.new("p100") { $0.value = 100 })
            try await addNode(server, "local", cpu: "1")
            try await create(server, "small", asking(cpu: "800m"))
            try await eventually("small has a node") { try await read(server, "small").isScheduled }
            // Events of one pod are told apart by their time, which stands still.
            try await eventually("the event of small is there") { try await eventTexts(server, "small").count == 1 }
            server.clock.advance(by: .seconds(1))
            try await create(server, "big", asking(cpu: "800m"), priority: 100)
            let victim: View<Pod> = try await eventually("small has to go") {
                try await read(server, "small")
            } until: {
                $0.isTerminating
            }
            #expect(victim.condition("DisruptionTarget")?.reason == "PreemptionByScheduler")
            let big: View<Pod> = try await eventually("big is promised the node") {
                try await read(server, "big")
            } until: {
                $0.status.nominatedNodeName == "local"
            }
            #expect(big.condition("PodScheduled")?.message == "0/1 nodes are available: 1 Insufficient cpu.")
            try await server.client.delete(Pod.self, victim.key, gracePeriodSeconds: 0)
            try await eventually("big has the node") {
                server.clock.advance(by: .seconds(1))
                return try await read(server, "big").isScheduled
            }
            try await eventually("the event is there") {
                try await eventTexts(server, "small")
            } until: {
                $0.contains("Normal Preempted default-scheduler: Preempted by pod \(big.metadata.uid) on node local")
            }
        }
    }
}

extension ObjectKey {
    fileprivate func sibling(_ name: String) -> ObjectKey { ObjectKey(namespace: namespace, name: name) }
}
