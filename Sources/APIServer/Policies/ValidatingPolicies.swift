import API
import CEL
import Machinery

/// Asks ValidatingAdmissionPolicies about objects, last before the store.
///
/// Source: k8s.io/apiserver/pkg/admission/plugin/policy/validating.
struct ValidatingPolicies: AdmissionPlugin {
    static let name = "ValidatingAdmissionPolicy"
    let policies: AdmissionPolicies
    let metrics: PolicyMetrics

    /// Bytes of a message that an expression makes, and of a note for the audit.
    private static let textLimit = 5 * 1024

    private struct Refusal {
        let message: String
        let reason: String
        var fault: PolicyMetrics.Fault = .none
        /// What it took to find out.
        var duration: Duration = .zero
        /// Of the rule that is broken.
        var index: Int?
    }

    func validate(_ operation: AdmissionOperation, _ object: JSON?, old: JSON?, _ call: Call) throws(APIStatus) {
        let due: [AdmissionPolicies.Match] = try policies.due(policies.validating, operation, object: object, old: old, call)
        guard !due.isEmpty else { return }
        var refusal: Refusal?
        var failures: [JSON] = []
        for match in due {
            for (index, found) in try refusals(match, operation, object: object, old: old, call).enumerated() {
                let policy = "ValidatingAdmissionPolicy '\(match.policy.name)'"
                guard let binding = match.binding else {
                    refusal = refusal ?? Refusal(message: "\(policy) denied request: \(found.message)", reason: found.reason)
                    continue
                }
                func observe(_ action: PolicyMetrics.Action) {
                    metrics.observe(action, found.fault, match.policy.name, binding.name, found.duration)
                }
                if binding.actions.contains("Deny") {
                    observe(.deny)
                    refusal =
                        refusal
                        ?? Refusal(
                            message: "\(policy) with binding '\(binding.name)' denied request: \(found.message)", reason: found.reason)
                }
                if binding.actions.contains("Warn") {
                    observe(.warn)
                    call.warnings.add("Validation failed for \(policy) with binding '\(binding.name)': \(found.message)")
                }
                if binding.actions.contains("Audit") {
                    observe(.audit)
                    failures.append([
                        "message": .string(found.message), "policy": .string(match.policy.name), "binding": .string(binding.name),
                        "expressionIndex": .int(Int64(found.index ?? index)),
                        "validationActions": .array(binding.actions.sorted().map { .string($0) }),
                    ])
                }
            }
        }
        noteFailures(failures, call)
        if let refusal { throw Self.status(refusal, object, call) }
    }

    func follows(_ subject: AdmissionSubject) -> Bool { subject.names.group == AdmissionPolicies.group }

    func written(_ object: JSON, old: JSON?, _ call: Call) { policies.changed(call.names) }

    func removed(_ object: JSON, _ call: Call) { policies.changed(call.names) }

    private static func status(_ refusal: Refusal, _ object: JSON?, _ call: Call) -> APIStatus {
        let name: String = call.request.name ?? object?[["metadata", "name"]]?.string ?? ""
        var status = APIStatus.forbidden(call.names, name, refusal.message)
        status.reason = refusal.reason
        switch refusal.reason {
        case "Unauthorized": status.code = 401
        case "Forbidden": status.code = 403
        case "RequestEntityTooLarge": status.code = 413
        default: status.code = 422
        }
        status.details?.causes = [APIStatus.Cause(reason: "", message: refusal.message, field: "")]
        return status
    }

    // MARK: - One policy

    /// Why a policy refuses the request; several times where several rules are broken.
    private func refusals(
        _ match: AdmissionPolicies.Match, _ operation: AdmissionOperation, object: JSON?, old: JSON?, _ call: Call
    ) throws(APIStatus) -> [Refusal] {
        let policy: AdmissionPolicy = match.policy
        var began: ContinuousClock.Instant = .now
        func failed(_ text: String, _ fault: PolicyMetrics.Fault) -> [Refusal] {
            let duration: Duration = began.duration(to: .now)
            guard policy.ignoresFailures else { return [Refusal(message: text, reason: "Invalid", fault: fault, duration: duration)] }
            metrics.observe(.allow, fault, policy.name, match.binding?.name ?? "", duration)
            return []
        }
        if let failure = match.failure {
            return failed("failed to configure \(match.binding == nil ? "policy" : "binding"): " + failure, .evaluation)
        }
        let inputs: PolicyInputs = try policies.inputs(match, operation, object: object, old: old, call)
        do throws(PolicyInputs.Failure) {
            guard try inputs.match(policy.conditions) else { return [] }
        } catch {
            return failed(error.text, error.fault)
        }
        var refusals: [Refusal] = []
        for (index, rule) in policy.rules.enumerated() {
            began = .now
            do throws(PolicyInputs.Failure) {
                if case .bool(true) = try inputs.evaluate(rule.expression) { continue }
                let duration: Duration = began.duration(to: .now)
                refusals.append(Refusal(message: message(rule, inputs), reason: rule.reason, duration: duration, index: index))
            } catch {
                refusals += failed(error.text, error.fault)
                if case .exhausted = error { return refusals }
            }
        }
        for annotation in policy.annotations {
            began = .now
            do throws(PolicyInputs.Failure) {
                guard case .string(let text) = try inputs.evaluate(annotation.expression) else { continue }
                note("\(policy.name)/\(annotation.key)", Self.cut(text), call)
            } catch {
                refusals += failed(error.text, error.fault)
                if case .exhausted = error { return refusals }
            }
        }
        return refusals
    }

    private func message(_ rule: AdmissionPolicy.Rule, _ inputs: PolicyInputs) -> String {
        if let expression = rule.messageExpression, let value = try? inputs.evaluate(expression), case .string(let text) = value {
            let trimmed = String(text[...].trimmed)
            if !trimmed.isEmpty, trimmed.utf8.count <= Self.textLimit, !trimmed.contains("\n") { return trimmed }
        }
        let message = String(rule.message[...].trimmed)
        return message.isEmpty ? "failed expression: " + rule.expression.text[...].trimmed : message
    }

    /// At most as many bytes as a note may have.
    private static func cut(_ text: String) -> String {
        guard text.utf8.count > textLimit else { return text }
        var cut = Array(text.utf8.prefix(textLimit))
        while String(validating: cut, as: UTF8.self) == nil, !cut.isEmpty { cut.removeLast() }
        return String(decoding: cut, as: UTF8.self)
    }

    /// Notes something of the request for the audit.
    private func note(_ key: String, _ value: String, _ call: Call) { call.annotate?(key, value) }

    /// The note that a binding with `Audit` makes of a broken rule. Source: `ValidationFailureValue` of
    /// k8s.io/apiserver/pkg/admission/plugin/policy/validating.
    private func noteFailures(_ failures: [JSON], _ call: Call) {
        guard !failures.isEmpty else { return }
        note("validation.policy.admission.k8s.io/validation_failure", JSON.array(failures).text(), call)
    }
}
