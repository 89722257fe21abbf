import API
import Machinery

/// Shows objects to the webhooks of MutatingWebhookConfigurations, one after the other, and makes the changes that they ask for.
///
/// Source: k8s.io/apiserver/pkg/admission/plugin/webhook/mutating.
struct MutatingWebhooks: AdmissionPlugin {
    static let name = "MutatingAdmissionWebhook"
    let webhooks: Webhooks

    func admit(_ operation: AdmissionOperation, _ object: inout JSON, old: JSON?, _ call: Call) throws(APIStatus) {
        guard let run = call.webhookRun else { return }
        run.enter(object)
        let shown: JSON? = operation == .delete ? nil : object
        for match in try webhooks.due(webhooks.mutating, operation, object: shown, old: old, call) where run.isDue(match.webhook) {
            guard try webhooks.conditionsHold(match, operation, operation == .delete ? nil : object, old, call) else { continue }
            let before: JSON = object
            let question: Webhooks.Question = try webhooks.ask(
                match, operation, object: operation == .delete ? nil : object, old: old, call)
            guard let response = try question.response(mayPatch: true, call) else { continue }
            if let patch = response.patch {
                guard operation != .delete else {
                    throw .internalError(
                        "admission webhook \"\(match.webhook.name)\" attempted to modify the object, which is not supported for this operation"
                    )
                }
                object = try patched(object, patch, match.type, call)
            }
            run.wasAsked(match.webhook, isChanged: object != before)
        }
        run.leave(object)
    }

    func follows(_ subject: AdmissionSubject) -> Bool { subject.names.group == Webhooks.group }

    func written(_ object: JSON, old: JSON?, _ call: Call) { webhooks.changed(call.names) }

    func removed(_ object: JSON, _ call: Call) { webhooks.changed(call.names) }

    /// The object after the patch, decoded and defaulted as one that a client sends.
    private func patched(_ object: JSON, _ patch: [UInt8], _ type: ResourceType, _ call: Call) throws(APIStatus) -> JSON {
        let body: ResourceType? = call.body.flatMap { body in Registry.bodyTypes.first { $0.names.kind == body.kind } }
        let rules: ObjectRules = (body ?? type).rules
        var changed: JSON
        do {
            let shown: JSON = try object.converted(from: call, to: type)
            changed = try JSONPatch(JSON(parsing: patch)).applied(to: shown)
            var findings = DecodingFindings()
            let names: (kind: JSON?, version: JSON?) = (changed["kind"], changed["apiVersion"])
            guard names == (shown["kind"], shown["apiVersion"]) else {
                func text(_ names: (JSON?, JSON?)) -> String { "\(names.1?.string ?? ""), Kind=\(names.0?.string ?? "")" }
                throw APIStatus.internalError(
                    "an admission webhook's patch made \(text(names)) of \(text((shown["kind"], shown["apiVersion"])))")
            }
            changed = try rules.decode(changed, &findings)
            changed["kind"] = names.kind
            changed["apiVersion"] = names.version
            rules.applyDefaults(&changed)
        } catch {
            throw error as? APIStatus ?? .internalError("\(error)")
        }
        return call.body == nil ? try changed.converted(from: type, to: call.type) : changed
    }
}
