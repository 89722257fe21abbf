package import API
package import Machinery

/// Typed and dynamic access to a cluster through its one door.
///
/// All methods throw ``APIStatus`` when the server said no and ``TransportError`` when it could not be asked.
package struct Client: Sendable {
    package let transport: any Transport
    /// Written into `managedFields` as the owner of what this client changes.
    package let fieldManager: String

    package init(_ transport: any Transport, fieldManager: String) {
        self.transport = transport
        self.fieldManager = fieldManager
    }

    /// Sends a request and reads the object that comes back.
    package func send(_ request: APIRequest) async throws -> JSON {
        try JSON(parsing: try await answer(to: request))
    }

    /// Sends a request whose answer nobody needs: that it was carried out is all there is to know.
    private func carryOut(_ request: APIRequest) async throws { _ = try await answer(to: request) }

    private func answer(to request: APIRequest) async throws -> [UInt8] {
        var request: APIRequest = request
        if request.verb != .get, request.options.fieldManager == nil { request.options.fieldManager = fieldManager }
        return try await transport.send(request).body
    }
}

/// Typed access.
extension Client {
    package func get<K: Kind>(_ kind: K.Type, _ key: ObjectKey) async throws -> View<K> {
        View(try await send(request(.get, kind, key)))
    }

    /// nil when there is no such object.
    package func find<K: Kind>(_ kind: K.Type, _ key: ObjectKey) async throws -> View<K>? {
        do { return try await get(kind, key) } catch let status as APIStatus where status.isNotFound { return nil }
    }

    /// - Parameter namespace: nil lists all namespaces.
    package func list<K: Kind>(
        _ kind: K.Type, namespace: String? = nil, options: RequestOptions = RequestOptions()
    ) async throws -> ObjectList<K> {
        let json: JSON = try await send(APIRequest(.list, K.names.resource, namespace: namespace, options: options))
        return ObjectList(
            items: (json["items"]?.array ?? []).map { item in
                var item: JSON = item
                item["apiVersion"] = .string(K.names.apiVersion)
                item["kind"] = .string(K.names.kind)
                return View<K>(item)
            },
            resourceVersion: json[["metadata", "resourceVersion"]]?.string ?? "",
            continueToken: json.continueToken)
    }

    @discardableResult
    package func create<K: Kind>(_ object: View<K>) async throws -> View<K> {
        var request: APIRequest = request(.create, K.self, object.key)
        request.name = nil
        request.body = object.json.serialized()
        return View(try await send(request))
    }

    /// The object's resourceVersion is the precondition.
    @discardableResult
    package func update<K: Kind>(_ object: View<K>, subresource: String? = nil) async throws -> View<K> {
        var request: APIRequest = request(.update, K.self, object.key)
        request.subresource = subresource
        request.body = object.json.serialized()
        return View(try await send(request))
    }

    @discardableResult
    package func updateStatus<K: Kind>(_ object: View<K>) async throws -> View<K> {
        try await update(object, subresource: "status")
    }

    @discardableResult
    package func patch<K: Kind>(
        _ kind: K.Type, _ key: ObjectKey, _ patch: JSON, as type: APIRequest.ContentType = .strategicMergePatch, subresource: String? = nil
    ) async throws -> View<K> {
        View(try await send(patching(kind, key, patch, as: type, subresource)))
    }

    /// Patches an object without reading what it became, for writes that are many.
    package func patchUnread<K: Kind>(
        _ kind: K.Type, _ key: ObjectKey, _ patch: JSON, as type: APIRequest.ContentType = .strategicMergePatch, subresource: String? = nil
    ) async throws {
        try await carryOut(patching(kind, key, patch, as: type, subresource))
    }

    private func patching<K: Kind>(
        _ kind: K.Type, _ key: ObjectKey, _ patch: JSON, as type: APIRequest.ContentType, _ subresource: String?
    ) -> APIRequest {
        var request: APIRequest = request(.patch, kind, key)
        request.subresource = subresource
        request.contentType = type
        request.body = patch.serialized()
        return request
    }

    /// - Parameter uid: deletes only this very object.
    package func delete<K: Kind>(
        _ kind: K.Type, _ key: ObjectKey, uid: String? = nil, gracePeriodSeconds: Int? = nil, propagationPolicy: String? = nil
    ) async throws {
        try await carryOut(deletion(kind, key, uid: uid, gracePeriodSeconds: gracePeriodSeconds, propagationPolicy: propagationPolicy))
    }

    private func deletion<K: Kind>(
        _ kind: K.Type, _ key: ObjectKey, uid: String?, gracePeriodSeconds: Int?, propagationPolicy: String?
    ) -> APIRequest {
        var request: APIRequest = request(.delete, kind, key)
        var options: JSON = ["apiVersion": "v1", "kind": "DeleteOptions"]
        if let uid { options["preconditions"] = ["uid": .string(uid)] }
        if let gracePeriodSeconds { options["gracePeriodSeconds"] = .int(Int64(gracePeriodSeconds)) }
        if let propagationPolicy { options["propagationPolicy"] = .string(propagationPolicy) }
        request.body = options.serialized()
        return request
    }

    private func request<K: Kind>(_ verb: Verb, _ kind: K.Type, _ key: ObjectKey) -> APIRequest {
        APIRequest(verb, K.names.resource, namespace: K.names.isNamespaced ? key.namespace : nil, name: key.name)
    }
}

/// A list as the server gave it.
package struct ObjectList<K: Kind>: Sendable {
    package var items: [View<K>]
    /// The revision that the list shows; where a watch goes on.
    package let resourceVersion: String
    /// nil on the last page.
    package let continueToken: String?
}

extension Client {
    /// Deletes an object and hands over its last form, where the server answers with the object (as it does for pods).
    package func delete<K: Kind>(
        _ kind: K.Type, _ key: ObjectKey, uid: String, gracePeriodSeconds: Int? = nil, _ last: (View<K>) -> Void
    ) async throws {
        let answer: JSON = try await send(deletion(kind, key, uid: uid, gracePeriodSeconds: gracePeriodSeconds, propagationPolicy: nil))
        if answer["kind"]?.string == K.names.kind { last(View<K>(answer)) }
    }
}
