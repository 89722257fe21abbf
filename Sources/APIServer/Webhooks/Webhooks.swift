import API
import HTTP
import Machinery
import Store

/// The admission webhooks of the cluster: which requests they want to see, and how they are asked.
final class Webhooks: Sendable {
    private static let group = "admissionregistration.k8s.io"
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

    init(store: any Store, types: ServedTypes, dial: Dial?) {
        self.store = store
        self.types = types
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
        return table.matches(operation, call.type, call.request.subresource, equivalents: equivalents)
    }

    /// The webhooks that want to see this very object, in their order. Throws ``APIStatus`` (404) without the object's namespace.
    func due(
        _ table: WebhookTable, _ operation: AdmissionOperation, object: JSON?, old: JSON?, _ call: Call
    ) throws(APIStatus) -> [WebhookTable.Match] {
        var due: [WebhookTable.Match] = []
        for match in matches(table, operation, call) {
            let webhook: Webhook = match.webhook
            guard try selectsNamespace(webhook, operation, object, call), selectsObject(webhook, object, old) else { continue }
            due.append(match)
        }
        return due
    }

    private func selectsNamespace(
        _ webhook: Webhook, _ operation: AdmissionOperation, _ object: JSON?, _ call: Call
    ) throws(APIStatus) -> Bool {
        guard !webhook.namespaceSelector.isEverything else { return true }
        if call.isOf(Namespace.self) {
            if operation != .delete, call.request.subresource == nil {
                return webhook.namespaceSelector.matches(object?[["metadata", "labels"]])
            }
            return try webhook.namespaceSelector.matches(labels(ofNamespace: call.request.name ?? ""))
        }
        // Objects outside of namespaces are never exempt.
        guard let namespace = call.request.namespace else { return true }
        return try webhook.namespaceSelector.matches(labels(ofNamespace: namespace))
    }

    private func selectsObject(_ webhook: Webhook, _ object: JSON?, _ old: JSON?) -> Bool {
        guard !webhook.objectSelector.isEverything else { return true }
        return [object, old].contains { one in
            guard let one, !one.isNull else { return false }
            return webhook.objectSelector.matches(one[["metadata", "labels"]])
        }
    }

    private func labels(ofNamespace name: String) throws(APIStatus) -> [String: String] {
        let key: String = ObjectKeys.key(Namespace.names, namespace: nil, name: name)
        guard let index = store.newest(key)?.index as? ObjectIndex else { throw .notFound(Namespace.names, name) }
        return index.labels
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
            guard !webhook.hasMatchConditions else {
                throw WebhookFailure("its matchConditions are CEL expressions, which this version of swkube does not evaluate yet")
            }
            let target: WebhookAddress = try webhook.target()
            return Question(
                webhook: webhook, review: review, answer: client.begin(review.json, to: target, timeout: webhook.timeoutSeconds))
        } catch {
            return Question(webhook: webhook, review: review, failure: error)
        }
    }

    /// The other versions of a kind under which the same objects can be read.
    private func equivalents(_ type: ResourceType) -> [ResourceType] {
        types.all.filter { other in
            other.names.resource != type.names.resource && other.storedNames.resource == type.storedNames.resource
        }
    }
}

extension Webhooks {
    /// A webhook that was asked.
    struct Question: Sendable {
        let webhook: Webhook
        private let review: AdmissionReview
        private let answer: Result<WebhookAnswer, WebhookFailure>

        init(webhook: Webhook, review: AdmissionReview, answer: WebhookAnswer) {
            self.webhook = webhook
            self.review = review
            self.answer = .success(answer)
        }

        init(webhook: Webhook, review: AdmissionReview, failure: WebhookFailure) {
            self.webhook = webhook
            self.review = review
            answer = .failure(failure)
        }

        /// Waits for the answer. Nil when the webhook can't be asked and its configuration says that this is no matter.
        ///
        /// Throws ``APIStatus`` for a refusal, and (500) for a webhook that can't be asked.
        func response(mayPatch: Bool, _ call: Call) throws(APIStatus) -> AdmissionResponse? {
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
                guard !webhook.ignoresFailures else { return nil }
                throw .internalError("failed calling webhook \"\(webhook.name)\": \(error.description)")
            }
            for warning in response.warnings { call.warnings.add(warning) }
            for (key, value) in response.auditAnnotations { call.audit?.annotate(webhook.name + "/" + key, value) }
            guard response.isAllowed else { throw response.refusal(by: webhook.name) }
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
