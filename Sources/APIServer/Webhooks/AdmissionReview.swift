import API
import FoundationEssentials
import Machinery

/// The question to a webhook and its answer: `AdmissionReview` of admission.k8s.io/v1.
struct AdmissionReview: Sendable {
    let uid: String
    let json: JSON

    /// - Parameters:
    ///   - type: the version of the kind that the webhook asked for; the call's own where it did not ask for another.
    ///   - object: nil for a deletion, `old` for a creation; both in the form of `type`.
    init(_ operation: AdmissionOperation, object: JSON?, old: JSON?, as type: ResourceType, _ call: Call) {
        uid = RandomUUID.text()
        var review: JSON = Self.request(operation, object: object, as: type, call, uid: uid)
        review["object"] = object ?? .null
        review["oldObject"] = old ?? .null
        // As upstream orders them, for whoever reads the bytes.
        for member in ["dryRun", "options"] {
            let value: JSON? = review[member]
            review[member] = nil
            review[member] = value
        }
        json = ["kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": review]
    }

    /// The question without the objects, as expressions see it too.
    static func request(
        _ operation: AdmissionOperation, object: JSON?, as type: ResourceType, _ call: Call, uid: String = ""
    ) -> JSON {
        let request: APIRequest = call.request
        let subresource: JSON? = request.subresource.map { .string($0) }
        let body: JSON? = call.body.map { Self.kind($0) }
        var review: JSON = [
            "uid": .string(uid), "kind": body ?? Self.kind(type.names), "resource": Self.resource(type.names.resource),
        ]
        review["subResource"] = subresource
        review["requestKind"] = body ?? Self.kind(call.names)
        review["requestResource"] = Self.resource(call.names.resource)
        review["requestSubResource"] = subresource
        let name: String = request.name ?? (request.verb == .deletecollection ? "" : object?[["metadata", "name"]]?.string ?? "")
        if !name.isEmpty { review["name"] = .string(name) }
        // A Namespace stands in itself here.
        let isNamespace: Bool = call.isOf(Namespace.self)
        if let namespace = isNamespace ? name : request.namespace, !namespace.isEmpty { review["namespace"] = .string(namespace) }
        review["operation"] = .string(operation.rawValue)
        review["userInfo"] = Self.userInfo(call.user)
        review["dryRun"] = .bool(call.options.dryRun)
        review["options"] = Self.options(operation, call)
        return review
    }

    private static func kind(_ names: KindNames) -> JSON {
        ["group": .string(names.group), "version": .string(names.version), "kind": .string(names.kind)]
    }

    private static func resource(_ resource: GroupVersionResource) -> JSON {
        ["group": .string(resource.group), "version": .string(resource.version), "resource": .string(resource.resource)]
    }

    private static func userInfo(_ user: UserInfo) -> JSON {
        var json: JSON = ["username": .string(user.name)]
        if !user.uid.isEmpty { json["uid"] = .string(user.uid) }
        if !user.groups.isEmpty { json["groups"] = .array(user.groups.map { .string($0) }) }
        if !user.extra.isEmpty {
            json["extra"] = .object(
                JSONObject(user.extra.sorted { $0.key < $1.key }.map { ($0.key, .array($0.value.map { .string($0) })) }))
        }
        return json
    }

    /// The options of the operation that is performed, which for a patch is another one than the request's.
    private static func options(_ operation: AdmissionOperation, _ call: Call) -> JSON {
        let options: RequestOptions = call.options
        // The options of a connection are its object.
        guard operation != .connect else { return .null }
        func words(_ kind: String) -> JSON { ["kind": .string(kind), "apiVersion": "meta.k8s.io/v1"] }
        if operation == .delete {
            var json: JSON = words("DeleteOptions")
            var complaints = BodyComplaints()
            let body: JSON? =
                call.request.body.isEmpty
                ? nil
                : try? BodyReader.parse(
                    call.request.body, call.request.contentType, DeleteOptions.definition.schema, complaints: &complaints)
            for member in body?.object?.members ?? [] where !["kind", "apiVersion"].contains(member.key) { json[member.key] = member.value }
            if json["gracePeriodSeconds"] == nil, let seconds = options.gracePeriodSeconds {
                json["gracePeriodSeconds"] = .int(Int64(seconds))
            }
            if json["propagationPolicy"] == nil, let policy = options.propagationPolicy { json["propagationPolicy"] = .string(policy) }
            if json["dryRun"] == nil, options.dryRun { json["dryRun"] = ["All"] }
            return json
        }
        var json: JSON = words(operation == .create ? "CreateOptions" : "UpdateOptions")
        if options.dryRun { json["dryRun"] = ["All"] }
        if let manager = options.fieldManager { json["fieldManager"] = .string(manager) }
        if let validation = options.fieldValidation { json["fieldValidation"] = .string(validation) }
        return json
    }
}

