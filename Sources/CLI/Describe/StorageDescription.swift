import Machinery

/// PersistentVolumes, their claims and classes.
enum StorageDescription {
    static func writeClaim(_ claim: JSON, _ pods: [JSON], _ text: inout DescribeText) {
        text.field("Name", claim.text(at: "metadata", "name"))
        text.field("Namespace", claim.text(at: "metadata", "namespace"))
        text.field("StorageClass", className(claim))
        text.field("Status", phase(claim, text))
        text.field("Volume", claim.text(at: "spec", "volumeName"))
        text.labels(claim[["metadata", "labels"]])
        text.annotations(claim[["metadata", "annotations"]])
        text.field("Finalizers", finalizers(claim))
        let isBound: Bool = !claim.text(at: "spec", "volumeName").isEmpty
        text.field("Capacity", isBound ? claim.text(at: "status", "capacity", "storage") : "")
        text.field("Access Modes", isBound ? accessModes(claim.list("status", "accessModes")) : "")
        if let mode = claim[["spec", "volumeMode"]]?.string { text.field("VolumeMode", mode) }
        if let source = claim[["spec", "dataSource"]] {
            text.line(0, "DataSource:")
            if let group = source["apiGroup"]?.string { text.line(1, "APIGroup:\t\(group)") }
            text.line(1, "Kind:\t\(source.text(at: "kind"))")
            text.line(1, "Name:\t\(source.text(at: "name"))")
        }
        let users: [String] = pods.map { $0.text(at: "metadata", "name") }
        if users.isEmpty { text.field("Used By", "<none>") }
        for (index, user) in users.enumerated() { text.line(0, "\(index == 0 ? "Used By:" : "")\t\(user)") }
        let conditions: [JSON] = claim.list("status", "conditions")
        guard !conditions.isEmpty else { return }
        text.line(0, "Conditions:")
        text.line(1, "Type\tStatus\tLastProbeTime\tLastTransitionTime\tReason\tMessage")
        text.line(1, "----\t------\t-----------------\t------------------\t------\t-------")
        for condition in conditions {
            text.line(
                1,
                [
                    condition.text(at: "type") + " ", condition.text(at: "status") + " ",
                    DescribeText.date(condition["lastProbeTime"]) + " ",
                    DescribeText.date(condition["lastTransitionTime"]) + " ", condition.text(at: "reason") + " ",
                    condition.text(at: "message"),
                ].joined(separator: "\t"))
        }
    }

    static func writeVolume(_ volume: JSON, _ text: inout DescribeText) {
        text.field("Name", volume.text(at: "metadata", "name"))
        text.labels(volume[["metadata", "labels"]])
        text.annotations(volume[["metadata", "annotations"]])
        text.field("Finalizers", finalizers(volume))
        text.field("StorageClass", className(volume))
        text.field("Status", phase(volume, text))
        let claim: JSON? = volume[["spec", "claimRef"]]
        text.field("Claim", claim.map { "\($0.text(at: "namespace"))/\($0.text(at: "name"))" } ?? "")
        text.field("Reclaim Policy", volume.text(at: "spec", "persistentVolumeReclaimPolicy"))
        text.field("Access Modes", accessModes(volume.list("spec", "accessModes")))
        if let mode = volume[["spec", "volumeMode"]]?.string { text.field("VolumeMode", mode) }
        text.field("Capacity", volume.text(at: "spec", "capacity", "storage"))
        writeAffinity(volume[["spec", "nodeAffinity"]], &text)
        text.field("Message", volume.text(at: "status", "message"))
        text.line(0, "Source:")
        let others: Set<String> = [
            "accessModes", "capacity", "claimRef", "mountOptions", "nodeAffinity", "persistentVolumeReclaimPolicy", "storageClassName",
            "volumeMode", "volumeAttributesClassName",
        ]
        for member in volume["spec"]?.object ?? [:] where !others.contains(member.key) {
            VolumeDescription.write(member.key, member.value, 2, &text)
        }
    }

    private static func writeAffinity(_ affinity: JSON?, _ text: inout DescribeText) {
        guard let affinity else { return text.field("Node Affinity", "<none>") }
        let terms: [JSON] = affinity.list("required", "nodeSelectorTerms")
        text.line(0, "Node Affinity:\t")
        text.line(1, "Required Terms:\t" + (terms.isEmpty ? "<none>" : ""))
        for (index, term) in terms.enumerated() {
            let requirements: [JSON] = term.list("matchExpressions") + term.list("matchFields")
            for (turn, requirement) in requirements.enumerated() {
                let values: String = requirement.list("values").compactMap(\.string).joined(separator: ", ")
                let shown: String =
                    "\(requirement.text(at: "key")) \(requirement.text(at: "operator").lowercased())"
                    + (values.isEmpty ? "" : " [\(values)]")
                text.line(2, "\(turn == 0 ? "Term \(index):" : "")\t\(shown)")
            }
        }
    }

    static func writeClass(_ storageClass: JSON, _ text: inout DescribeText) {
        text.field("Name", storageClass.text(at: "metadata", "name"))
        let annotations: JSON? = storageClass[["metadata", "annotations"]]
        let isDefault: Bool = ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"]
            .contains { annotations?[$0] == "true" }
        text.field("IsDefaultClass", isDefault ? "Yes" : "No")
        text.field("Annotations", LabelText.joined(annotations))
        text.field("Provisioner", storageClass.text(at: "provisioner"))
        text.field("Parameters", LabelText.joined(storageClass["parameters"]))
        text.field(
            "AllowVolumeExpansion", storageClass["allowVolumeExpansion"]?.bool.map { $0 ? "True" : "False" } ?? "<unset>")
        let options: [String] = storageClass.list("mountOptions").compactMap(\.string)
        if options.isEmpty {
            text.field("MountOptions", "<none>")
        } else {
            text.line(0, "MountOptions:")
            for option in options { text.line(1, option) }
        }
        if let policy = storageClass["reclaimPolicy"]?.string { text.field("ReclaimPolicy", policy) }
        if let mode = storageClass["volumeBindingMode"]?.string { text.field("VolumeBindingMode", mode) }
    }

    private static func className(_ object: JSON) -> String {
        object[["metadata", "annotations", "volume.beta.kubernetes.io/storage-class"]]?.string
            ?? object.text(at: "spec", "storageClassName")
    }

    private static func phase(_ object: JSON, _ text: DescribeText) -> String {
        guard let deleted = object[["metadata", "deletionTimestamp"]] else { return object.text(at: "status", "phase") }
        return "Terminating (lasts \(text.age(deleted)))"
    }

    private static func finalizers(_ object: JSON) -> String {
        "[" + object.list("metadata", "finalizers").compactMap(\.string).joined(separator: " ") + "]"
    }

    /// `RWO,ROX`
    private static func accessModes(_ modes: [JSON]) -> String {
        let short: [(String, String)] = [
            ("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP"),
        ]
        return short.filter { modes.contains(.string($0.0)) }.map(\.1).joined(separator: ",")
    }
}
