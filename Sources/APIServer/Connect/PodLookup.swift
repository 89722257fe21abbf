import API
import Machinery

/// Finds the pod and the container that a request for `log`, `exec`, `attach` or `portforward` means.
///
/// Source: `streamLocation` and `validateContainer` of pkg/registry/core/pod/strategy.go.
struct PodLookup: Sendable {
    let pod: View<Pod>
    let id: PodID

    /// Throws ``APIStatus`` (404) for a pod that is not there.
    init(_ call: Call, _ server: APIServer) throws(APIStatus) {
        let name: String = call.request.name ?? ""
        let key = ObjectKey(namespace: call.request.namespace ?? "", name: name)
        guard let pod = Objects(store: server.store).find(Pod.self, key) else { throw .notFound(call.names, name) }
        self.pod = pod
        id = PodID(pod)
    }

    /// Throws ``APIStatus`` (400) for a pod that no node has.
    func checkHost() throws(APIStatus) {
        guard !pod.spec.nodeName.isEmpty else { throw .badRequest("pod \(pod.name) does not have a host assigned") }
    }

    /// The container that is meant; the only one needs no name. Throws ``APIStatus`` (400) with the choices.
    func container(_ wanted: String?) throws(APIStatus) -> String {
        let names: [String] = pod.spec.containers.map(\.name)
        let initNames: [String] = pod.spec.initContainers.map(\.name)
        if let wanted, !wanted.isEmpty {
            guard (names + initNames + pod.spec.ephemeralContainers.map(\.name)).contains(wanted) else {
                throw .badRequest("container \(wanted) is not valid for pod \(pod.name)")
            }
            return wanted
        }
        guard names.count == 1 else {
            let inits: String = initNames.isEmpty ? "" : " or one of the init containers: [\(initNames.joined(separator: " "))]"
            throw .badRequest(
                "a container name must be specified for pod \(pod.name), choose one of: [\(names.joined(separator: " "))]\(inits)")
        }
        return names[0]
    }
}
