import Machinery

/// A pod.
enum PodDescription {
    static func write(_ pod: JSON, _ text: inout DescribeText) {
        text.field("Name", pod.text(at: "metadata", "name"))
        text.field("Namespace", pod.text(at: "metadata", "namespace"))
        if let priority = pod[["spec", "priority"]]?.int { text.field("Priority", "\(priority)") }
        let priorityClass: String = pod.text(at: "spec", "priorityClassName")
        if !priorityClass.isEmpty { text.field("Priority Class Name", priorityClass) }
        let runtimeClass: String = pod.text(at: "spec", "runtimeClassName")
        if !runtimeClass.isEmpty { text.field("Runtime Class Name", runtimeClass) }
        let account: String = pod.text(at: "spec", "serviceAccountName")
        if !account.isEmpty { text.field("Service Account", account) }
        let node: String = pod.text(at: "spec", "nodeName")
        text.field("Node", node.isEmpty ? "<none>" : node + "/" + pod.text(at: "status", "hostIP"))
        if pod[["status", "startTime"]] != nil { text.field("Start Time", DescribeText.date(pod[["status", "startTime"]])) }
        text.labels(pod[["metadata", "labels"]])
        text.annotations(pod[["metadata", "annotations"]])
        writeStatus(pod, &text)
        writeAddresses(pod, &text)
        if let owner = pod.list("metadata", "ownerReferences").first(where: { $0["controller"]?.bool == true }) {
            text.field("Controlled By", owner.text(at: "kind") + "/" + owner.text(at: "name"))
        }
        let nominated: String = pod.text(at: "status", "nominatedNodeName")
        if !nominated.isEmpty { text.field("NominatedNodeName", nominated) }
        let initial: [JSON] = pod.list("spec", "initContainers")
        if !initial.isEmpty { ContainerDescription.write("Init Containers", initial, pod.list("status", "initContainerStatuses"), &text) }
        ContainerDescription.write("Containers", pod.list("spec", "containers"), pod.list("status", "containerStatuses"), &text)
        let ephemeral: [JSON] = pod.list("spec", "ephemeralContainers")
        if !ephemeral.isEmpty {
            ContainerDescription.write("Ephemeral Containers", ephemeral, pod.list("status", "ephemeralContainerStatuses"), &text)
        }
        writeGates(pod, &text)
        let conditions: [JSON] = pod.list("status", "conditions")
        if !conditions.isEmpty {
            text.line(0, "Conditions:")
            text.line(1, "Type\tStatus")
            for condition in conditions { text.line(1, "\(condition.text(at: "type")) \t\(condition.text(at: "status")) ") }
        }
        VolumeDescription.write(pod.list("spec", "volumes"), &text)
        text.field("QoS Class", pod.text(at: "status", "qosClass"))
        text.labels(pod[["spec", "nodeSelector"]], "Node-Selectors")
        writeTolerations(pod.list("spec", "tolerations"), &text)
        writeSpread(pod.list("spec", "topologySpreadConstraints"), &text)
    }

    private static func writeStatus(_ pod: JSON, _ text: inout DescribeText) {
        if let deletion = pod[["metadata", "deletionTimestamp"]] {
            text.field("Status", "Terminating (lasts \(text.age(deletion)))")
            if let grace = pod[["metadata", "deletionGracePeriodSeconds"]]?.int { text.field("Termination Grace Period", "\(grace)s") }
        } else {
            text.field("Status", pod.text(at: "status", "phase"))
        }
        let reason: String = pod.text(at: "status", "reason")
        if !reason.isEmpty { text.field("Reason", reason) }
        let message: String = pod.text(at: "status", "message")
        if !message.isEmpty { text.field("Message", message) }
        if let profile = pod[["spec", "securityContext", "seccompProfile"]] {
            text.field("SeccompProfile", profile.text(at: "type"))
            if profile["type"] == "Localhost" { text.field("LocalhostProfile", profile.text(at: "localhostProfile")) }
        }
    }

