package import Machinery

/// Why an apply is refused.
package enum ApplyError: Error, Sendable {
    /// 409: another manager owns what the configuration changes.
    case conflict(ApplyConflict)
    /// 400
    case badRequest(String)
    /// 500, as in Kubernetes: the configuration does not fit the schema.
    case mismatch(String)
}

/// Fields that an apply would change and that other managers own.
package struct ApplyConflict: Error, Sendable, Hashable {
    package struct Conflict: Sendable, Hashable {
        package let owner: FieldOwnership.Owner
        /// When the owner last wrote.
        package let time: Time?
        /// `.spec.template.spec.containers[name="web"].image`
        package let field: String

        /// `"kubectl-client-side-apply" using apps/v1`
        package var ownerText: String {
            var text: String = JSON.quoted(owner.manager)
            if !owner.subresource.isEmpty { text += " with subresource " + JSON.quoted(owner.subresource) }
            if owner.operation == .update { text += " using " + owner.apiVersion }
            return text
        }

        /// The message of the cause in the Status; its reason is `FieldManagerConflict`, its field ``field``.
        package var message: String { "conflict with " + ownerText }
    }

    /// By owner, then in the order of the fields.
    package let conflicts: [Conflict]

    /// The message of the Status, in Kubernetes' words.
    package var message: String {
        if conflicts.count == 1, let conflict: Conflict = conflicts.first {
            return "Apply failed with 1 conflict: \(conflict.message): \(conflict.field)"
        }
        var lines: [String] = []
        for (index, conflict) in conflicts.enumerated() {
            if index == 0 || conflicts[index - 1].ownerText != conflict.ownerText {
                lines.append("conflicts with \(conflict.ownerText):")
            }
            lines.append("- " + conflict.field)
        }
        return "Apply failed with \(conflicts.count) conflicts: " + lines.joined(separator: "\n")
    }
}
