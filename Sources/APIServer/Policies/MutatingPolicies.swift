import API
import CEL
import Machinery

/// Makes the changes of MutatingAdmissionPolicies to objects, one policy after the other, before the webhooks.
///
/// Source: k8s.io/apiserver/pkg/admission/plugin/policy/mutating.
struct MutatingPolicies: AdmissionPlugin {
    static let name = "MutatingAdmissionPolicy"
    let policies: AdmissionPolicies

    func admit(_ operation: AdmissionOperation, _ object: inout JSON, old: JSON?, _ call: Call) throws(APIStatus) {
        let shown: JSON? = operation == .delete ? nil : object
        let due: [AdmissionPolicies.Match] = try policies.due(policies.mutating, operation, object: shown, old: old, call)
        guard !due.isEmpty, shown != nil else { return }
        call.policyRun.enter(object)
        for match in due {
            let id = "\(match.policy.name)/\(match.binding?.name ?? "")/\(match.paramName)"
            guard call.policyRun.isDue(id) else { continue }
            let before: JSON = object
            do throws(PolicyInputs.Failure) {
                if let failure = match.failure { throw .evaluation(failure) }
                guard try change(match, operation, &object, old: old, call) else { continue }
            } catch {
                guard match.policy.ignoresFailures else { throw refusal(match, error.text, object, call) }
                continue
            }
            call.policyRun.wasApplied(id, isChanged: object != before, runsAgain: match.policy.runsAgain)
        }
        call.policyRun.leave(object)
    }

    /// False when the policy's conditions leave the object as it is.
    private func change(
        _ match: AdmissionPolicies.Match, _ operation: AdmissionOperation, _ object: inout JSON, old: JSON?, _ call: Call
    ) throws(PolicyInputs.Failure) -> Bool {
        let inputs: PolicyInputs
        var current: JSON
        do throws(APIStatus) {
            inputs = try policies.inputs(match, operation, object: object, old: old, call)
            current = try object.converted(from: call, to: match.type)
        } catch {
            throw .evaluation(error.message)
        }
        guard try inputs.match(match.policy.conditions) else { return false }
        for change in match.policy.changes {
            do throws(PolicyInputs.Failure) {
                current = try changed(current, change, match, inputs, call)
            } catch {
                // The changes before it and behind it stay.
                guard match.policy.ignoresFailures else { throw error }
            }
            inputs.show(current, variables: match.policy.variables)
        }
        do throws(APIStatus) {
            object = call.body == nil ? try current.converted(from: match.type, to: call.type) : current
        } catch {
            throw .evaluation(error.message)
        }
        return true
    }

    private func changed(
        _ object: JSON, _ change: AdmissionPolicy.Change, _ match: AdmissionPolicies.Match, _ inputs: PolicyInputs, _ call: Call
    ) throws(PolicyInputs.Failure) -> JSON {
        let value: Value = try inputs.evaluate(change.expression)
        let result: JSON
        do throws(PolicyChange.Failure) {
            result = try change.isPatch ? PolicyChange.patched(object, value) : PolicyChange.merged(object, value, match.type)
        } catch {
            throw .evaluation(error.text)
        }
        do throws(APIStatus) {
            return try completed(result, match.type, call)
        } catch {
            throw .evaluation(error.message)
        }
    }

    /// Decoded and defaulted as an object that a client sends.
    private func completed(_ object: JSON, _ type: ResourceType, _ call: Call) throws(APIStatus) -> JSON {
        let body: ResourceType? = call.body.flatMap { body in Registry.bodyTypes.first { $0.names.kind == body.kind } }
        let rules: ObjectRules = (body ?? type).rules
        var findings = DecodingFindings()
        let names: (kind: JSON?, version: JSON?) = (object["kind"], object["apiVersion"])
        do throws(DecodingError) {
            var changed: JSON = try rules.decode(object, &findings)
            changed["kind"] = names.kind
            changed["apiVersion"] = names.version
            rules.applyDefaults(&changed)
            return changed
        } catch {
            throw .internalError("\(error)")
        }
    }

    private func refusal(_ match: AdmissionPolicies.Match, _ text: String, _ object: JSON, _ call: Call) -> APIStatus {
        let name: String = call.request.name ?? object[["metadata", "name"]]?.string ?? ""
        let policy: String =
            match.binding.map { "policy '\(match.policy.name)' with binding '\($0.name)'" } ?? "policy \"\(match.policy.name)\""
        var status = APIStatus.forbidden(call.names, name, "")
        // As upstream, the text stands without the object's name, and the reason does not fit the code.
        status.message = "\(policy) denied request: \(text)"
        if match.failure == nil { status.reason = "Invalid" }
        status.details?.causes = [APIStatus.Cause(reason: "", message: status.message, field: "")]
        return status
    }

    func follows(_ subject: AdmissionSubject) -> Bool { subject.names.group == AdmissionPolicies.group }

    func written(_ object: JSON, old: JSON?, _ call: Call) { policies.changed(call.names) }

    func removed(_ object: JSON, _ call: Call) { policies.changed(call.names) }
}
