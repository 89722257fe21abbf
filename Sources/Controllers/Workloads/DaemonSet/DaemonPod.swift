import API
import Machinery

/// The pod of a DaemonSet on one node, and whether that node should have it.
struct DaemonPod: Sendable {
    /// The template with what every pod of a DaemonSet gets.
    private let template: View<PodTemplateSpec>
    private let nodeRule: NodeRule
    private let tolerations: [TolerationInfo]

    init(_ set: View<DaemonSet>) {
        var template: View<PodTemplateSpec> = set.spec.template
        let own: [View<Toleration>] = Self.tolerations(hostNetwork: template.spec.hostNetwork)
        template.spec.tolerations =
            template.spec.tolerations.filter { toleration in
                !own.contains { $0.key == toleration.key && $0.effect == toleration.effect && $0.operator == toleration.operator }
            } + own
        self.template = template
        nodeRule = NodeRule(template.spec)
        tolerations = template.spec.tolerations.map { TolerationInfo($0) }
    }

    /// Whether the node should get the pod, and whether one that runs there may stay.
    ///
    /// Source: `NodeShouldRunDaemonPod` of pkg/controller/daemon.
    func fits(_ node: View<Node>) -> (gets: Bool, keeps: Bool) {
        let named: String = template.spec.nodeName
        guard named.isEmpty || named == node.name, nodeRule.allows(name: node.name, labels: node.metadata.labels) else {
            return (false, false)
        }
        let taints: [TaintInfo] = node.spec.taints.map { TaintInfo($0) }.filter { $0.keepsAway(tolerations) }
        return (taints.isEmpty, !taints.contains { $0.effect == "NoExecute" })
    }

    /// - Parameter hash: of the revision that the template is from.
    func make(on node: String, for set: View<DaemonSet>, hash: String) -> View<Pod> {
        var pod: View<Pod> = makePod(from: template, for: set)
        pod.metadata.labels[StatefulPodLabels.revision] = hash
        // The scheduler binds it: whatever else the affinity asks of nodes was found to hold.
        var affinity: View<Affinity> = pod.spec.affinity ?? View<Affinity>()
        affinity.json[["nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"]] = [
            "nodeSelectorTerms": [["matchFields": [["key": "metadata.name", "operator": "In", "values": [.string(node)]]]]]
        ]
        pod.spec.affinity = affinity
        return pod
    }

    /// The node that a pod of a DaemonSet runs on or is meant for; empty when it doesn't say.
    static func node(of pod: View<Pod>) -> String {
        guard pod.spec.nodeName.isEmpty else { return pod.spec.nodeName }
        let terms: [View<NodeSelectorTerm>] =
            pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
        return terms.lazy.flatMap(\.matchFields).first { $0.key == "metadata.name" && $0.operator == "In" }?.values.first ?? ""
    }

    /// A daemon stays where other pods have to go. Source: `AddOrUpdateDaemonPodTolerations` of pkg/controller/daemon/util.
    private static func tolerations(hostNetwork: Bool) -> [View<Toleration>] {
        let taints: [(String, String)] =
            [
                ("not-ready", "NoExecute"), ("unreachable", "NoExecute"), ("disk-pressure", "NoSchedule"),
                ("memory-pressure", "NoSchedule"), ("pid-pressure", "NoSchedule"), ("unschedulable", "NoSchedule"),
            ] + (hostNetwork ? [("network-unavailable", "NoSchedule")] : [])
        return taints.map { name, effect in
            View<Toleration> {
                $0.key = "node.kubernetes.io/" + name
                $0.operator = "Exists"
                $0.effect = effect
            }
        }
    }
}
