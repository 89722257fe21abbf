import API
import Machinery

/// Asks the webhooks of ValidatingWebhookConfigurations, all at the same time; the first refusal in their order counts.
///
/// Source: k8s.io/apiserver/pkg/admission/plugin/webhook/validating.
struct ValidatingWebhooks: AdmissionPlugin {
    static let name = "ValidatingAdmissionWebhook"
    let webhooks: Webhooks

    func validate(_ operation: AdmissionOperation, _ object: JSON?, old: JSON?, _ call: Call) throws(APIStatus) {
        guard call.webhookRun != nil else { return }
        let due: [WebhookTable.Match] = try webhooks.due(webhooks.validating, operation, object: object, old: old, call)
        var questions: [Webhooks.Question] = []
        for match in due where try webhooks.conditionsHold(match, operation, object, old, call) {
            questions.append(try webhooks.ask(match, operation, object: object, old: old, call))
        }
        var refusal: APIStatus?
        for question in questions {
            do throws(APIStatus) {
                _ = try question.response(mayPatch: false, call)
            } catch {
                refusal = refusal ?? error
            }
        }
        if let refusal { throw refusal }
    }
}
