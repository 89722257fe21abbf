import API
import Machinery

/// Subresources that change one part of a pod's spec which updates of the pod itself may not touch: `ephemeralcontainers`, `resize`.
struct PodPartHandler: SubresourceHandler {
    /// Where the part stands.
    let path: [String]

    func handle(_ call: Call, _ subresource: Subresource, _ server: APIServer, _ reply: @escaping Reply) throws(APIStatus) {
        switch call.request.verb {
        case .get: reply(.success(try server.get(call)))
        default:
            throw APIStatus(
                code: 501, reason: "NotImplemented",
                message: "pods/\(subresource.name) is not served by this version's node: make a new pod instead")
        }
    }
}