    private static func writeAddresses(_ pod: JSON, _ text: inout DescribeText) {
        text.field("IP", pod.text(at: "status", "podIP"))
        let addresses: [JSON] = pod.list("status", "podIPs")
        if addresses.isEmpty { return text.field("IPs", "<none>") }
        text.line(0, "IPs:")
        for address in addresses { text.field("IP", address.text(at: "ip"), level: 1) }
    }

    private static func writeGates(_ pod: JSON, _ text: inout DescribeText) {
        let gates: [JSON] = pod.list("spec", "readinessGates")
        guard !gates.isEmpty else { return }
        text.line(0, "Readiness Gates:")
        text.line(1, "Type\tStatus")
        for gate in gates {
            let type: String = gate.text(at: "conditionType")
            let status: String? = pod.list("status", "conditions").first { $0.text(at: "type") == type }?.text(at: "status")
            text.line(1, "\(type) \t\(status ?? "<none>") ")
        }
    }

    static func writeTolerations(_ tolerations: [JSON], _ text: inout DescribeText) {
        if tolerations.isEmpty { return text.field("Tolerations", "<none>") }
        func key(_ toleration: JSON) -> String { toleration.text(at: "key") }
        for (index, toleration) in tolerations.sorted(by: { key($0) < key($1) }).enumerated() {
            var shown: String = key(toleration)
            let value: String = toleration.text(at: "value")
            if !value.isEmpty { shown += "=" + value }
            let effect: String = toleration.text(at: "effect")
            if !effect.isEmpty { shown += ":" + effect }
            if toleration["operator"] == "Exists", value.isEmpty {
                shown += shown.isEmpty ? "op=Exists" : " op=Exists"
            }
            if let seconds = toleration["tolerationSeconds"]?.int { shown += " for \(seconds)s" }
            text.line(0, "\(index == 0 ? "Tolerations:" : "")\t\(shown)")
        }
    }

    private static func writeSpread(_ constraints: [JSON], _ text: inout DescribeText) {
        for (index, constraint) in constraints.sorted(by: { $0.text(at: "topologyKey") < $1.text(at: "topologyKey") }).enumerated() {
            var shown: String =
                "\(constraint.text(at: "topologyKey")):\(constraint.text(at: "whenUnsatisfiable")) when max skew \(constraint.number("maxSkew")) is exceeded"
            if let selector = constraint["labelSelector"], let match = try? LabelMatch(labelSelector: selector) {
                shown += " for selector \(match.description)"
            }
            text.line(0, "\(index == 0 ? "Topology Spread Constraints:" : "")\t\(shown)")
        }
    }

    /// A pod template within a workload.
    static func writeTemplate(_ template: JSON, _ text: inout DescribeText) {
        text.line(0, "Pod Template:")
        text.labels(template[["metadata", "labels"]], level: 1)
        if let annotations = template[["metadata", "annotations"]], !annotations.isEmpty { text.annotations(annotations, level: 1) }
        let account: String = template.text(at: "spec", "serviceAccountName")
        if !account.isEmpty { text.field("Service Account", account, level: 1) }
        let initial: [JSON] = template.list("spec", "initContainers")
        if !initial.isEmpty { ContainerDescription.write("Init Containers", initial, [], &text, isTemplate: true) }
        ContainerDescription.write("Containers", template.list("spec", "containers"), [], &text, isTemplate: true)
        VolumeDescription.write(template.list("spec", "volumes"), &text, isTemplate: true)
        let priorityClass: String = template.text(at: "spec", "priorityClassName")
        if !priorityClass.isEmpty { text.field("Priority Class Name", priorityClass, level: 1) }
        text.line(1, "Node-Selectors:\t\(LabelText.joined(template[["spec", "nodeSelector"]]))")
        var inner = DescribeText(now: text.now)
        writeTolerations(template.list("spec", "tolerations"), &inner)
        for line in inner.text.split(separator: "\n") {
            let parts: Substring = line.drop { $0 != " " }.drop { $0 == " " }
            text.line(1, (line.hasPrefix("Tolerations:") ? "Tolerations:" : "") + "\t" + parts)
        }
    }
}
