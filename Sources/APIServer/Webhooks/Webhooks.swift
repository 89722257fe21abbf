import API
import HTTP
import Machinery
import Store

/// The admission webhooks of the cluster: which requests they want to see, and how they are asked.
final class Webhooks: Sendable {
    static let group = "admissionregistration.k8s.io"
    /// Kinds of the group that no webhook sees, lest a broken one can't be taken away.
    private static let exempt: Set<String> = [
        "mutatingwebhookconfigurations", "validatingwebhookconfigurations", "validatingadmissionpolicies",
        "validatingadmissionpolicybindings", "mutatingadmissionpolicies", "mutatingadmissionpolicybindings",
    ]

    let mutating: WebhookTable
    let validating: WebhookTable
    let client: WebhookClient
    private let store: any Store
    private let types: ServedTypes
    private let authorizer: Authorizer
    private let metrics: WebhookMetrics

    init(store: any Store, types: ServedTypes, authorizer: Authorizer, metrics: Metrics, dial: Dial?) {
        self.metrics = WebhookMetrics(metrics)
        self.store = store
        self.types = types
        self.authorizer = authorizer
        client = WebhookClient(store: store, dial: dial)
        mutating = WebhookTable(store: store, prefix: Self.group + "/mutatingwebhookconfigurations/")
        validating = WebhookTable(store: store, prefix: Self.group + "/validatingwebhookconfigurations/")
    }

    /// True when the rules of a webhook match the request, so that it may have to wait.
    func areAsked(about call: Call) -> Bool {
        let operations: [AdmissionOperation]
        switch call.request.verb {
        case _ where ConnectOptions.kinds[call.request.subresource ?? ""] != nil: operations = [.connect]
        case .get, .list, .watch: return false
        case .create: operations = [.create]
        case .update: operations = [.update]
        case .patch: operations = call.request.contentType == .applyYAML ? [.update, .create] : [.update]
        case .delete, .deletecollection: operations = [.delete]
        }
        return operations.contains { !matches(mutating, $0, call).isEmpty || !matches(validating, $0, call).isEmpty }
    }

    /// A configuration was written or removed.
    func changed(_ names: KindNames) {
        guard names.group == Self.group else { return }
        mutating.forget()
        validating.forget()
    }

    private func matches(_ table: WebhookTable, _ operation: AdmissionOperation, _ call: Call) -> [WebhookTable.Match] {
        if call.names.group == Self.group, Self.exempt.contains(call.names.plural) { return [] }
        return table.matches(operation, call.type, call.request.subresource, equivalents: { types.equivalents(of: $0) })
    }

    /// The webhooks that want to see this very object if their conditions hold, in their order. Throws ``APIStatus`` (404) without the object's namespace.
    func due(
        _ table: WebhookTable, _ operation: AdmissionOperation, object: JSON?, old: JSON?, _ call: Call
    ) throws(APIStatus) -> [WebhookTable.Match] {
        var due: [WebhookTable.Match] = []
        for match in matches(table, operation, call) {
            let webhook: Webhook = match.webhook
            guard try RequestSelection.namespace(webhook.namespaceSelector, operation, object, call, store),
                RequestSelection.object(webhook.objectSelector, object, old)
            else { continue }
            due.append(match)
        }
        return due
    }

    /// Whether a webhook's conditions hold for the object as it is now. Throws ``APIStatus`` (403) where that can't be told.
    ///
    /// Source: k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions.
    func conditionsHold(
        _ match: WebhookTable.Match, _ operation: AdmissionOperation, _ object: JSON?, _ old: JSON?, _ call: Call
    ) throws(APIStatus) -> Bool {
        guard !match.webhook.conditions.isEmpty else { return true }
        let shown: JSON? = try object?.converted(from: call, to: match.type)
        let inputs = PolicyInputs(
            object: shown, old: try old?.converted(from: call, to: match.type),
            request: AdmissionReview.request(operation, object: shown, as: match.type, call), namespace: nil,
            judge: PolicyJudge(authorizer: authorizer, user: call.user), resource: PolicyJudge.resource(of: call), params: nil,
            variables: [:], budget: PolicyInputs.conditionBudget)
        do throws(PolicyInputs.Failure) {
            return try inputs.match(match.webhook.conditions)
        } catch {
            guard !match.webhook.ignoresFailures else { return false }
            let name: String = call.request.name ?? object?[["metadata", "name"]]?.string ?? ""
            throw .forbidden(call.names, name, error.text)
        }
    }

