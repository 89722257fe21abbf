import API
import Client
import Machinery

/// Sends the changes of one verb: all under one manager's name, all dry or none.
struct ObjectWriter {
    let session: Session
    var dryRun: DryRun = .none
    var fieldManager: String
    var fieldValidation: String?

    func patch(
        _ object: Manifest, _ patch: [UInt8], as type: APIRequest.ContentType, subresource: String? = nil
    ) async throws -> JSON {
        var request: APIRequest = request(.patch, object, subresource)
        request.contentType = type
        request.body = patch
        return try await session.send(request)
    }

    /// Sends what changed between two forms of an object: a strategic patch where we know the kind, a merge patch elsewhere.
    func patch(_ object: Manifest, to changed: JSON, subresource: String? = nil) async throws -> JSON {
        let (patch, isStrategic): (JSON, Bool) = Self.difference(object, changed)
        return try await self.patch(
            object, patch.serialized(), as: isStrategic ? .strategicMergePatch : .mergePatch, subresource: subresource)
    }

    static func difference(_ object: Manifest, _ changed: JSON) -> (patch: JSON, isStrategic: Bool) {
        if let schema: ObjectSchema = KnownSchema.of(object.resource.resource),
            let patch = try? StrategicMergePatch.twoWay(object.json, changed, schema: schema)
        {
            return (patch, true)
        }
        return (MergePatch.diff(from: object.json, to: changed), false)
    }

    /// Puts the object in place of what is there.
    func replace(_ object: Manifest, _ json: JSON, subresource: String? = nil) async throws -> JSON {
        var request: APIRequest = request(.update, object, subresource)
        request.body = json.sortedByKey.serialized()
        return try await session.send(request)
    }

    func create(_ object: Manifest, _ json: JSON) async throws -> JSON {
        var request: APIRequest = request(.create, object, nil)
        request.name = nil
        request.body = json.sortedByKey.serialized()
        return try await session.send(request)
    }

    private func request(_ verb: API.Verb, _ object: Manifest, _ subresource: String?) -> APIRequest {
        var request = APIRequest(
            verb, object.resource.resource, namespace: object.namespace, name: object.name, subresource: subresource)
        request.options.fieldManager = fieldManager
        request.options.fieldValidation = fieldValidation
        if case .server = dryRun { request.options.dryRun = true }
        return request
    }
}
