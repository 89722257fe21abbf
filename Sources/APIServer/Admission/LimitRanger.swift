import API
import Machinery

/// Gives containers the default requests and limits of the namespace's LimitRanges, and holds containers, pods and claims to their bounds.
///
/// Source: plugin/pkg/admission/limitranger.
struct LimitRanger: AdmissionPlugin {
    let objects: ParsedObjects

    private static let annotation = "kubernetes.io/limit-ranger"

    func concerns(_ subject: AdmissionSubject) -> Bool { subject.isOf(Pod.self) || subject.isAbout(PersistentVolumeClaim.self) }

    func admit(_ operation: AdmissionOperation, _ object: inout JSON, old: JSON?, _ call: Call) throws(APIStatus) {
        guard operation == .create, call.isAbout(Pod.self), let namespace = call.request.namespace else { return }
        let ranges: [View<LimitRange>] = objects.list(LimitRange.self, namespace: namespace)
        guard !ranges.isEmpty else { return }
        var pod = View<Pod>(object)
        object = .null
        for range in ranges { Self.giveDefaults(of: range, to: &pod) }
        object = pod.json
    }

    func validate(_ operation: AdmissionOperation, _ object: JSON?, old: JSON?, _ call: Call) throws(APIStatus) {
        guard let object, let namespace = call.request.namespace, Self.isBounded(operation, call),
            old?[["metadata", "deletionTimestamp"]] == nil
        else { return }
        for range in objects.list(LimitRange.self, namespace: namespace) {
            let problems: [String] =
                call.isOf(Pod.self)
                ? LimitBounds.problems(of: View<Pod>(object), range) : LimitBounds.problems(of: View<PersistentVolumeClaim>(object), range)
            guard !problems.isEmpty else { continue }
            let text: String = problems.count == 1 ? problems[0] : "[" + problems.joined(separator: ", ") + "]"
            throw .forbidden(call.names, object[["metadata", "name"]]?.string ?? "", text)
        }
    }

    /// Containers of a pod that exists change by its `resize` only.
    private static func isBounded(_ operation: AdmissionOperation, _ call: Call) -> Bool {
        if call.isOf(Pod.self) {
            return operation == .create ? call.request.subresource == nil : operation == .update && call.request.subresource == "resize"
        }
        return operation != .delete && call.isAbout(PersistentVolumeClaim.self)
    }

    /// Pure: the pod with the defaults of one LimitRange, and an annotation that says what was given.
    static func giveDefaults(of range: View<LimitRange>, to pod: inout View<Pod>) {
        var limits: [String: JSON] = [:]
        var requests: [String: JSON] = [:]
        for item in range.spec.limits where item.type == "Container" {
            for member in item.json["default"]?.object ?? [:] { limits[member.key] = member.value }
            for member in item.json["defaultRequest"]?.object ?? [:] { requests[member.key] = member.value }
        }
        guard !limits.isEmpty || !requests.isEmpty else { return }
        var given: [String] = []
        for (list, word) in [("containers", "container"), ("initContainers", "init container")] {
            guard var containers = pod.json[["spec", list]]?.array else { continue }
            for index in containers.indices {
                let name: String = containers[index]["name"]?.string ?? ""
                for (member, defaults, what) in [("requests", requests, "request"), ("limits", limits, "limit")] {
                    let path: [String] = ["resources", member]
                    let missing: [String] = defaults.keys.filter { containers[index][path + [$0]] == nil }.sorted()
                    guard !missing.isEmpty else { continue }
                    for resource in missing { containers[index][path + [resource]] = defaults[resource] }
                    given.append("\(missing.joined(separator: ", ")) \(what) for \(word) \(name)")
                }
            }
            pod.json[["spec", list]] = .array(containers)
        }
        guard !given.isEmpty else { return }
        pod.metadata.annotations[Self.annotation] = "LimitRanger plugin set: " + given.joined(separator: "; ")
    }
}
