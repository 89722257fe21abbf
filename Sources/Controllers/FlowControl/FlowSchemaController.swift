import API
import Client
import Machinery

/// Says of each FlowSchema whether its level of priority exists. Reads FlowSchemas and PriorityLevelConfigurations; writes the condition
/// `Dangling`. Source: `syncFlowSchemaStatuses` of k8s.io/apiserver/pkg/util/flowcontrol/apf_controller.go.
struct FlowSchemaController: Controller {
    static let name = "flow-schema-controller"

    private let context: ControllerContext
    private let schemas: Informer<FlowSchema>
    private let levels: Informer<PriorityLevelConfiguration>

    init(_ context: ControllerContext) {
        self.context = context
        schemas = context.informers.informer()
        levels = context.informers.informer()
    }

    func watch(_ queue: WorkQueue) {
        schemas.onChange { _, after in
            if let after { queue.add(after.key) }
        }
        levels.onChange { [schemas] before, after in
            guard (before == nil) != (after == nil), let level = after ?? before else { return }
            for schema in schemas.list() where schema.spec.priorityLevelConfiguration.name == level.name { queue.add(schema.key) }
        }
    }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        await schemas.caughtUp()
        await levels.caughtUp()
        guard let schema = schemas.get(key) else { return nil }
        let level: String = schema.spec.priorityLevelConfiguration.name
        guard
            let condition = Self.condition(
                schema, exists: levels.get(ObjectKey(namespace: "", name: level)) != nil, now: context.clock.time)
        else { return nil }
        do {
            schemas.note(
                try await context.client.patch(
                    FlowSchema.self, key, ["status": ["conditions": [condition]]], as: .mergePatch, subresource: "status"))
        } catch let status as APIStatus where status.isNotFound {}
        return nil
    }

    /// The condition to write; nil when it stands there already. Pure.
    static func condition(_ schema: View<FlowSchema>, exists: Bool, now: Time) -> JSON? {
        let level: String = schema.spec.priorityLevelConfiguration.name
        let status: String = exists ? "False" : "True"
        let message: String =
            "This FlowSchema references the PriorityLevelConfiguration object named \(JSON.quoted(level)) "
            + (exists ? "and it exists" : "but there is no such object")
        let known = schema.status.conditions.first { $0.type == "Dangling" }
        if let known, known.status == status, known.message == message { return nil }
        let since: JSON = known.flatMap { $0.status == status ? $0.lastTransitionTime?.json : nil } ?? now.json
        return [
            "type": "Dangling", "status": .string(status), "lastTransitionTime": since, "reason": exists ? "Found" : "NotFound",
            "message": .string(message),
        ]
    }
}
