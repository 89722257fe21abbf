import API
import Machinery

/// What a node says of itself, read once.
final class NodeFacts: Sendable {
    let name: String
    let labels: [String: String]
    let taints: [TaintInfo]
    /// Cordoned.
    let isUnschedulable: Bool
    let allocatable: PodResources
    /// The same as plain numbers.
    let basics: BasicAmounts
    let mostPods: Int64
    /// Sizes in bytes, by every name that an image has.
    let images: [String: Int64]
    /// Region and zone; empty for a node that says nothing of them.
    let zone: String

    init(_ node: View<Node>) {
        let spec: View<NodeSpec> = node.spec
        let status: View<NodeStatus> = node.status
        name = node.name
        let labels: [String: String] = node.metadata.labels
        self.labels = labels
        taints = spec.taints.map { TaintInfo($0) }
        isUnschedulable = spec.unschedulable
        images = status.images.reduce(into: [:]) { images, image in
            for name in image.names { images[name] = Int64(image.sizeBytes) }
        }
        let allocatable: [String: Quantity] = status.allocatable
        self.allocatable = PodResources(allocatable.isEmpty ? status.capacity : allocatable)
        basics = BasicAmounts(self.allocatable)
        mostPods = self.allocatable["pods"].value
        let (region, zone): (String?, String?) = (labels["topology.kubernetes.io/region"], labels["topology.kubernetes.io/zone"])
        self.zone = region == nil && zone == nil ? "" : "\(region ?? ""):\(zone ?? "")"
    }
}

/// A node and what runs there, or soon will.
struct NodeInfo: Sendable {
    let facts: NodeFacts
    /// By uid.
    private(set) var pods: [String: PodInfo] = [:]
    /// Sum of what the pods asked for beside the basic amounts.
    private(set) var requested = PodResources()
    /// Sum of the basic amounts that they asked for.
    private(set) var used = BasicAmounts()
    /// Sum of the pods' ``PodInfo/weight``.
    private(set) var weight = BasicAmounts()

    var name: String { facts.name }
    var labels: [String: String] { facts.labels }
    var taints: [TaintInfo] { facts.taints }
    var isUnschedulable: Bool { facts.isUnschedulable }
    var allocatable: PodResources { facts.allocatable }
    var basics: BasicAmounts { facts.basics }
    var mostPods: Int64 { facts.mostPods }
    var images: [String: Int64] { facts.images }
    var zone: String { facts.zone }

    init(_ node: View<Node>) { facts = NodeFacts(node) }

    /// Goes on with what runs on the node in its former form.
    mutating func takePods(of old: NodeInfo) {
        pods = old.pods
        requested = old.requested
        used = old.used
        weight = old.weight
    }

    mutating func add(_ pod: PodInfo) {
        remove(pod.uid)
        pods[pod.uid] = pod
        used += pod.basics
        weight += pod.weight
        if !pod.others.isEmpty { requested.add(pod.others) }
    }

    mutating func remove(_ uid: String) {
        guard let pod = pods.removeValue(forKey: uid) else { return }
        used -= pod.basics
        weight -= pod.weight
        for (name, amount) in pod.others { requested[name] = requested[name] - amount }
    }

    /// True when so much is free. What nobody asks for is free even where more than all is taken.
    func has(_ amounts: BasicAmounts) -> Bool {
        (amounts.cpu == 0 || used.cpu + amounts.cpu <= basics.cpu) && (amounts.memory == 0 || used.memory + amounts.memory <= basics.memory)
            && (amounts.disk == 0 || used.disk + amounts.disk <= basics.disk)
    }

    /// False while the node has the taint that keeps pods away until it reported that it is ready.
    var isReady: Bool { !taints.contains { $0.key == "node.kubernetes.io/not-ready" && $0.effect == "NoSchedule" } }

    /// True when nothing differs that matters to pods.
    func isSame(as old: NodeInfo) -> Bool {
        allocatable == old.allocatable && labels == old.labels && taints == old.taints && isUnschedulable == old.isUnschedulable
    }
}
