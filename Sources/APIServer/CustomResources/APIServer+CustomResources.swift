import API
import Logging
import Machinery

extension APIServer {
    /// Asks all objects of a custom resource to go, in all namespaces; those with finalizers stay until these are gone.
    ///
    /// Returns why it can't; nil when all of them were asked.
    func removeAll(_ type: ResourceType) async -> APIStatus? {
        await withCheckedContinuation { (continuation: CheckedContinuation<APIStatus?, Never>) in
            // No client has a path for this, and nobody is asked for leave.
            let call = Call(
                request: APIRequest(.deletecollection, type.names.resource), user: .component("system:apiserver"), type: type,
                now: clock.time, warnings: Warnings())
            let done: Reply = { [log] result in
                guard case .failure(let status) = result else { return continuation.resume(returning: nil) }
                log.warning("cannot delete the objects of a custom resource", metadata: ["error": "\(status)"])
                continuation.resume(returning: status)
            }
            proceed(call, done) { [self] () throws(APIStatus) in try deleteCollection(call, done) }
        }
    }

    /// Custom resources have no declared merge keys and no protobuf form.
    ///
    /// Throws ``APIStatus`` (415) for a body that needs either.
    static func checkContentType(_ call: Call) throws(APIStatus) {
        guard call.type.custom != nil else { return }
        switch call.request.contentType {
        case .strategicMergePatch:
            throw .unsupportedMediaType(MediaTypes.customPatches)
        case .protobuf: throw .unsupportedMediaType("application/json, application/yaml")
        default: break
        }
    }

    /// Source: `serveResource` of k8s.io/apiextensions-apiserver/pkg/apiserver.
    static func isTerminating(_ call: Call) -> APIStatus {
        var status: APIStatus = .pathMethodNotAllowed
        status.message = "create not allowed while custom resource definition is terminating"
        status.details?.group = call.names.group
        status.details?.kind = call.names.plural
        return status
    }
}
