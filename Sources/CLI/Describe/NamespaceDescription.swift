import Machinery

/// A namespace.
enum NamespaceDescription {
    /// - Parameter quotas: its ResourceQuotas; nil when the server knows no such kind. The same for limit ranges.
    static func write(_ namespace: JSON, _ quotas: [JSON]?, _ limitRanges: [JSON]?, _ text: inout DescribeText) {
        text.field("Name", namespace.text(at: "metadata", "name"))
        text.labels(namespace[["metadata", "labels"]])
        text.annotations(namespace[["metadata", "annotations"]])
        text.field("Status", namespace.text(at: "status", "phase"))
        let conditions: [JSON] = namespace.list("status", "conditions")
        if !conditions.isEmpty {
            text.line(0, "Conditions:")
            text.conditions(conditions)
        }
        text.breakColumns()
        if let quotas { write(quotas, &text) }
        if let limitRanges {
            text.line()
            text.line(0, limitRanges.isEmpty ? "No LimitRange resource." : "Resource Limits")
            if !limitRanges.isEmpty { LimitsDescription.writeTable(limitRanges, prefix: " ", &text) }
        }
    }

    private static func write(_ quotas: [JSON], _ text: inout DescribeText) {
        text.line()
        if quotas.isEmpty { return text.line(0, "No resource quota.") }
        text.line(0, "Resource Quotas")
        for quota in quotas {
            text.line(1, "Name:\t\(quota.text(at: "metadata", "name"))")
            text.line(1, "Resource\tUsed\tHard")
            text.line(1, "--------\t---\t---")
            for amount in (quota[["status", "hard"]]?.object ?? [:]).sorted() {
                text.line(1, "\(amount.key)\t\(quota.text(at: "status", "used", amount.key))\t\(GoText.of(amount.value))")
            }
        }
    }
}
