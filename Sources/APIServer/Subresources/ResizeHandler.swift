import API
import Machinery

/// `pods/resize`: changes what the containers of a running pod ask for of CPU and memory, and nothing else of the pod.
///
/// Source: podResizeStrategy of pkg/registry/core/pod/strategy.go.
struct ResizeHandler: SubresourceHandler {
    func handle(_ call: Call, _ subresource: Subresource, _ server: APIServer, _ reply: @escaping Reply) throws(APIStatus) {
        guard call.request.verb != .get else { return reply(.success(try server.get(call))) }
        let wanted = try server.wanted(call)
        server.modify(call.systemWrite, reply) { old throws(APIStatus) in
            let asked: JSON = try server.normalized(try wanted(old), call)
            var next: JSON = old.takingOver(asked, call)
            for list in ["containers", "initContainers"] {
                next[["spec", list]] = Self.resized(old[["spec", list]], asked[["spec", list]])
            }
            var problems = Problems()
            Pod.validateResize(View<Pod>(next), from: View<Pod>(old), &problems)
            guard problems.isEmpty else { throw .invalid(call.names, call.request.name ?? "", problems) }
            return next
        }
    }

    /// The containers as they are, with the resources that are asked for. Only sidecars among the init containers still run.
    private static func resized(_ old: JSON?, _ asked: JSON?) -> JSON? {
        guard let containers: [JSON] = old?.array, let wanted: [JSON] = asked?.array else { return old }
        // A list of another length is refused for that by the rules.
        guard containers.count == wanted.count else { return asked }
        return .array(
            containers.map { container in
                guard let match = wanted.first(where: { $0["name"] == container["name"] }) else { return container }
                var container: JSON = container
                for field in ["resources", "resizePolicy"] { container[field] = match[field] }
                return container
            })
    }
}
