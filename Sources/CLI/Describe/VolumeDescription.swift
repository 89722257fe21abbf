import Machinery

/// The volumes of a pod or of a pod template.
enum VolumeDescription {
    static func write(_ volumes: [JSON], _ text: inout DescribeText, isTemplate: Bool = false) {
        if volumes.isEmpty { return text.line(isTemplate ? 1 : 0, "Volumes:\t<none>") }
        text.line(isTemplate ? 1 : 0, "Volumes:")
        for volume in volumes {
            text.line(1, "\(isTemplate ? " " : "")\(volume.text(at: "name")):")
            guard let source = (volume.object ?? [:]).first(where: { $0.key != "name" }) else {
                text.line(2, "<unknown>")
                continue
            }
            write(source.key, source.value, 2, &text)
        }
    }

    /// One source of data: its kind as the API names the member.
    static func write(_ kind: String, _ source: JSON, _ level: Int, _ text: inout DescribeText) {
        switch kind {
        case "emptyDir":
            text.line(level, "Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)")
            text.line(level, "Medium:\t\(source.text(at: "medium"))")
            text.line(level, "SizeLimit:\t\(source["sizeLimit"].map(GoText.of) ?? "<unset>")")
        case "configMap":
            text.line(level, "Type:\tConfigMap (a volume populated by a ConfigMap)")
            text.line(level, "Name:\t\(source.text(at: "name"))")
            text.line(level, "Optional:\t\(source["optional"]?.bool ?? false)")
        case "secret":
            text.line(level, "Type:\tSecret (a volume populated by a Secret)")
            text.line(level, "SecretName:\t\(source.text(at: "secretName"))")
            text.line(level, "Optional:\t\(source["optional"]?.bool ?? false)")
        case "hostPath":
            text.line(level, "Type:\tHostPath (bare host directory volume)")
            text.line(level, "Path:\t\(source.text(at: "path"))")
            text.line(level, "HostPathType:\t\(source.text(at: "type"))")
        case "persistentVolumeClaim":
            text.line(level, "Type:\tPersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)")
            text.line(level, "ClaimName:\t\(source.text(at: "claimName"))")
            text.line(level, "ReadOnly:\t\(source["readOnly"]?.bool ?? false)")
        case "downwardAPI":
            text.line(level, "Type:\tDownwardAPI (a volume populated by information about the pod)")
            text.line(level, "Items:")
            writeItems(source.list("items"), level + 1, &text)
        case "projected": writeProjected(source, level, &text)
        case "nfs":
            text.line(level, "Type:\tNFS (an NFS mount that lasts the lifetime of a pod)")
            text.line(level, "Server:\t\(source.text(at: "server"))")
            text.line(level, "Path:\t\(source.text(at: "path"))")
            text.line(level, "ReadOnly:\t\(source["readOnly"]?.bool ?? false)")
        case "csi": writeCSI(source, level, &text)
        case "image":
            text.line(level, "Type:\tImage (a container image or OCI artifact)")
            text.line(level, "Reference:\t\(source.text(at: "reference"))")
            text.line(level, "PullPolicy:\t\(source.text(at: "pullPolicy"))")
        default:
            text.line(level, "Type:\t\(kind.prefix(1).uppercased() + kind.dropFirst())")
            for member in (source.object ?? [:]).sorted() {
                text.line(level, "\(GenericDescription.label(of: member.key)):\t\(GoText.of(member.value))")
            }
        }
    }

    private static func writeCSI(_ source: JSON, _ level: Int, _ text: inout DescribeText) {
        text.line(level, "Type:\tCSI (a Container Storage Interface (CSI) volume source)")
        text.line(level, "Driver:\t\(source.text(at: "driver"))")
        text.line(level, "FSType:\t\(source.text(at: "fsType"))")
        // Of a PersistentVolume; a pod's own volume has none.
        if let handle = source["volumeHandle"]?.string { text.line(level, "VolumeHandle:\t\(handle)") }
        text.line(level, "ReadOnly:\t\(source["readOnly"]?.bool ?? false)")
        let attributes: [String] = (source["volumeAttributes"]?.object ?? [:]).sorted().map { "    \($0.key)=\(GoText.of($0.value))" }
        text.line(level, "VolumeAttributes:\t" + (attributes.first ?? "    <none>"))
        for attribute in attributes.dropFirst() { text.line(level, "    \t" + attribute) }
    }

    private static func writeProjected(_ source: JSON, _ level: Int, _ text: inout DescribeText) {
        text.line(level, "Type:\tProjected (a volume that contains injected data from multiple sources)")
        for part in source.list("sources") {
            if let secret = part["secret"] {
                text.line(level, "SecretName:\t\(secret.text(at: "name"))")
                text.line(level, "Optional:\t\(secret["optional"]?.bool ?? false)")
            } else if let map = part["configMap"] {
                text.line(level, "ConfigMapName:\t\(map.text(at: "name"))")
                text.line(level, "Optional:\t\(map["optional"]?.bool ?? false)")
            } else if let downward = part["downwardAPI"] {
                text.line(level, "DownwardAPI:\ttrue")
                if downward.list("items").isEmpty { continue }
            } else if let token = part["serviceAccountToken"] {
                text.line(level, "TokenExpirationSeconds:\t\(token.number("expirationSeconds"))")
            }
        }
    }

    private static func writeItems(_ items: [JSON], _ level: Int, _ text: inout DescribeText) {
        for item in items {
            let field: String = item.text(at: "fieldRef", "fieldPath")
            text.line(level, "\(field.isEmpty ? item.text(at: "resourceFieldRef", "resource") : field) -> \(item.text(at: "path"))")
        }
    }
}
