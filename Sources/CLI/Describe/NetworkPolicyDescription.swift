import Machinery

/// NetworkPolicies.
enum NetworkPolicyDescription {
    static func write(_ policy: JSON, _ text: inout DescribeText) {
        text.field("Name", policy.text(at: "metadata", "name"))
        text.field("Namespace", policy.text(at: "metadata", "namespace"))
        let created: String = policy.text(at: "metadata", "creationTimestamp")
        text.field("Created on", created.replacing("T", with: " ").replacing("Z", with: " +0000 UTC"))
        text.labels(policy[["metadata", "labels"]])
        text.annotations(policy[["metadata", "annotations"]])
        text.line(0, "Spec:")
        let selector: JSON? = policy[["spec", "podSelector"]]
        let isOpen: Bool = selector?.object?.isEmpty != false
        text.line(
            1,
            "PodSelector:     "
                + (isOpen ? "<none> (Allowing the specific traffic to all pods in this namespace)" : WorkloadDescription.selector(selector))
        )
        let types: [String] = policy.list("spec", "policyTypes").compactMap(\.string)
        if types.isEmpty || types.contains("Ingress") {
            text.line(1, "Allowing ingress traffic:")
            write(policy.list("spec", "ingress"), .ingress, &text)
        } else {
            text.line(1, "Not affecting ingress traffic")
        }
        if types.contains("Egress") {
            text.line(1, "Allowing egress traffic:")
            write(policy.list("spec", "egress"), .egress, &text)
        } else {
            text.line(1, "Not affecting egress traffic")
        }
        text.line(1, "Policy Types: \(types.joined(separator: ", "))")
    }

    private enum Direction: String {
        case ingress, egress

        /// The member of a rule that holds its peers, and its title.
        var member: String { self == .ingress ? "from" : "to" }
        var title: String { self == .ingress ? "From" : "To" }
        var end: String { self == .ingress ? "source" : "destination" }
    }

    private static func write(_ rules: [JSON], _ direction: Direction, _ text: inout DescribeText) {
        if rules.isEmpty { return text.line(2, "<none> (Selected pods are isolated for \(direction.rawValue) connectivity)") }
        for (index, rule) in rules.enumerated() {
            let ports: [JSON] = rule.list("ports")
            if ports.isEmpty { text.line(2, "To Port: <any> (traffic allowed to all ports)") }
            for port in ports {
                let networkProtocol: String = port["protocol"]?.string ?? "TCP"
                let number: String = port["port"].map(GoText.of) ?? "<any>"
                if let end = port["endPort"] {
                    text.line(2, "To Port Range: \(number)-\(GoText.of(end))/\(networkProtocol)")
                } else {
                    text.line(2, "To Port: \(number)/\(networkProtocol)")
                }
            }
            let peers: [JSON] = rule.list(direction.member)
            if peers.isEmpty { text.line(2, "\(direction.title): <any> (traffic not restricted by \(direction.end))") }
            for peer in peers {
                text.line(2, "\(direction.title):")
                for (member, title) in [("namespaceSelector", "NamespaceSelector"), ("podSelector", "PodSelector")] {
                    if let selector = peer[member] { text.line(3, "\(title): \(WorkloadDescription.selector(selector))") }
                }
                if let block = peer["ipBlock"] {
                    text.line(3, "IPBlock:")
                    text.line(4, "CIDR: \(block.text(at: "cidr"))")
                    text.line(4, "Except: \(block.list("except").compactMap(\.string).joined(separator: ", "))")
                }
            }
            if index < rules.count - 1 { text.line(2, "----------") }
        }
    }
}
