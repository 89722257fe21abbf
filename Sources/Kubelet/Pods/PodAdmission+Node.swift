import API
import Machinery

/// What the node's labels, taints and conditions have against a pod that was given to it by name.
extension PodAdmission {
    /// The pod wants another node. What the node's labels were a moment ago may be the reason.
    static let otherNode = Refusal(
        reason: "NodeAffinity", message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector")
    static let untoleratedTaint = Refusal(
        reason: "TaintToleration", message: "Predicate TaintToleration failed: node(s) had untolerated taint(s)")

    func strangeness(of pod: View<Pod>) -> Refusal? {
        let rule = NodeRule(pod.spec)
        return rule.allows(name: node.metadata.name, labels: node.metadata.labels) ? nil : Self.otherNode
    }

    /// Of one that drives pods out. Those that only keep new pods away are the scheduler's business; pods of files and addresses, which
    /// nothing else could run, come whatever there is.
    func taint(against pod: View<Pod>) -> Refusal? {
        let taints: [TaintInfo] = node.spec.taints.map { TaintInfo($0) }.filter { $0.effect == "NoExecute" }
        guard !taints.isEmpty, !pod.isStatic else { return nil }
        let tolerations: [TolerationInfo] = pod.spec.tolerations.map { TolerationInfo($0) }
        return taints.contains { $0.keepsAway(tolerations) } ? Self.untoleratedTaint : nil
    }

    func foreignSystem(of pod: View<Pod>) -> Refusal? {
        if let wanted = pod.metadata.labels["kubernetes.io/os"], wanted != "linux" {
            return Refusal(
                reason: "PodOSSelectorNodeLabelDoesNotMatch",
                message: "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label")
        }
        if let os: View<PodOS> = pod.spec.os, os.name != "linux" {
            return Refusal(reason: "PodOSNotSupported", message: "Failed to admit pod as the OS field doesn't match node OS")
        }
        return nil
    }

    /// Short of memory the node takes no pod that asks for none; short of anything else it takes none.
    func pressure(on pod: View<Pod>) -> Refusal? {
        let short: [String] = ["MemoryPressure", "DiskPressure", "PIDPressure"].filter { node.condition($0)?.status == "True" }
        guard !short.isEmpty, !pod.isCritical else { return nil }
        if short == ["MemoryPressure"] {
            let taint = TaintInfo(key: "node.kubernetes.io/memory-pressure", effect: "NoSchedule")
            if pod.qosClass != "BestEffort" || pod.spec.tolerations.contains(where: { TolerationInfo($0).tolerates(taint) }) { return nil }
        }
        return Refusal(reason: "Evicted", message: "The node had condition: [\(short.joined(separator: " "))]. ")
    }
}
