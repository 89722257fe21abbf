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
    /// The labels that nearly every question about places is about: whoever asks thousands of nodes need not look for them each time.
    private let hostname: String?
    private let zoneLabel: String?

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
        hostname = labels[PlaceLabel.hostnameKey]
        let (region, zone): (String?, String?) = (labels["topology.kubernetes.io/region"], labels[PlaceLabel.zoneKey])
        zoneLabel = zone
        self.zone = region == nil && zone == nil ? "" : "\(region ?? ""):\(zone ?? "")"
    }

    func value(of label: PlaceLabel) -> String? {
        switch label {
        case .hostname: hostname
        case .zone: zoneLabel
        case .other(let key): labels[key]
        }
    }
}

/// A label of nodes that makes places of them.
enum PlaceLabel: Sendable {
    case hostname, zone
    case other(String)

    static let hostnameKey = "kubernetes.io/hostname"
    static let zoneKey = "topology.kubernetes.io/zone"

    init(_ key: String) {
        switch key {
        case Self.hostnameKey: self = .hostname
        case Self.zoneKey: self = .zone
        default: self = .other(key)
        }
    }
}

/// A node and what runs there, or soon will.
struct NodeInfo: Sendable {
    let facts: NodeFacts
    /// Copied before it changes where another copy of the node has it too: nodes are handed around by the hundred, and change one by one.
    private var load = Load()

    /// What the node bears. Changed only by the one node that has it, which is what makes it safe to send.
    private final class Load: @unchecked Sendable {
        var pods: [String: PodInfo] = [:]
        var requested = PodResources()
        var used = BasicAmounts()
        var weight = BasicAmounts()

        var copy: Load {
            let copy = Load()
            (copy.pods, copy.requested, copy.used, copy.weight) = (pods, requested, used, weight)
            return copy
        }
    }

    /// By uid.
    var pods: [String: PodInfo] { load.pods }
    /// Sum of what the pods asked for beside the basic amounts.
    var requested: PodResources { load.requested }
    /// Sum of the basic amounts that they asked for.
    var used: BasicAmounts { load.used }
    /// Sum of the pods' ``PodInfo/weight``.
    var weight: BasicAmounts { load.weight }

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
        load = old.load
    }

    mutating func add(_ pod: PodInfo) {
        remove(pod.uid)
        makeOwn()
        load.pods[pod.uid] = pod
        load.used += pod.basics
        load.weight += pod.weight
        if !pod.others.isEmpty { load.requested.add(pod.others) }
    }

    mutating func remove(_ uid: String) {
        guard load.pods[uid] != nil else { return }
        makeOwn()
        guard let pod = load.pods.removeValue(forKey: uid) else { return }
        load.used -= pod.basics
        load.weight -= pod.weight
        for (name, amount) in pod.others { load.requested[name] = load.requested[name] - amount }
    }

    private mutating func makeOwn() { if !isKnownUniquelyReferenced(&load) { load = load.copy } }

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
