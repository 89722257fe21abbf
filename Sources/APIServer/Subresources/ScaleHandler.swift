import API
import Machinery

/// `scale`: the wanted and the seen number of replicas, in the same form for every workload.
struct ScaleHandler: SubresourceHandler {
    private static let type = ResourceType(Scale.self)

    func handle(_ call: Call, _ subresource: Subresource, _ server: APIServer, _ reply: @escaping Reply) throws(APIStatus) {
        guard let paths = subresource.scale else { throw .pathNotFound }
        let asked: Call = call
        let shown: Reply = { result in
            reply(
                result.map { answer in
                    guard case .document(let code, let pieces, let warnings) = answer,
                        let object = try? JSON(parsing: Array(pieces.joined()))
                    else { return answer }
                    return .json(server.represent(Self.scale(of: object, paths), asked, as: Self.type), code: code, warnings: warnings)
                })
        }
        // The object itself is read and written in full; only the Scale crosses the wire.
        let call: Call = call.inFull
        switch call.request.verb {
        case .get: shown(.success(try server.get(call)))
        case .update:
            let scale: JSON = try BodyReader(call: call).object(Scale.definition.schema, kind: "Scale", apiVersion: "autoscaling/v1")
            try change(call, paths, server, shown) { _ in scale }
        default:
            var complaints = BodyComplaints()
            let patch: JSON = try BodyReader.parse(call.request.body, call.request.contentType, complaints: &complaints)
            let type: APIRequest.ContentType = call.request.contentType
            let reader = BodyReader(call: call)
            if type == .applyYAML {
                do { try ApplyCheck.check(patch, Scale.definition.schema) } catch { throw error.status }
                try reader.reportForApply(complaints)
            }
            try change(call, paths, server, shown) { old throws(APIStatus) in
                let patched: JSON
                do throws(JSONPatchError) {
                    patched =
                        type == .jsonPatch ? try JSONPatch(patch).applied(to: old) : MergePatch.apply(patch, to: old)
                } catch {
                    throw error.status(call)
                }
                return try reader.object(patched, Scale.definition.schema, kind: "Scale", apiVersion: "autoscaling/v1")
            }
        }
    }

    private func change(
        _ call: Call, _ paths: ScalePaths, _ server: APIServer, _ reply: @escaping Reply,
        _ next: @escaping @Sendable (JSON) throws(APIStatus) -> JSON
    ) throws(APIStatus) {
        server.modify(call.admitted, reply) { old throws(APIStatus) in
            let before: JSON = Self.scale(of: old, paths)
            var scale: JSON = try next(before)
            try server.admitBody(.update, &scale, old: before, as: Scale.names, call)
            var problems = Problems()
            Scale.definition.schema.validate(scale, .root, &problems)
            guard problems.isEmpty else {
                throw .invalid(Scale.names, call.request.name ?? "", problems)
            }
            var object: JSON = try Self.scaled(old, to: .int(scale[["spec", "replicas"]]?.int ?? 0), paths, call, server)
            let revision: JSON? = scale[["metadata", "resourceVersion"]]
            object[["metadata", "resourceVersion"]] =
                revision == before[["metadata", "resourceVersion"]] && call.request.verb == .patch
                ? nil : revision
            return object
        }
    }

    /// The object with another number of replicas. An apply owns that number, as a field of the object.
    ///
    /// Source: `ScaleHandler` of k8s.io/apimachinery/pkg/util/managedfields.
    private static func scaled(
        _ object: JSON, to replicas: JSON, _ paths: ScalePaths, _ call: Call, _ server: APIServer
    ) throws(APIStatus) -> JSON {
        guard call.request.contentType == .applyYAML else {
            var object: JSON = object
            object[paths.replicas] = replicas
            return object
        }
        var wish: JSON = [
            "apiVersion": .string(call.names.apiVersion), "kind": .string(call.names.kind),
            "metadata": ["name": object[["metadata", "name"]] ?? ""],
        ]
        wish[paths.replicas] = replicas
        return try server.decoded(server.merged(live: object, wish, call), call)
    }

    private static func scale(of object: JSON, _ paths: ScalePaths) -> JSON {
        var metadata: JSON = [:]
        for member in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
            metadata[member] = object[["metadata", member]]
        }
        var status: JSON = ["replicas": .int(object[paths.statusReplicas]?.int ?? 0)]
        if let path = paths.selector, let selector = object[path] { status["selector"] = .string(text(of: selector)) }
        var spec: JSON = [:]
        if let wanted = object[paths.replicas], !wanted.isEmpty { spec["replicas"] = wanted }
        return ["kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata, "spec": spec, "status": status]
    }

    private static func text(of selector: JSON) -> String {
        if let text = selector.string { return text }
        let isLabelSelector: Bool = selector["matchLabels"] != nil || selector["matchExpressions"] != nil
        guard !isLabelSelector else { return (try? LabelMatch(labelSelector: selector))?.description ?? "" }
        return (selector.object?.sorted().members ?? []).map { "\($0.key)=\($0.value.string ?? "")" }.joined(separator: ",")
    }
}
