import API
import Machinery

/// Only nodes that the pod's `nodeSelector` and required node affinity allow.
struct NodeAffinityRule: Filter {
    static let name = "NodeAffinity"
    static let events: Set<ClusterEvent.Kind> = [.nodeAdded, .nodeChanged]

    static func mayHelp(_ pod: PodInfo, _ event: ClusterEvent, _ snapshot: Snapshot) -> Bool {
        switch event {
        case .nodeAdded(let node): pod.wants(node)
        // What the profile adds may have been lacking, too.
        case .nodeChanged(let before, let after): before.labels != after.labels && pod.wants(after)
        default: false
        }
    }

    private let pod: PodInfo
    private let added: AddedAffinity?

    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ arguments: PluginArguments) {
        added = arguments.addedAffinity
        guard !pod.nodeRule.allowsAll || added != nil else { return nil }
        self.pod = pod
    }

    func rejection(of node: NodeInfo) -> Rejection? {
        if let added, !added.rule.allows(name: node.name, labels: node.labels) {
            return .incurable("node(s) didn't match scheduler-enforced node affinity")
        }
        return pod.wants(node) ? nil : .incurable("node(s) didn't match Pod's node affinity/selector")
    }
}

/// Node affinity that a profile adds to that of its pods: conditions, and wishes with their weights.
struct AddedAffinity: Sendable {
    let rule: NodeRule
    let wishes: [(weight: Int, term: NodeTerm)]

    init(_ affinity: View<NodeAffinity>) {
        rule = NodeRule(affinity.requiredDuringSchedulingIgnoredDuringExecution)
        wishes = affinity.preferredDuringSchedulingIgnoredDuringExecution.map { ($0.weight, NodeTerm($0.preference)) }
    }
}
