import API
import FoundationEssentials
import Machinery

/// `serviceaccounts/token`: makes a token that the cluster accepts for a while.
///
/// Source: pkg/registry/core/serviceaccount/storage/token.go.
struct TokenHandler: SubresourceHandler {
    /// What kubelets ask for on behalf of pods. Such tokens are good for a year, for programs that read theirs only once.
    private static let podSeconds = 3607
    private static let extendedSeconds = 365 * 24 * 3600

    func handle(_ call: Call, _ subresource: Subresource, _ server: APIServer, _ reply: @escaping Reply) throws(APIStatus) {
        let key = ObjectKey(namespace: call.request.namespace ?? "", name: call.request.name ?? "")
        let objects = Objects(store: server.store)
        guard let account = objects.find(ServiceAccount.self, key) else { throw .notFound(call.names, key.name) }
        var request: View<TokenRequest> = try request(call, key, server)

        var claims = ServiceAccountClaims(
            account: ServiceAccountName(namespace: key.namespace, name: key.name), uid: account.metadata.uid)
        claims.audiences = request.spec.audiences.isEmpty ? [ServiceAccountTokens.issuer] : request.spec.audiences
        try bind(&claims, to: request.spec.boundObjectRef, objects)
        let seconds: Int = request.spec.expirationSeconds
        let isExtended: Bool =
            claims.pod != nil && seconds == Self.podSeconds && claims.audiences.contains(ServiceAccountTokens.issuer)
        claims.starts = call.now.seconds
        claims.expires = call.now.seconds + Int64(isExtended ? Self.extendedSeconds : seconds)
        claims.id = RandomUUID.text()
        let asked: Time = call.now + .seconds(seconds)
        if isExtended { claims.warnAfter = asked.seconds }
        do {
            let token: String = try server.tokens.token(claims)
            request.spec.audiences = claims.audiences
            request.json["status"] = ["token": .string(token), "expirationTimestamp": asked.json]
            request.json[["metadata", "name"]] = .string(key.name)
            request.json[["metadata", "namespace"]] = .string(key.namespace)
            request.json[["metadata", "creationTimestamp"]] = call.now.json
        } catch {
            throw .internalError("signing a token failed: \(error)")
        }
        reply(.success(.json(request.json, code: 201, warnings: call.warnings.all)))
    }

    private func request(_ call: Call, _ key: ObjectKey, _ server: APIServer) throws(APIStatus) -> View<TokenRequest> {
        var object: JSON = try BodyReader(call: call).object(
            TokenRequest.definition.schema, kind: "TokenRequest", apiVersion: "authentication.k8s.io/v1")
        TokenRequest.definition.schema.applyDefaults(&object)
        object = ManagedFields.update(
            old: nil, new: object, manager: call.fieldManager, subresource: "token", schema: TokenRequest.definition.schema, now: call.now)
        try server.admitBody(.create, &object, as: TokenRequest.names, call)
        let request = View<TokenRequest>(object)
        var problems = Problems()
        for (field, wanted) in [("name", key.name), ("namespace", key.namespace)] {
            guard let found = object[["metadata", field]]?.string, !found.isEmpty, found != wanted else { continue }
            problems.invalid(
                Path("metadata").child(field), .string(found), "must match the service account \(field) if specified")
        }
        guard problems.isEmpty else { throw .invalid(TokenRequest.names, request.name, problems) }
        TokenRequest.definition.schema.validate(object, .root, &problems)
        guard problems.isEmpty else { throw .invalid(TokenRequest.names, "", problems) }
        return request
    }

    private func bind(
        _ claims: inout ServiceAccountClaims, to reference: View<BoundObjectReference>?, _ objects: Objects
    ) throws(APIStatus) {
        guard let reference else { return }
        let key = ObjectKey(namespace: claims.account.namespace, name: reference.name)
        let uid: String
        switch (reference.apiVersion, reference.kind) {
        case ("v1", "Pod"):
            guard let pod = objects.find(Pod.self, key) else { throw .notFound(Pod.names, reference.name) }
            guard pod.spec.serviceAccountName == claims.account.name else {
                throw .badRequest(
                    "cannot bind token for serviceaccount \"\(claims.account.name)\" to pod running with different serviceaccount name.")
            }
            uid = pod.metadata.uid
            claims.pod = ServiceAccountClaims.Bound(resource: "pods", name: pod.name, uid: uid)
            if !pod.spec.nodeName.isEmpty {
                let node: View<Node>? = objects.find(Node.self, ObjectKey(namespace: "", name: pod.spec.nodeName))
                claims.node = ServiceAccountClaims.Bound(resource: "nodes", name: pod.spec.nodeName, uid: node?.metadata.uid ?? "")
            }
        case ("v1", "Secret"):
            guard let secret = objects.find(Secret.self, key) else { throw .notFound(Secret.names, reference.name) }
            uid = secret.metadata.uid
            claims.secret = ServiceAccountClaims.Bound(resource: "secrets", name: secret.name, uid: uid)
        case ("v1", "Node"):
            guard let node = objects.find(Node.self, ObjectKey(namespace: "", name: reference.name)) else {
                throw .notFound(Node.names, reference.name)
            }
            uid = node.metadata.uid
            claims.node = ServiceAccountClaims.Bound(resource: "nodes", name: node.name, uid: uid)
        case (let version, let kind):
            let whole: String = version.contains("/") ? version : "/" + version
            throw .badRequest("cannot bind token to object of type \(whole), Kind=\(kind)")
        }
        guard reference.uid.isEmpty || reference.uid == uid else {
            throw .conflict(
                KindNames(reference.kind, group: "", plural: reference.kind), reference.name,
                "the UID in the bound object reference (\(reference.uid)) does not match the UID in record. "
                    + "The object might have been deleted and then recreated")
        }
    }
}
