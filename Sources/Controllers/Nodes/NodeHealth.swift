import API
import Machinery

/// What a node's silence means. Pure.
///
/// Source: `tryUpdateNodeHealth` of pkg/controller/nodelifecycle.
enum NodeHealth {
    /// A node that has not been heard of for so long is not known to be well.
    static let patience: Duration = .seconds(50)
    /// The same for one that has never reported.
    static let patienceAtStart: Duration = .seconds(60)

    private static let types: [String] = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"]

    /// The conditions of a node that has been silent; nil when they say so already, or when it is not yet time.
    static func conditions(of node: View<Node>, silentFor silence: Duration, now: Time) -> [View<NodeCondition>]? {
        let hasReported: Bool = node.condition("Ready") != nil
        guard silence >= (hasReported ? patience : patienceAtStart) else { return nil }
        var conditions: [View<NodeCondition>] = node.status.conditions
        var isNews: Bool = false
        for type in types {
            let old: View<NodeCondition>? = node.condition(type)
            guard old?.status != "Unknown" else { continue }
            isNews = true
            let new = View<NodeCondition> {
                $0.type = type
                $0.status = "Unknown"
                $0.lastHeartbeatTime = old?.lastHeartbeatTime ?? node.metadata.creationTimestamp
                $0.lastTransitionTime = now
                $0.reason = old == nil ? "NodeStatusNeverUpdated" : "NodeStatusUnknown"
                $0.message = old == nil ? "Kubelet never posted node status." : "Kubelet stopped posting node status."
            }
            if let index = conditions.firstIndex(where: { $0.type == type }) { conditions[index] = new } else { conditions.append(new) }
        }
        return isNews ? conditions : nil
    }

    /// The taint that drives pods away from a node in this state; nil for a node that is well.
    static func taint(of node: View<Node>) -> String? {
        switch node.condition("Ready")?.status {
        case "True"?: nil
        case "False"?: "node.kubernetes.io/not-ready"
        default: "node.kubernetes.io/unreachable"
        }
    }

    private static let own: Set<String> = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]

    /// True when the node has one of the taints that drive pods away.
    static func drivesAway(_ node: View<Node>) -> Bool {
        node.spec.taints.contains { $0.effect == "NoExecute" && own.contains($0.key) }
    }

    /// The taints with exactly the wanted one of those that drive pods away; nil when it is like this.
    static func taints(of node: View<Node>, wanted: String?, now: Time) -> [View<Taint>]? {
        let found: [View<Taint>] = node.spec.taints
        var taints: [View<Taint>] = found.filter { $0.effect != "NoExecute" || !own.contains($0.key) || $0.key == wanted }
        if let wanted, !taints.contains(where: { $0.key == wanted && $0.effect == "NoExecute" }) {
            taints.append(
                View<Taint> {
                    $0.key = wanted
                    $0.effect = "NoExecute"
                    $0.timeAdded = now
                })
        }
        return taints == found ? nil : taints
    }
}

/// How fast nodes of a zone may lose their pods. Pure.
///
/// A zone where few nodes fail loses one node's pods each ten seconds; one where most do is spared, as the fault is likely elsewhere;
/// where all nodes of all zones fail, nothing is driven away. Source: pkg/controller/nodelifecycle, `handleDisruption`.
enum ZoneState: Equatable {
    case normal
    case partialDisruption
    case fullDisruption

    init(ready: Int, notReady: Int) {
        if ready == 0, notReady > 0 {
            self = .fullDisruption
        } else if notReady > 2, Double(notReady) / Double(ready + notReady) >= 0.55 {
            self = .partialDisruption
        } else {
            self = .normal
        }
    }

    /// Time between two nodes; nil for none at all.
    ///
    /// - Parameters:
    ///   - size: nodes of the zone.
    ///   - isEverywhere: no zone has a node that is well.
    func pace(size: Int, isEverywhere: Bool) -> Duration? {
        if isEverywhere { return nil }
        switch self {
        case .normal, .fullDisruption: return .seconds(10)
        case .partialDisruption: return size > 50 ? .seconds(100) : nil
        }
    }

    /// Region and zone of a node, as its labels say.
    static func zone(of node: View<Node>) -> String {
        let labels: [String: String] = node.metadata.labels
        return (labels["topology.kubernetes.io/region"] ?? "") + "/" + (labels["topology.kubernetes.io/zone"] ?? "")
    }
}