    // MARK: - Asking

    /// Sends the question. Throws ``APIStatus`` for a webhook that a dry run must not ask, ``WebhookFailure`` within the answer.
    func ask(
        _ match: WebhookTable.Match, _ operation: AdmissionOperation, object: JSON?, old: JSON?, _ call: Call
    ) throws(APIStatus) -> Question {
        let webhook: Webhook = match.webhook
        if call.options.dryRun, !webhook.hasNoSideEffects {
            throw .badRequest("admission webhook \"\(webhook.name)\" does not support dry run")
        }
        let review = AdmissionReview(
            operation, object: try object?.converted(from: call, to: match.type), old: try old?.converted(from: call, to: match.type),
            as: match.type, call)
        do throws(WebhookFailure) {
            let target: WebhookAddress = try webhook.target()
            return Question(
                webhook, review, operation,
                .success(client.begin(review.json, to: target, timeout: webhook.timeoutSeconds, for: call.span)), metrics)
        } catch {
            return Question(webhook, review, operation, .failure(error), metrics)
        }
    }
}

extension Webhooks {
    /// A webhook that was asked.
    struct Question: Sendable {
        let webhook: Webhook
        private let review: AdmissionReview
        private let operation: AdmissionOperation
        private let answer: Result<WebhookAnswer, WebhookFailure>
        private let metrics: WebhookMetrics
        private let began: ContinuousClock.Instant = .now

        init(
            _ webhook: Webhook, _ review: AdmissionReview, _ operation: AdmissionOperation, _ answer: Result<WebhookAnswer, WebhookFailure>,
            _ metrics: WebhookMetrics
        ) {
            self.webhook = webhook
            self.review = review
            self.operation = operation
            self.answer = answer
            self.metrics = metrics
        }

        /// Waits for the answer. Nil when the webhook can't be asked and its configuration says that this is no matter.
        ///
        /// Throws ``APIStatus`` for a refusal, and (500) for a webhook that can't be asked.
        func response(mayPatch: Bool, _ call: Call) throws(APIStatus) -> AdmissionResponse? {
            var isRejected = true
            defer {
                let labels = AdmissionMetrics.Labels(step: mayPatch ? .admit : .validate, operation: operation, isRejected: isRejected)
                let duration: Duration = began.duration(to: .now)
                metrics.observe(webhook.name, labels, duration)
                call.meter?.waited(duration)
                call.span?.did(
                    "Call \(mayPatch ? "mutating" : "validating") webhook", since: began, kind: .client, [("webhook", .text(webhook.name))],
                    hasFailed: isRejected)
            }
            let response: AdmissionResponse
            do throws(WebhookFailure) {
                let sent: WebhookAnswer = try answer.get()
                let json: JSON
                do throws(WebhookFailure) {
                    json = try sent.wait()
                } catch {
                    throw WebhookFailure("failed to call webhook: " + error.description)
                }
                response = try AdmissionResponse(json, to: review, mayPatch: mayPatch)
            } catch {
                guard !webhook.ignoresFailures else {
                    isRejected = false
                    return nil
                }
                throw .internalError("failed calling webhook \"\(webhook.name)\": \(error.description)")
            }
            for warning in response.warnings { call.warnings.add(warning) }
            for (key, value) in response.auditAnnotations { call.audit?.annotate(webhook.name + "/" + key, value) }
            guard response.isAllowed else { throw response.refusal(by: webhook.name) }
            isRejected = false
            return response
        }
    }
}

extension JSON {
    /// The object of a call in another version of its kind. Bodies of subresources have one version only.
    func converted(from call: Call, to type: ResourceType) throws(APIStatus) -> JSON {
        call.body == nil ? try converted(from: call.type, to: type) : self
    }

    func converted(from: ResourceType, to: ResourceType) throws(APIStatus) -> JSON {
        guard from !== to else { return self }
        let stored: JSON = try from.conversion?.toStored(self) ?? self
        guard let conversion = to.conversion else { return stored }
        guard let served = try conversion.toServed([stored]).first else {
            throw .internalError("the conversion to \(to.names.apiVersion) gave no object")
        }
        return served
    }
}
