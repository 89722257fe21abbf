package import Machinery

/// A former state of a DaemonSet or StatefulSet, to which it can be rolled back. Never changes.
package struct ControllerRevision: Kind {
    package static let definition = Definition(
        ControllerRevision(), "apps.v1.ControllerRevision", "A former state of a DaemonSet or StatefulSet, to which it can be rolled back.")
    package static let names = KindNames("ControllerRevision", group: "apps", plural: "controllerrevisions")

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let data = Field<JSON>("data", 2, "The state, in a form that its controller knows.", .immutable)
    package let revision = Field<Int64>("revision", 3, "Number of the revision; later ones are higher.", .always, .atLeast(0))

    package static let columns: [Column<ControllerRevision>] = [
        .name,
        Column("Controller", .string, "The object that the revision belongs to.") { revision, _ in
            guard let owner = revision.metadata.ownerReferences.first(where: { $0.controller == true }) else { return "<none>" }
            let group: Substring? = owner.apiVersion.contains("/") ? owner.apiVersion.split(separator: "/").first : nil
            let kind: String = owner.kind.lowercased() + (group.map { "." + $0 } ?? "")
            return .string("\(kind)/\(owner.name)")
        },
        .count("Revision", "Number of the revision.") { $0.revision },
        .age,
    ]

    package static func validate(_ revision: View<ControllerRevision>, _ path: Path, _ problems: inout Problems) {
        if revision.data.isNull { problems.required(path.child("data"), "data is mandatory") }
    }
}
