import API
import Machinery
import Testing

@testable import Scheduler

/// The scheduler's own copy of who runs where.
struct ClusterCopyTests {
    private func bound(_ name: String, _ spec: String = "", to node: String, labels: [String: String] = [:]) throws -> View<Pod> {
        var pod: View<Pod> = try podView(name, spec, labels: labels)
        pod.spec.nodeName = node
        return pod
    }

    private func used(_ cluster: ClusterCopy, _ name: String) -> String {
        cluster.snapshot.nodes.first { $0.name == name }.map { "\(Quantity(milli: $0.used.cpu)) of \($0.pods.count)" } ?? "no node"
    }

    @Test func `a decision counts at once, and once`() throws {
        var cluster = ClusterCopy()
        #expect(cluster.set(try nodeView("a"))?.label == "NodeAdd")
        let spec: String = asking(cpu: "1")
        cluster.assume(try pod("p", spec), on: "a")
        #expect(used(cluster, "a") == "1 of 1")
        #expect(cluster.confirm(try bound("p", spec, to: "a"))?.label == "AssignedPodAdd")
        #expect(cluster.confirm(try bound("p", spec, to: "a"))?.label == nil)
        #expect(used(cluster, "a") == "1 of 1")
        // What the informer has shown is no longer taken back.
        #expect(cluster.forget("uid-p")?.label == nil)
        #expect(cluster.remove("uid-p")?.label == "AssignedPodDelete")
        #expect(used(cluster, "a") == "0 of 0")
    }

    @Test func `a decision can be taken back until it is seen`() throws {
        var cluster = ClusterCopy()
        _ = cluster.set(try nodeView("a"))
        cluster.assume(try pod("p", asking(cpu: "1")), on: "a")
        #expect(cluster.forget("uid-p")?.label == "AssignedPodDelete")
        #expect(used(cluster, "a") == "0 of 0")
    }

    @Test func `pods may be seen before their node, and stay when it changes`() throws {
        var cluster = ClusterCopy()
        _ = cluster.confirm(try bound("p", asking(cpu: "1"), to: "a"))
        _ = cluster.set(try nodeView("b"))
        _ = cluster.set(try nodeView("a"))
        #expect(cluster.snapshot.nodes.map(\.name) == ["a", "b"])
        #expect(used(cluster, "a") == "1 of 1")
        #expect(cluster.set(try nodeView("a", cpu: "8"))?.label == "NodeUpdate")
        #expect(cluster.set(try nodeView("a", cpu: "8"))?.label == nil)
        #expect(used(cluster, "a") == "1 of 1")
        cluster.removeNode("a")
        #expect(used(cluster, "a") == "no node")
        _ = cluster.set(try nodeView("a"))
        #expect(used(cluster, "a") == "1 of 1")
    }

    @Test func `a node that has not said what it has is none`() throws {
        var cluster = ClusterCopy()
        var fresh: View<Node> = try nodeView("a")
        fresh.json["status"] = nil
        #expect(cluster.set(fresh)?.label == nil && cluster.snapshot.nodes.isEmpty)
        #expect(cluster.set(try nodeView("a"))?.label == "NodeAdd")
    }

    @Test func `labels and amounts of a placed pod may change`() throws {
        var cluster = ClusterCopy()
        _ = cluster.set(try nodeView("a"))
        _ = cluster.confirm(try bound("p", asking(cpu: "1"), to: "a"))
        var smaller: View<Pod> = try bound("p", asking(cpu: "500m"), to: "a")
        smaller.metadata.generation = 2
        #expect(cluster.confirm(smaller)?.label == "AssignedPodUpdate")
        #expect(used(cluster, "a") == "500m of 1")
    }
}
