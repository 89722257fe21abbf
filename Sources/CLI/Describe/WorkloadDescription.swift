import Machinery

/// Deployments, ReplicaSets, ReplicationControllers, DaemonSets and StatefulSets.
enum WorkloadDescription {
    static func writeDeployment(_ deployment: JSON, _ replicaSets: [JSON], _ text: inout DescribeText) {
        text.field("Name", deployment.text(at: "metadata", "name"))
        text.field("Namespace", deployment.text(at: "metadata", "namespace"))
        text.field("CreationTimestamp", DescribeText.date(deployment[["metadata", "creationTimestamp"]]))
        text.labels(deployment[["metadata", "labels"]])
        text.annotations(deployment[["metadata", "annotations"]])
        text.field("Selector", selector(deployment[["spec", "selector"]]))
        text.field(
            "Replicas",
            "\(deployment.number("spec", "replicas")) desired | \(deployment.number("status", "updatedReplicas")) updated | "
                + "\(deployment.number("status", "replicas")) total | \(deployment.number("status", "availableReplicas")) available | "
                + "\(deployment.number("status", "unavailableReplicas")) unavailable")
        text.field("StrategyType", deployment.text(at: "spec", "strategy", "type"))
        text.field("MinReadySeconds", "\(deployment.number("spec", "minReadySeconds"))")
        if let rolling = deployment[["spec", "strategy", "rollingUpdate"]] {
            text.field(
                "RollingUpdateStrategy", "\(rolling.text(at: "maxUnavailable")) max unavailable, \(rolling.text(at: "maxSurge")) max surge")
        }
        PodDescription.writeTemplate(deployment[["spec", "template"]] ?? [:], &text)
        conditions(deployment, &text)
        let shown: (JSON) -> String = {
            "\($0.text(at: "metadata", "name")) (\($0.number("status", "replicas"))/\($0.number("spec", "replicas")) replicas created)"
        }
        let newest: String = deployment.text(at: "metadata", "annotations", "deployment.kubernetes.io/revision")
        let isNew: (JSON) -> Bool = { $0.text(at: "metadata", "annotations", "deployment.kubernetes.io/revision") == newest }
        if replicaSets.isEmpty { return }
        let old: [JSON] = replicaSets.filter { !isNew($0) && $0.number("spec", "replicas") > 0 }
        text.field("OldReplicaSets", old.isEmpty ? "<none>" : old.map(shown).joined(separator: ", "))
        text.field("NewReplicaSet", replicaSets.first(where: isNew).map(shown) ?? "<none>")
    }

    static func writeReplicaSet(_ set: JSON, _ pods: [JSON], _ text: inout DescribeText) {
        text.field("Name", set.text(at: "metadata", "name"))
        text.field("Namespace", set.text(at: "metadata", "namespace"))
        text.field("Selector", selector(set[["spec", "selector"]]))
        text.labels(set[["metadata", "labels"]])
        text.annotations(set[["metadata", "annotations"]])
        owner(set, &text)
        text.field("Replicas", "\(set.number("status", "replicas")) current / \(set.number("spec", "replicas")) desired")
        text.field("Pods Status", status(pods))
        PodDescription.writeTemplate(set[["spec", "template"]] ?? [:], &text)
        conditions(set, &text)
    }

    static func writeDaemonSet(_ set: JSON, _ pods: [JSON], _ text: inout DescribeText) {
        text.field("Name", set.text(at: "metadata", "name"))
        text.field("Namespace", set.text(at: "metadata", "namespace"))
        text.field("Selector", selector(set[["spec", "selector"]]))
        text.field("Node-Selector", LabelText.joined(set[["spec", "template", "spec", "nodeSelector"]]))
        text.labels(set[["metadata", "labels"]])
        text.annotations(set[["metadata", "annotations"]])
        text.line(0, "Desired Number of Nodes Scheduled: \(set.number("status", "desiredNumberScheduled"))")
        text.line(0, "Current Number of Nodes Scheduled: \(set.number("status", "currentNumberScheduled"))")
        text.line(0, "Number of Nodes Scheduled with Up-to-date Pods: \(set.number("status", "updatedNumberScheduled"))")
        text.line(0, "Number of Nodes Scheduled with Available Pods: \(set.number("status", "numberAvailable"))")
        text.line(0, "Number of Nodes Misscheduled: \(set.number("status", "numberMisscheduled"))")
        text.field("Pods Status", status(pods))
        PodDescription.writeTemplate(set[["spec", "template"]] ?? [:], &text)
    }

