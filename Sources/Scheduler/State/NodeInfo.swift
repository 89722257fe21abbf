import API
import Machinery

/// A node and what runs there, or soon will.
struct NodeInfo: Sendable {
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
    /// By uid.
    private(set) var pods: [String: PodInfo] = [:]
    /// Those of them that have wishes or conditions about other pods, by uid.
    private(set) var choosyPods: [String: PodInfo] = [:]
    /// Sum of what the pods asked for beside the basic amounts.
    private(set) var requested = PodResources()
    /// Sum of the basic amounts that they asked for.
    private(set) var used = BasicAmounts()
    /// Sum of the pods' ``PodInfo/weight``.
    private(set) var weight = BasicAmounts()

    init(_ node: View<Node>) {
        let spec: View<NodeSpec> = node.spec
        let status: View<NodeStatus> = node.status
        name = node.name
        labels = node.metadata.labels
        taints = spec.taints.map { TaintInfo($0) }
        isUnschedulable = spec.unschedulable
        images = status.images.reduce(into: [:]) { images, image in
            for name in image.names { images[name] = Int64(image.sizeBytes) }
        }
        let allocatable: [String: Quantity] = status.allocatable
        self.allocatable = PodResources(allocatable.isEmpty ? status.capacity : allocatable)
        basics = BasicAmounts(self.allocatable)
        mostPods = self.allocatable["pods"].value
    }

    /// Goes on with what runs on the node in its former form.
    mutating func takePods(of old: NodeInfo) {
        pods = old.pods
        choosyPods = old.choosyPods
        requested = old.requested
        used = old.used
        weight = old.weight
    }

    mutating func add(_ pod: PodInfo) {
        remove(pod.uid)
        pods[pod.uid] = pod
        if pod.isChoosy { choosyPods[pod.uid] = pod }
        used += pod.basics
        weight += pod.weight
        if !pod.others.isEmpty { requested.add(pod.others) }
    }

    mutating func remove(_ uid: String) {
        guard let pod = pods.removeValue(forKey: uid) else { return }
        if pod.isChoosy { choosyPods[uid] = nil }
        used -= pod.basics
        weight -= pod.weight
        for (name, amount) in pod.others { requested[name] = requested[name] - amount }
    }

    /// False while the node has the taint that keeps pods away until it reported that it is ready.
    var isReady: Bool { !taints.contains { $0.key == "node.kubernetes.io/not-ready" && $0.effect == "NoSchedule" } }

    /// What makes this node other than it was, for pods that were refused.
    func changes(since old: NodeInfo) -> ClusterChange {
        var changes: ClusterChange = []
        if allocatable != old.allocatable { changes.insert(.nodeAllocatable) }
        if labels != old.labels { changes.insert(.nodeLabels) }
        if taints != old.taints { changes.insert(.nodeTaints) }
        if isUnschedulable != old.isUnschedulable { changes.insert(.nodeCordon) }
        return changes
    }
}

/// All nodes at one moment: what a decision is made from.
struct Snapshot: Sendable {
    /// By name, in order.
    var nodes: [NodeInfo]
    /// Labels of namespaces, by name.
    var namespaces: [String: [String: String]] = [:]
    var storage = StorageView()

    /// The same with a pod on a node; unchanged when there is no such node.
    func placing(_ pod: PodInfo, on name: String) -> Snapshot {
        var copy: Snapshot = self
        if let index = copy.nodes.firstIndex(where: { $0.name == name }) { copy.nodes[index].add(pod) }
        return copy
    }
}

/// Ways in which the cluster may change so that a refused pod has another chance.
struct ClusterChange: OptionSet, Sendable {
    let rawValue: Int

    static let nodeAdded = ClusterChange(rawValue: 1)
    static let nodeAllocatable = ClusterChange(rawValue: 2)
    static let nodeLabels = ClusterChange(rawValue: 4)
    static let nodeTaints = ClusterChange(rawValue: 8)
    static let nodeCordon = ClusterChange(rawValue: 16)
    /// A pod came to a node.
    static let podPlaced = ClusterChange(rawValue: 32)
    /// A pod on a node got other labels or asks for other amounts.
    static let podChanged = ClusterChange(rawValue: 64)
    /// A pod left its node.
    static let podGone = ClusterChange(rawValue: 128)
    static let namespaceLabels = ClusterChange(rawValue: 256)
    /// A claim, volume or storage class.
    static let storage = ClusterChange(rawValue: 512)

    static let anything: ClusterChange = [
        .nodeAdded, .nodeAllocatable, .nodeLabels, .nodeTaints, .nodeCordon, .podPlaced, .podChanged, .podGone, .namespaceLabels, .storage,
    ]
}
