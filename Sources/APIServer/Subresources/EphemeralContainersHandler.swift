import API
import Machinery

/// `pods/ephemeralcontainers`: adds containers to a pod that runs. Nothing else of the pod changes, whatever the client sends.
///
/// Source: podEphemeralContainersStrategy of pkg/registry/core/pod/strategy.go.
struct EphemeralContainersHandler: SubresourceHandler {
    func handle(_ call: Call, _ subresource: Subresource, _ server: APIServer, _ reply: @escaping Reply) throws(APIStatus) {
        guard call.request.verb != .get else { return reply(.success(try server.get(call))) }
        let wanted = try server.wanted(call)
        server.modify(call.systemWrite, reply) { old throws(APIStatus) in
            let asked: JSON = try server.normalized(try wanted(old), call)
            var next: JSON = old.takingOver(asked, call)
            next[["spec", "ephemeralContainers"]] = asked[["spec", "ephemeralContainers"]]
            var problems = Problems()
            Pod.validateEphemeralContainersUpdate(View<Pod>(next), from: View<Pod>(old), &problems)
            guard problems.isEmpty else { throw .invalid(call.names, call.request.name ?? "", problems) }
            return next
        }
    }
}
