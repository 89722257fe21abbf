import API
import Machinery

/// `pods/binding`: puts a pod on a node, once.
struct BindingHandler: SubresourceHandler {
    func handle(_ call: Call, _ subresource: Subresource, _ server: APIServer, _ reply: @escaping Reply) throws(APIStatus) {
        var body: JSON = try BodyReader(call: call).object(Binding.definition.schema, kind: "Binding", apiVersion: "v1")
        try server.admitBody(.create, &body, as: Binding.names, call)
        let binding = View<Binding>(body)
        let name: String = call.request.name ?? ""
        guard binding.target.kind == "Node" || binding.target.kind.isEmpty else {
            var problems = Problems()
            problems.notSupported(Path("target").child("kind"), .string(binding.target.kind), supported: ["Node", "<empty>"])
            throw .invalid(Binding.names, name, problems)
        }
        guard !binding.target.name.isEmpty else {
            var problems = Problems()
            problems.required(Path("target").child("name"))
            throw .invalid(Binding.names, name, problems)
        }
        let created: Reply = { result in
            reply(
                result.map { _ in
                    .json(["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "code": 201], code: 201)
                })
        }
        // Of the object only what is set here changes, as upstream: the pod keeps its generation, and nobody comes to own the node's name.
        let isPlain: Bool = binding.metadata.annotations.isEmpty && Names.dns1123Subdomain(binding.target.name).isEmpty
        server.modify(isPlain ? call.ownChange : call.systemWrite.admitted, created) { old throws(APIStatus) in
            var pod = View<Pod>(old)
            if pod.isTerminating {
                throw .bindingConflict(name, "pod \(name) is being deleted, cannot be assigned to a host")
            }
            if !pod.spec.nodeName.isEmpty {
                throw .bindingConflict(name, "pod \(name) is already assigned to node \"\(pod.spec.nodeName)\"")
            }
            if !pod.spec.schedulingGates.isEmpty { throw .bindingConflict(name, "pod \(name) has non-empty .spec.schedulingGates") }
            if !binding.metadata.uid.isEmpty, binding.metadata.uid != pod.metadata.uid {
                throw .conflict(
                    call.names, name,
                    "Precondition failed: UID in precondition: \(binding.metadata.uid), UID in object meta: \(pod.metadata.uid)")
            }
            pod.spec.nodeName = binding.target.name
            for (key, value) in binding.metadata.annotations { pod.metadata.annotations[key] = value }
            pod.setCondition("PodScheduled", true, now: call.now)
            // The wish is fulfilled or void: the pod has a node.
            pod.status.nominatedNodeName = ""
            pod.metadata.remove(\.resourceVersion)
            return pod.json
        }
    }
}

extension APIServer {
    /// `bindings`, the older way to the same: the binding itself names its pod.
    func bind(_ call: Call, _ reply: @escaping Reply) throws(APIStatus) {
        let binding: JSON = try BodyReader(call: call).object(Binding.definition.schema, kind: "Binding", apiVersion: "v1")
        guard let pods = type(of: Pod.names.resource), let subresource = Pod.names.subresources.first(where: { $0.name == "binding" })
        else { throw .pathNotFound }
        var request: APIRequest = call.request
        request.resource = Pod.names.resource
        request.name = binding[["metadata", "name"]]?.string
        request.subresource = subresource.name
        let onPod = Call(
            request: request, user: call.user, type: pods, now: call.now, warnings: call.warnings, webhookRun: call.webhookRun)
        try BindingHandler().handle(onPod, subresource, self, reply)
    }
}

extension APIStatus {
    /// As upstream, the conflict is one of the subresource. Source: `assignPod` of pkg/registry/core/pod/storage/storage.go.
    fileprivate static func bindingConflict(_ name: String, _ why: String) -> APIStatus {
        .conflict(KindNames("Binding", group: "", plural: "pods/binding"), name, why)
    }
}
