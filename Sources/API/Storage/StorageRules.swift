import Machinery

/// The rules that kinds of storage share. Source: pkg/apis/storage/validation.
enum StorageRules {
    private static let parameterLimit: Int = 512
    private static let parameterBytes: Int = 256 * 1024

    /// A qualified name in any case; that it is there is the field's own rule.
    static func validateProvisioner(_ name: String, _ path: Path, _ problems: inout Problems) {
        guard !name.isEmpty else { return }
        for detail in Names.qualifiedName(name.lowercased()) { problems.invalid(path, .string(name.lowercased()), detail) }
    }

    /// - Parameter mayBeEmpty: false wants one parameter at least.
    static func validateParameters(_ parameters: JSON?, mayBeEmpty: Bool = true, _ path: Path, _ problems: inout Problems) {
        let members: JSONObject = parameters?.object ?? [:]
        guard members.count <= parameterLimit else {
            return problems.tooLong(path, "may not be more than \(parameterLimit) bytes")
        }
        var size: Int = 0
        for member in members {
            if member.key.isEmpty { problems.invalid(path, "", "field can not be empty.") }
            size += member.key.utf8.count + (member.value.string?.utf8.count ?? 0)
        }
        if size > parameterBytes { problems.tooLong(path, "may not be more than \(parameterBytes) bytes") }
        if members.isEmpty, !mayBeEmpty { problems.required(path, "must contain at least one key/value pair") }
    }

    /// The name of a CSI driver: up to 63 bytes, a subdomain in any case. Source: `ValidateCSIDriverName` of pkg/apis/core/validation.
    static func validateDriver(_ name: String, _ path: Path, _ problems: inout Problems) {
        if name.isEmpty { problems.required(path) }
        if name.utf8.count > 63 { problems.tooLong(path, "may not be more than 63 bytes") }
        for detail in Names.dns1123Subdomain(name.lowercased()) { problems.invalid(path, .string(name), detail) }
    }
}
