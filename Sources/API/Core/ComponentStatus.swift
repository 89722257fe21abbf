package import Machinery

/// Whether a part of the cluster is well. Nobody writes such objects: the server looks when it is asked.
package struct ComponentStatus: Kind {
    package static let definition = Definition(
        ComponentStatus(), "core.v1.ComponentStatus", "Whether a part of the cluster is well.")
    package static let names = KindNames(
        "ComponentStatus", group: "", plural: "componentstatuses", short: ["cs"], isNamespaced: false, verbs: [.get, .list])

    package static let deprecation: String? = "v1 ComponentStatus is deprecated in v1.19+"

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let conditions = Field<[ComponentCondition]>("conditions", 2, "What was found: Healthy.", .merge(key: "type"))

    package static let columns: [Column<ComponentStatus>] = [
        .name,
        Column("Status", .string, "Whether the part is well.") { component, _ in
            .string(component.healthy.map { $0.status == "True" ? "Healthy" : "Unhealthy" } ?? "Unknown")
        },
        Column("Message", .string, "What the part says of itself.") { component, _ in .string(component.healthy?.message ?? "") },
        Column("Error", .string, "Why it could not be asked.") { component, _ in .string(component.healthy?.error ?? "") },
    ]
}

extension View<ComponentStatus> {
    fileprivate var healthy: View<ComponentCondition>? { self.conditions.first { $0.type == "Healthy" } }
}

/// What was found of a part of the cluster.
package struct ComponentCondition: Schema {
    package static let definition = Definition(
        ComponentCondition(), "core.v1.ComponentCondition", "What was found of a part of the cluster.")

    package let type = Field<String>("type", 1, "Healthy.", .required)
    package let status = Field<String>("status", 2, "True, False or Unknown.", .required)
    package let message = Field<String>("message", 3, "What the part says of itself.")
    package let error = Field<String>("error", 4, "Why it could not be asked.")
}
