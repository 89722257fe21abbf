import Machinery

/// Owner references that say the same twice are one. Source: `dedupOwnerReferencesAndAddWarning` of k8s.io/apiserver.
enum OwnerReferences {
    /// - Parameter isAdmitted: whether webhooks and the like have had the object.
    static func removeDuplicates(_ object: inout JSON, isAdmitted: Bool, _ call: Call) {
        guard let owners = object[["metadata", "ownerReferences"]]?.array, owners.count > 1 else { return }
        var kept: [JSON] = []
        var duplicates: [String] = []
        for owner in owners {
            if kept.contains(owner) { duplicates.append(owner["uid"]?.string ?? "") } else { kept.append(owner) }
        }
        guard !duplicates.isEmpty else { return }
        object[["metadata", "ownerReferences"]] = .array(kept)
        call.warnings.add(
            ".metadata.ownerReferences contains duplicate entries\(isAdmitted ? " after mutating admission happens" : ""); API server "
                + "dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; "
                + "duplicate UID(s) observed: \(duplicates.joined(separator: ", "))")
    }
}
