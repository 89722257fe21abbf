package import Machinery

/// Which requests belong to which level of priority.
package struct FlowSchema: Kind {
    package static let definition = Definition(
        FlowSchema(), "flowcontrol.v1.FlowSchema", "Which requests belong to which level of priority.")
    package static let names = KindNames(
        "FlowSchema", group: "flowcontrol.apiserver.k8s.io", plural: "flowschemas", isNamespaced: false,
        subresources: [.status("FlowSchema", metadata: .kept)], tracksGeneration: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<FlowSchemaSpec>("spec", 2, "The requests and their level.")
    package let status = Field<FlowSchemaStatus>("status", 3, "Whether the level exists.")

    package static let columns: [Column<FlowSchema>] = [
        .name,
        Column("PriorityLevel", .string, "The level of the requests.") { schema, _ in
            .string(schema.spec.priorityLevelConfiguration.name)
        },
        .count("MatchingPrecedence", "Schemas with a lower number are tried first.") { $0.spec.matchingPrecedence },
        Column("DistinguisherMethod", .string, "How requests are told apart within the schema.") { schema, _ in
            .string(schema.spec.distinguisherMethod?.type ?? "<none>")
        },
        .age,
        Column("MissingPL", .string, "True when the level does not exist.") { schema, _ in
            .string(schema.status.conditions.first { $0.type == "Dangling" }?.status ?? "?")
        },
    ]

    /// Source: `ValidateFlowSchema` of pkg/apis/flowcontrol/validation.
    package static func validate(_ schema: View<FlowSchema>, _ path: Path, _ problems: inout Problems) {
        let name: String = schema.metadata.name
        if schema.spec.matchingPrecedence == 1, name != "exempt" {
            problems.invalid(
                path.child("spec").child("matchingPrecedence"), 1, "only the schema named 'exempt' may have matchingPrecedence 1")
        }
        if let fixed = FlowControlPresets.mandatorySchemas.first(where: { $0.metadata.name == name }), fixed.spec != schema.spec {
            problems.invalid(path.child("spec"), schema.spec.json, "spec of '\(name)' must equal the fixed value")
        }
    }
}

/// Requests and their level of priority.
package struct FlowSchemaSpec: Schema {
    package static let definition = Definition(
        FlowSchemaSpec(), "flowcontrol.v1.FlowSchemaSpec", "Requests and their level of priority.")

    package let priorityLevelConfiguration = Field<PriorityLevelConfigurationReference>(
        "priorityLevelConfiguration", 1, "The level.", .always)
    package let matchingPrecedence = Field<Int32>(
        "matchingPrecedence", 2, "1 to 10000: of the schemas that match a request the one with the lowest number counts. 1000 if absent."
    )
    package let distinguisherMethod = Field<FlowDistinguisherMethod?>(
        "distinguisherMethod", 3, "How requests are told apart within the schema; not at all if absent.")
    package let rules = Field<[PolicyRulesWithSubjects]>("rules", 4, "The requests; any rule will do, and none matches nothing.", .atomic)

    package static func setDefaults(_ spec: inout View<FlowSchemaSpec>) {
        if spec.matchingPrecedence == 0 { spec.matchingPrecedence = 1000 }
    }

    /// Source: `ValidateFlowSchemaSpec` of pkg/apis/flowcontrol/validation.
    package static func validate(_ spec: View<FlowSchemaSpec>, _ path: Path, _ problems: inout Problems) {
        let precedence: JSON = .int(Int64(spec.matchingPrecedence))
        if spec.matchingPrecedence <= 0 {
            problems.invalid(path.child("matchingPrecedence"), precedence, "must be a positive value")
        } else if spec.matchingPrecedence > 10_000 {
            problems.invalid(path.child("matchingPrecedence"), precedence, "must not be greater than 10000")
        }
        let name: String = spec.priorityLevelConfiguration.name
        let here: Path = path.child("priorityLevelConfiguration").child("name")
        if name.isEmpty {
            problems.required(here, "must reference a priority level")
        } else {
            for detail in Names.dns1123Subdomain(name) { problems.invalid(here, .string(name), detail) }
        }
    }
}

/// A level of priority, by name.
package struct PriorityLevelConfigurationReference: Schema {
    package static let definition = Definition(
        PriorityLevelConfigurationReference(), "flowcontrol.v1.PriorityLevelConfigurationReference", "A level of priority, by name.")

    package let name = Field<String>("name", 1, "Name of the level.", .always)
}

/// How requests are told apart within a schema.
package struct FlowDistinguisherMethod: Schema {
    package static let definition = Definition(
        FlowDistinguisherMethod(), "flowcontrol.v1.FlowDistinguisherMethod", "How requests are told apart within a schema.")

    package let type = Field<String>("type", 1, "ByUser or ByNamespace.", .always)

    package static func validate(_ method: View<FlowDistinguisherMethod>, _ path: Path, _ problems: inout Problems) {
        if method.type != "ByUser", method.type != "ByNamespace" {
            problems.notSupported(path.child("type"), .string(method.type), supported: ["ByNamespace", "ByUser"])
        }
    }
}

/// Whether the level of a schema exists.
package struct FlowSchemaStatus: Schema {
    package static let definition = Definition(
        FlowSchemaStatus(), "flowcontrol.v1.FlowSchemaStatus", "Whether the level of a schema exists.")

    package let conditions = Field<[FlowSchemaCondition]>("conditions", 1, "Aspects of the state.", .merge(key: "type"))
}

/// One aspect of a FlowSchema's state.
package struct FlowSchemaCondition: Schema {
    package static let definition = Definition(
        FlowSchemaCondition(), "flowcontrol.v1.FlowSchemaCondition", "One aspect of a FlowSchema's state.")

    package let type = Field<String>("type", 1, "Dangling says that the level does not exist.")
    package let status = Field<String>("status", 2, "True, False or Unknown.")
    package let lastTransitionTime = Field<Time?>("lastTransitionTime", 3, "When the status changed last.", .written)
    package let reason = Field<String>("reason", 4, "One word for why.")
    package let message = Field<String>("message", 5, "The same for people.")

    package static func validate(_ condition: View<FlowSchemaCondition>, _ path: Path, _ problems: inout Problems) {
        if condition.type.isEmpty { problems.required(path.child("type"), "must not be empty") }
    }
}
