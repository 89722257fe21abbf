import API
import Machinery

/// `attach`, `exec`, `portforward` and `proxy`: streams to a node, a pod or a service. They are in discovery because clients ask for
/// them in good faith; this version has no node that answers.
struct ConnectHandler: SubresourceHandler {
    func handle(_ call: Call, _ subresource: Subresource, _ server: APIServer, _ reply: @escaping Reply) throws(APIStatus) {
        throw APIStatus(
            code: 501, reason: "NotImplemented",
            message: "\(call.names.plural)/\(subresource.name) is not served by this version of swkube yet")
    }
}
