import API
import Machinery

/// Only nodes that have room for one more pod and for what it asks for.
///
/// A request beyond all that the node has is incurable: no pod that left would help.
struct NodeResourcesFit: Filter {
    static let name = "NodeResourcesFit"
    static let events: Set<ClusterEvent.Kind> = [.nodeAdded, .nodeChanged, .podGone, .podChanged, .itself, .devicesChanged]

    static func mayHelp(_ pod: PodInfo, _ event: ClusterEvent, _ snapshot: Snapshot) -> Bool {
        switch event {
        case .podGone: true
        case .podChanged(let before, let after), .itself(let before, let after): after.asksLess(than: before)
        case .nodeAdded(let node): fitsAlone(pod, node, snapshot.devices)
        case .nodeChanged(let before, let after):
            after.allocatable != before.allocatable && fitsAlone(pod, after, snapshot.devices)
        case .devicesChanged: !pod.extended.isEmpty
        default: false
        }
    }

    /// True when the node would have the pod if nothing else ran there.
    private static func fitsAlone(_ pod: PodInfo, _ node: NodeInfo, _ view: DeviceView) -> Bool {
        pod.basics.cpu <= node.basics.cpu && pod.basics.memory <= node.basics.memory && pod.basics.disk <= node.basics.disk
            && node.mostPods > 0
            && pod.others.allSatisfy {
                $0.value <= node.allocatable[$0.key] || ExtendedRequest.className(of: $0.key, view) != nil
            }
    }

    private let basics: BasicAmounts
    /// In the order of the reasons.
    private let others: [(name: String, amount: Quantity)]
    /// Resources that devices serve on nodes that don't have them.
    private let served: Set<String>

    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ arguments: PluginArguments) {
        basics = pod.basics
        others =
            pod.others.isEmpty
            ? []
            : pod.others.filter { !arguments.ignoredResources.contains($0.key) }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        served = Set(pod.extended.map(\.resource).filter { ExtendedRequest.className(of: $0, snapshot.devices) != nil })
    }

    func rejection(of node: NodeInfo) -> Rejection? {
        if others.isEmpty, Int64(node.pods.count) < node.mostPods, node.has(basics) { return nil }
        var lacking: [String] = []
        var isCurable: Bool = true
        if Int64(node.pods.count) + 1 > node.mostPods { lacking.append("Too many pods") }
        func check(_ name: String, _ amount: Int64, _ used: Int64, _ all: Int64) {
            guard amount > 0, used + amount > all else { return }
            lacking.append("Insufficient " + name)
            if amount > all { isCurable = false }
        }
        check("cpu", basics.cpu, node.used.cpu, node.basics.cpu)
        check("memory", basics.memory, node.used.memory, node.basics.memory)
        check("ephemeral-storage", basics.disk, node.used.disk, node.basics.disk)
        for (name, amount) in others {
            let all: Quantity = node.allocatable[name]
            guard node.requested[name] + amount > all, !all.isZero || !served.contains(name) else { continue }
            lacking.append("Insufficient " + name)
            if amount > all { isCurable = false }
        }
        return lacking.isEmpty ? nil : Rejection(reasons: lacking, isCurable: isCurable)
    }
}
