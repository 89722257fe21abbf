import API
import Client
import Machinery

/// Says of each FlowSchema whether its level of priority exists. Reads FlowSchemas and PriorityLevelConfigurations; writes the condition
/// `Dangling`. Source: `syncFlowSchemaStatuses` of k8s.io/apiserver/pkg/util/flowcontrol/apf_controller.go.
struct FlowSchemaController: ObjectController {
    static let name = "flow-schema-controller"

    let context: ControllerContext
    private var levels: Informer<PriorityLevelConfiguration> { context.copy() }

    var others: [any ObjectCopy] { [levels] }

    func watchOthers(_ queue: WorkQueue) {
        levels.onChange { [objects] before, after in
            guard (before == nil) != (after == nil), let level = after ?? before else { return }
            for schema in objects.list() where schema.spec.priorityLevelConfiguration.name == level.name { queue.add(schema.key) }
        }
    }

    func reconcile(_ schema: View<FlowSchema>) async throws -> Duration? {
        let level: String = schema.spec.priorityLevelConfiguration.name
        guard
            let condition = Self.condition(
                schema, exists: levels.get(ObjectKey(namespace: "", name: level)) != nil, now: context.clock.time)
        else { return nil }
        do {
            objects.note(
                try await context.client.patch(
                    FlowSchema.self, schema.key, ["status": ["conditions": [condition]]], subresource: "status"))
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
