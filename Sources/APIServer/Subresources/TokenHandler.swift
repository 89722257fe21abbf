import API
import Machinery

/// `serviceaccounts/token`: makes a token that the cluster accepts for a while.
struct TokenHandler: SubresourceHandler {
    func handle(_ call: Call, _ subresource: Subresource, _ server: APIServer, _ reply: @escaping Reply) throws(APIStatus) {
        let name: String = call.request.name ?? ""
        let namespace: String = call.request.namespace ?? ""
        let objects = Objects(store: server.store)
        guard let account = objects.find(ServiceAccount.self, ObjectKey(namespace: namespace, name: name)) else {
            throw .notFound(call.names, name)
        }
        var object: JSON = try BodyReader(call: call).object(
            TokenRequest.definition.schema, kind: "TokenRequest", apiVersion: "authentication.k8s.io/v1")
        TokenRequest.definition.schema.applyDefaults(&object)
        try server.admitBody(.create, &object, as: TokenRequest.names, call)
        var problems = Problems()
        TokenRequest.definition.schema.validate(object, .root, &problems)
        guard problems.isEmpty else { throw .invalid(TokenRequest.names, name, problems) }
        var request = View<TokenRequest>(object)

        let binding: ServiceAccountTokens.Binding? = try binding(request, namespace, objects)
        let seconds: Int = request.spec.expirationSeconds
        let expires: Time = call.now + .seconds(seconds)
        let wanted: [String] = request.spec.audiences
        let audiences: [String] = wanted.isEmpty ? [ServiceAccountTokens.issuer] : wanted
        do {
            let token: String = try server.tokens.token(
                namespace: namespace, account: name, uid: account.metadata.uid, audiences: audiences, boundTo: binding,
                issued: call.now, expires: expires)
            request.spec.audiences = audiences
            request.json["status"] = ["token": .string(token), "expirationTimestamp": expires.json]
            request.json[["metadata", "name"]] = .string(name)
            request.json[["metadata", "namespace"]] = .string(namespace)
        } catch {
            throw .internalError("signing a token failed: \(error)")
        }
        reply(.success(.json(request.json, code: 201)))
    }

    private func binding(
        _ request: View<TokenRequest>, _ namespace: String, _ objects: Objects
    ) throws(APIStatus) -> ServiceAccountTokens.Binding? {
        guard let reference = request.spec.boundObjectRef else { return nil }
        let key = ObjectKey(namespace: namespace, name: reference.name)
        let found: JSON?
        switch reference.kind {
        case "Pod": found = objects.find(Pod.self, key)?.json
        case "Secret": found = objects.find(Secret.self, key)?.json
        default:
            throw .badRequest("cannot bind token for serviceaccount to object of type \(reference.apiVersion), Kind=\(reference.kind)")
        }
        guard let uid = found?[["metadata", "uid"]]?.string else {
            throw .notFound(group: "", resource: reference.kind == "Pod" ? "pods" : "secrets", reference.name)
        }
        if !reference.uid.isEmpty, reference.uid != uid {
            throw APIStatus(
                code: 409, reason: "Conflict",
                message: "the UID in the bound object reference (\(reference.uid)) does not match the UID in record. "
                    + "The object might have been deleted and then recreated")
        }
        return ServiceAccountTokens.Binding(kind: reference.kind, name: reference.name, uid: uid)
    }
}
