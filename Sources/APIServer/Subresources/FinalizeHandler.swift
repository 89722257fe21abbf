import API
import Machinery

/// `namespaces/finalize`: what keeps a namespace after its deletion. When nothing does any longer, it goes.
struct FinalizeHandler: SubresourceHandler {
    func handle(_ call: Call, _ subresource: Subresource, _ server: APIServer, _ reply: @escaping Reply) throws(APIStatus) {
        let object: JSON = try BodyReader(call: call).object()
        server.modify(call.systemWrite, reply) { old throws(APIStatus) in
            var next: JSON = old
            next[["spec", "finalizers"]] = object[["spec", "finalizers"]]
            next[["metadata", "resourceVersion"]] = object[["metadata", "resourceVersion"]]
            return next
        }
    }
}