/// What a webhook said.
struct AdmissionResponse: Sendable {
    let isAllowed: Bool
    /// `status` of a refusal.
    let status: JSON?
    let warnings: [String]
    /// Notes for the audit.
    let auditAnnotations: [(key: String, value: String)]
    /// Bytes of a JSON patch; nil when nothing is to be changed.
    let patch: [UInt8]?

    /// Throws ``WebhookFailure`` for what is no answer to this question. Source: `VerifyAdmissionResponse` of
    /// k8s.io/apiserver/pkg/admission/plugin/webhook/request.
    init(_ json: JSON, to review: AdmissionReview, mayPatch: Bool) throws(WebhookFailure) {
        func invalid(_ why: String) -> WebhookFailure { WebhookFailure("received invalid webhook response: " + why) }
        guard let response = json["response"], response.object != nil else { throw invalid("webhook response was absent") }
        let uid: String = response["uid"]?.string ?? ""
        guard uid == review.uid else { throw invalid("expected response.uid=\"\(review.uid)\", got \"\(uid)\"") }
        let (version, kind): (String, String) = (json["apiVersion"]?.string ?? "", json["kind"]?.string ?? "")
        guard version == "admission.k8s.io/v1", kind == "AdmissionReview" else {
            let found: String = version.contains("/") ? version : "/" + version
            throw invalid("expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got \(found), Kind=\(kind)")
        }
        let text: String = response["patch"]?.string ?? ""
        let type: String? = response["patchType"]?.string
        if mayPatch {
            if !text.isEmpty, type == nil { throw invalid("webhook returned response.patch but not response.patchType") }
            if text.isEmpty, type != nil { throw invalid("webhook returned response.patchType but not response.patch") }
            if type == "" { throw invalid("webhook returned invalid response.patchType of \"\"") }
        } else {
            if !text.isEmpty { throw invalid("validating webhook may not return response.patch") }
            if type != nil { throw invalid("validating webhook may not return response.patchType") }
        }
        if let type, type != "JSONPatch" { throw WebhookFailure("unsupported patch type \"\(type)\"") }
        if text.isEmpty {
            patch = nil
        } else {
            guard let bytes = Base64Text.decode(text) else { throw invalid("response.patch is not base64") }
            patch = bytes
        }
        isAllowed = response["allowed"]?.bool ?? false
        status = response["status"]
        warnings = (response["warnings"]?.array ?? []).compactMap(\.string)
        auditAnnotations = (response["auditAnnotations"]?.object.map { Array($0) } ?? []).compactMap { note in
            note.value.string.map { (note.key, $0) }
        }
    }

    /// The refusal in the words of the webhook. Source: `ToStatusErr` of k8s.io/apiserver/pkg/admission/plugin/webhook/errors.
    func refusal(by webhook: String) -> APIStatus {
        let denied: String = "admission webhook \"\(webhook)\" denied the request"
        let (message, reason): (String, String) = (status?["message"]?.string ?? "", status?["reason"]?.string ?? "")
        let text: String =
            !message.isEmpty ? "\(denied): \(message)" : !reason.isEmpty ? "\(denied): \(reason)" : "\(denied) without explanation"
        let code: Int = status?["code"]?.int.map { Int($0) } ?? 0
        var result = APIStatus(code: max(code, 400), reason: reason, message: text)
        if let details = status?["details"], details.object != nil {
            result.details = APIStatus(["kind": "Status", "details": details, "code": 400])?.details
        }
        return result
    }
}
