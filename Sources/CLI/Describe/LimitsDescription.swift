import Machinery

/// ResourceQuotas and LimitRanges.
enum LimitsDescription {
    /// Source: `helpTextForResourceQuotaScope` of k8s.io/kubectl/pkg/describe.
    private static let scopes: [String: String] = [
        "Terminating":
            "Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system.",
        "NotTerminating":
            "Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.",
        "BestEffort": "Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.",
        "NotBestEffort":
            "Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service.",
    ]

    static func writeQuota(_ quota: JSON, _ text: inout DescribeText) {
        text.field("Name", quota.text(at: "metadata", "name"))
        text.field("Namespace", quota.text(at: "metadata", "namespace"))
        let scopes: [String] = quota.list("spec", "scopes").compactMap(\.string).sorted()
        if !scopes.isEmpty {
            text.field("Scopes", scopes.joined(separator: ", "))
            for scope in scopes { if let meaning = Self.scopes[scope] { text.line(0, " * \(meaning)") } }
        }
        text.line(0, "Resource\tUsed\tHard")
        text.line(0, "--------\t----\t----")
        for amount in (quota[["status", "hard"]]?.object ?? [:]).sorted() {
            text.line(0, "\(amount.key)\t\(quota.text(at: "status", "used", amount.key))\t\(GoText.of(amount.value))")
        }
    }

    static func writeRange(_ range: JSON, _ text: inout DescribeText) {
        text.field("Name", range.text(at: "metadata", "name"))
        text.field("Namespace", range.text(at: "metadata", "namespace"))
        writeTable([range], prefix: "", &text)
    }

    /// - Parameter prefix: before each line.
    static func writeTable(_ ranges: [JSON], prefix: String, _ text: inout DescribeText) {
        text.line(0, prefix + "Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio")
        text.line(0, prefix + "----\t--------\t---\t---\t---------------\t-------------\t-----------------------")
        for limit in ranges.flatMap({ $0.list("spec", "limits") }) {
            let members: [String] = ["min", "max", "defaultRequest", "default", "maxLimitRequestRatio"]
            let names: Set<String> = Set(members.flatMap { limit[$0]?.object?.keys ?? [] })
            for name in names.sorted() {
                let cells: [String] = members.map { limit[[$0, name]].map(GoText.of) ?? "-" }
                text.line(0, prefix + ([limit.text(at: "type"), name] + cells).joined(separator: "\t"))
            }
        }
    }
}
