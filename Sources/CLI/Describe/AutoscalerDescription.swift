import Machinery

/// HorizontalPodAutoscalers.
enum AutoscalerDescription {
    static func write(_ scaler: JSON, _ text: inout DescribeText) {
        text.field("Name", scaler.text(at: "metadata", "name"))
        text.field("Namespace", scaler.text(at: "metadata", "namespace"))
        text.labels(scaler[["metadata", "labels"]])
        text.annotations(scaler[["metadata", "annotations"]])
        text.field("CreationTimestamp", DescribeText.date(scaler[["metadata", "creationTimestamp"]]))
        let target: JSON = scaler[["spec", "scaleTargetRef"]] ?? [:]
        text.field("Reference", "\(target.text(at: "kind"))/\(target.text(at: "name"))")
        text.field("Metrics", "( current / target )")
        for metric in scaler.list("spec", "metrics") { write(metric, scaler.list("status", "currentMetrics"), &text) }
        text.field("Min replicas", scaler[["spec", "minReplicas"]].map(GoText.of) ?? "<unset>")
        text.field("Max replicas", scaler.text(at: "spec", "maxReplicas"))
        writeBehavior(scaler[["spec", "behavior"]], &text)
        text.field(
            "\(target.text(at: "kind")) pods",
            "\(scaler.number("status", "currentReplicas")) current / \(scaler.number("status", "desiredReplicas")) desired")
        let conditions: [JSON] = scaler.list("status", "conditions")
        guard !conditions.isEmpty else { return }
        text.line(0, "Conditions:")
        text.line(1, "Type\tStatus\tReason\tMessage")
        text.line(1, "----\t------\t------\t-------")
        for condition in conditions {
            text.line(1, ["type", "status", "reason", "message"].map { condition.text(at: $0) }.joined(separator: "\t"))
        }
    }

    private static func write(_ metric: JSON, _ current: [JSON], _ text: inout DescribeText) {
        let kind: String = metric.text(at: "type")
        let member: String = kind.prefix(1).lowercased() + kind.dropFirst()
        let spec: JSON = metric[member] ?? [:]
        let name: String = spec["name"]?.string ?? spec.text(at: "metric", "name")
        let now: JSON? = current.first { other in
            other.text(at: "type") == kind && (other[[member, "name"]]?.string ?? other.text(at: member, "metric", "name")) == name
        }?[[member, "current"]]
        func amount(_ member: String) -> String { now?[member].map(GoText.of) ?? "<unknown>" }
        let wanted: JSON = spec["target"] ?? [:]
        switch kind {
        case "Resource", "ContainerResource":
            let place: String = kind == "Resource" ? "on pods" : "of container \(JSON.quoted(spec.text(at: "container"))) on pods"
            let title: String = "resource \(name) \(place)"
            if let value = wanted["averageValue"] {
                text.line(1, "\(title):\t\(amount("averageValue")) / \(GoText.of(value))")
            } else {
                let share: String = now?["averageUtilization"].map { "\(GoText.of($0))% (\(amount("averageValue")))" } ?? "<unknown>"
                let target: String = wanted["averageUtilization"].map { GoText.of($0) + "%" } ?? "<auto>"
                text.line(1, "\(title)  (as a percentage of request):\t\(share) / \(target)")
            }
        case "Pods": text.line(1, "\(JSON.quoted(name)) on pods:\t\(amount("averageValue")) / \(wanted.text(at: "averageValue"))")
        case "Object":
            let object: String = "\(spec.text(at: "describedObject", "kind"))/\(spec.text(at: "describedObject", "name"))"
            if let value = wanted["averageValue"] {
                text.line(1, "\(JSON.quoted(name)) on \(object) (target average value):\t\(amount("averageValue")) / \(GoText.of(value))")
            } else {
                text.line(1, "\(JSON.quoted(name)) on \(object) (target value):\t\(amount("value")) / \(wanted.text(at: "value"))")
            }
        case "External":
            if let value = wanted["averageValue"] {
                text.line(1, "\(JSON.quoted(name)) (target average value):\t\(amount("averageValue")) / \(GoText.of(value))")
            } else {
                text.line(1, "\(JSON.quoted(name)) (target value):\t\(amount("value")) / \(wanted.text(at: "value"))")
            }
        default: text.line(1, "<unknown metric type \(JSON.quoted(kind))>")
        }
    }

    private static func writeBehavior(_ behavior: JSON?, _ text: inout DescribeText) {
        guard let behavior else { return }
        text.line(0, "Behavior:")
        for (member, title) in [("scaleUp", "Scale Up"), ("scaleDown", "Scale Down")] {
            guard let rules = behavior[member] else { continue }
            text.line(1, "\(title):")
            if let window = rules["stabilizationWindowSeconds"] {
                text.line(2, "Stabilization Window: \(GoText.of(window)) seconds")
            }
            let policies: [JSON] = rules.list("policies")
            guard !policies.isEmpty else { continue }
            text.line(2, "Select Policy: \(rules["selectPolicy"]?.string ?? "Max")")
            text.line(2, "Policies:")
            for policy in policies {
                text.line(
                    3,
                    "- Type: \(policy.text(at: "type"))\tValue: \(policy.text(at: "value"))\tPeriod: \(policy.text(at: "periodSeconds")) seconds"
                )
            }
        }
    }
}
