import API
import Machinery

/// Serves one subresource, for every kind that has it.
protocol SubresourceHandler: Sendable {
    /// The verb was checked against the declaration.
    func handle(_ call: Call, _ subresource: Subresource, _ server: APIServer, _ reply: @escaping Reply) throws(APIStatus)
}

extension APIServer {
    /// By name; `status` is served by the verbs themselves.
    static func subresourceHandlers(logs: (any LogSource)?) -> [String: any SubresourceHandler] {
        [
            "approval": ApprovalHandler(),
            "attach": ConnectHandler(),
            "binding": BindingHandler(),
            "ephemeralcontainers": EphemeralContainersHandler(),
            "eviction": EvictionHandler(),
            "exec": ConnectHandler(),
            "finalize": FinalizeHandler(),
            "log": LogHandler(source: logs),
            "portforward": ConnectHandler(),
            "proxy": ConnectHandler(),
            "resize": ResizeHandler(),
            "scale": ScaleHandler(),
            "token": TokenHandler(),
        ]
    }
}
