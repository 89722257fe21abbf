import API
import Machinery

/// For subresources that take one part over from what the client sends.
extension APIServer {
    /// What an update or a patch makes of the stored object, before any of it counts. The body is read once.
    func wanted(_ call: Call) throws(APIStatus) -> @Sendable (JSON) throws(APIStatus) -> JSON {
        let reader = BodyReader(call: call)
        guard call.request.verb == .patch else {
            let object: JSON = try reader.object(call.type.schema, kind: call.names.kind, apiVersion: call.names.apiVersion)
            return { _ throws(APIStatus) in object }
        }
        var complaints = BodyComplaints()
        let patch: JSON = try BodyReader.parse(call.request.body, call.request.contentType, complaints: &complaints)
        let found: BodyComplaints = complaints
        guard call.request.contentType != .applyYAML else {
            let applied: JSON = try applied(patch, complaints, call)
            return { [self] old throws(APIStatus) in
                var next: JSON = try merged(live: old, applied, call)
                next[["metadata", "resourceVersion"]] = applied[["metadata", "resourceVersion"]]
                return next
            }
        }
        return { [self] old throws(APIStatus) in
            let changed: JSON = try patched(old, with: patch, call)
            return try reader.object(
                changed, call.type.schema, kind: call.names.kind, apiVersion: call.names.apiVersion, complaints: found)
        }
    }
}

extension JSON {
    /// This object with the name, identity, precondition and owners of fields of another one.
    func takingOver(_ other: JSON, _ call: Call) -> JSON {
        var next: JSON = self
        for member in ["name", "namespace", "uid", "resourceVersion"] { next[["metadata", member]] = other[["metadata", member]] }
        if call.request.contentType == .applyYAML { next[["metadata", "managedFields"]] = other[["metadata", "managedFields"]] }
        return next
    }
}
