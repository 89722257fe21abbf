import Machinery

/// A namespace.
enum NamespaceDescription {
    static func write(_ namespace: JSON, _ text: inout DescribeText) {
        text.field("Name", namespace.text(at: "metadata", "name"))
        text.labels(namespace[["metadata", "labels"]])
        text.annotations(namespace[["metadata", "annotations"]])
        text.field("Status", namespace.text(at: "status", "phase"))
        let conditions: [JSON] = namespace.list("status", "conditions")
        if !conditions.isEmpty {
            text.line(0, "Conditions:")
            text.line(1, "Type\tStatus\tLastTransitionTime\tReason\tMessage")
            text.line(1, "----\t------\t------------------\t------\t-------")
            for condition in conditions {
                text.line(
                    1,
                    "\(condition.text(at: "type"))\t\(condition.text(at: "status"))\t\(DescribeText.date(condition["lastTransitionTime"]))\t"
                        + "\(condition.text(at: "reason"))\t\(condition.text(at: "message"))")
            }
        }
        text.breakColumns()
        text.line()
        text.line(0, "No resource quota.")
        text.line()
        text.line(0, "No LimitRange resource.")
    }
}
