import Machinery

/// Kinds that hold settings: ConfigMap, Secret, ServiceAccount, PodDisruptionBudget, PriorityClass.
enum DataDescription {
    private static func head(_ object: JSON, _ text: inout DescribeText) {
        text.field("Name", object.text(at: "metadata", "name"))
        text.field("Namespace", object.text(at: "metadata", "namespace"))
        text.labels(object[["metadata", "labels"]])
        text.annotations(object[["metadata", "annotations"]])
    }

    static func writeConfigMap(_ map: JSON, _ text: inout DescribeText) {
        head(map, &text)
        text.breakColumns()
        text.line()
        text.line(0, "Data")
        text.line(0, "====")
        for member in (map["data"]?.object ?? [:]).sorted() {
            text.line(0, member.key + ":")
            text.line(0, "----")
            for part in (member.value.string ?? "").split(separator: "\n", omittingEmptySubsequences: false) { text.line(0, String(part)) }
            text.line()
        }
        text.line()
        text.line(0, "BinaryData")
        text.line(0, "====")
        for member in (map["binaryData"]?.object ?? [:]).sorted() {
            text.line(0, "\(member.key): \(Base64Text.decode(member.value.string ?? "")?.count ?? 0) bytes")
        }
        text.line()
    }

    /// Sizes only; the values stay secret.
    static func writeSecret(_ secret: JSON, _ text: inout DescribeText) {
        head(secret, &text)
        text.breakColumns()
        text.line()
        text.line(0, "Type:\t\(secret.text(at: "type"))")
        text.line()
        text.line(0, "Data")
        text.line(0, "====")
        for member in (secret["data"]?.object ?? [:]).sorted() {
            let bytes: [UInt8] = Base64Text.decode(member.value.string ?? "") ?? []
            if member.key == "token", secret["type"] == "kubernetes.io/service-account-token" {
                text.line(0, "\(member.key):\t\(String(decoding: bytes, as: UTF8.self))")
            } else {
                text.line(0, "\(member.key):\t\(bytes.count) bytes")
            }
        }
    }

    static func writeServiceAccount(_ account: JSON, _ text: inout DescribeText) {
        head(account, &text)
        for (title, member) in [("Image pull secrets", "imagePullSecrets"), ("Mountable secrets", "secrets")] {
            let names: [String] = account.list(member).map { $0.text(at: "name") }
            if names.isEmpty, member == "imagePullSecrets" { text.field(title, "<none>") }
            for (index, name) in names.enumerated() { text.line(0, "\(index == 0 ? title + ":" : "")\t\(name)") }
        }
    }

    static func writeBudget(_ budget: JSON, _ text: inout DescribeText) {
        text.field("Name", budget.text(at: "metadata", "name"))
        text.field("Namespace", budget.text(at: "metadata", "namespace"))
        if let least = budget[["spec", "minAvailable"]] { text.field("Min available", GoText.of(least)) }
        if let most = budget[["spec", "maxUnavailable"]] { text.field("Max unavailable", GoText.of(most)) }
        text.field("Selector", WorkloadDescription.selector(budget[["spec", "selector"]]).replacingNone)
        text.line(0, "Status:")
        text.line(2, "Allowed disruptions:\t\(budget.number("status", "disruptionsAllowed"))")
        text.line(2, "Current:\t\(budget.number("status", "currentHealthy"))")
        text.line(2, "Desired:\t\(budget.number("status", "desiredHealthy"))")
        text.line(2, "Total:\t\(budget.number("status", "expectedPods"))")
    }

    static func writePriorityClass(_ priorityClass: JSON, _ text: inout DescribeText) {
        text.field("Name", priorityClass.text(at: "metadata", "name"))
        text.field("Value", "\(priorityClass.number("value"))")
        text.field("GlobalDefault", priorityClass["globalDefault"]?.bool == true ? "true" : "false")
        text.field("PreemptionPolicy", priorityClass.text(at: "preemptionPolicy"))
        text.field("Description", priorityClass.text(at: "description"))
        // The value of the last-applied annotation ends with a line break, which kubectl shows here, too.
        for part in "Annotations:\t\(LabelText.joined(priorityClass[["metadata", "annotations"]]))".split(
            separator: "\n", omittingEmptySubsequences: false)
        {
            text.line(0, String(part))
        }
    }
}

extension String {
    fileprivate var replacingNone: String { self == "<none>" ? "<unset>" : self }
}
