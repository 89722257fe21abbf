import API
import HTTP
import Machinery

/// Serves one subresource, for every kind that has it.
protocol SubresourceHandler: Sendable {
    /// The verb was checked against the declaration.
    func handle(_ call: Call, _ subresource: Subresource, _ server: APIServer, _ reply: @escaping Reply) throws(APIStatus)
}

extension APIServer {
    /// By name; `status` is served by the verbs themselves.
    static func subresourceHandlers(node: (any NodeDoor)?, dial: Dial?) -> [String: any SubresourceHandler] {
        [
            "approval": ApprovalHandler(),
            "attach": ProgramHandler(node: node),
            "binding": BindingHandler(),
            "ephemeralcontainers": EphemeralContainersHandler(),
            "eviction": EvictionHandler(),
            "exec": ProgramHandler(node: node),
            "finalize": FinalizeHandler(),
            "log": LogHandler(node: node),
            "portforward": PortForwardHandler(node: node),
            "proxy": ProxyHandler(node: node, dial: dial),
            "resize": ResizeHandler(),
            "scale": ScaleHandler(),
            "token": TokenHandler(),
        ]
    }
}