    static func writeStatefulSet(_ set: JSON, _ pods: [JSON], _ text: inout DescribeText) {
        text.field("Name", set.text(at: "metadata", "name"))
        text.field("Namespace", set.text(at: "metadata", "namespace"))
        text.field("CreationTimestamp", DescribeText.date(set[["metadata", "creationTimestamp"]]))
        text.field("Selector", selector(set[["spec", "selector"]]))
        text.labels(set[["metadata", "labels"]])
        text.annotations(set[["metadata", "annotations"]])
        text.field("Service Name", set.text(at: "spec", "serviceName"))
        text.field("Pod Management Policy", set.text(at: "spec", "podManagementPolicy"))
        text.field("Replicas", "\(set.number("spec", "replicas")) desired | \(set.number("status", "replicas")) total")
        text.field("Update Strategy", set.text(at: "spec", "updateStrategy", "type"))
        if let rolling = set[["spec", "updateStrategy", "rollingUpdate"]] {
            text.line(1, "Partition:\t\(rolling.number("partition"))")
            if let most = rolling["maxUnavailable"] { text.line(1, "MaxUnavailable:\t\(GoText.of(most))") }
        }
        if let retention = set[["spec", "persistentVolumeClaimRetentionPolicy"]] {
            text.line(0, "Persistent Volume Claim Retention Policy:")
            text.line(1, "WhenDeleted:\t\(retention.text(at: "whenDeleted"))")
            text.line(1, "WhenScaled:\t\(retention.text(at: "whenScaled"))")
        }
        text.field("Pods Status", status(pods))
        PodDescription.writeTemplate(set[["spec", "template"]] ?? [:], &text)
        let claims: [JSON] = set.list("spec", "volumeClaimTemplates")
        text.line(0, claims.isEmpty ? "Volume Claims:\t<none>" : "Volume Claims:")
        for claim in claims {
            text.line(1, "Name:\t\(claim.text(at: "metadata", "name"))")
            text.line(1, "StorageClass:\t\(claim.text(at: "spec", "storageClassName"))")
            text.labels(claim[["metadata", "labels"]], level: 1)
            text.annotations(claim[["metadata", "annotations"]], level: 1)
            text.line(1, "Capacity:\t\(claim.text(at: "spec", "resources", "requests", "storage"))")
            text.line(1, "Access Modes:\t[\(claim.list("spec", "accessModes").compactMap(\.string).joined(separator: " "))]")
        }
    }

    /// `app=web,tier in (a,b)`
    static func selector(_ json: JSON?) -> String {
        guard let json else { return "<none>" }
        if json["matchLabels"] != nil || json["matchExpressions"] != nil {
            guard let match = try? LabelMatch(labelSelector: json) else { return "<error>" }
            return match.isEverything ? "<none>" : match.description
        }
        return LabelText.joined(json)
    }

    static func owner(_ object: JSON, _ text: inout DescribeText) {
        guard let owner = object.list("metadata", "ownerReferences").first(where: { $0["controller"]?.bool == true }) else { return }
        text.field("Controlled By", owner.text(at: "kind") + "/" + owner.text(at: "name"))
    }

    /// `2 Running / 1 Waiting / 0 Succeeded / 0 Failed`
    static func status(_ pods: [JSON]) -> String {
        func count(_ phase: String) -> Int { pods.filter { $0.text(at: "status", "phase") == phase }.count }
        return "\(count("Running")) Running / \(count("Pending")) Waiting / \(count("Succeeded")) Succeeded / \(count("Failed")) Failed"
    }

    static func conditions(_ object: JSON, _ text: inout DescribeText) {
        let conditions: [JSON] = object.list("status", "conditions")
        guard !conditions.isEmpty else { return }
        text.line(0, "Conditions:")
        text.line(1, "Type\tStatus\tReason")
        text.line(1, "----\t------\t------")
        for condition in conditions {
            text.line(1, "\(condition.text(at: "type")) \t\(condition.text(at: "status"))\t\(condition.text(at: "reason"))")
        }
    }
}
