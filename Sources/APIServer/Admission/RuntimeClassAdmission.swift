import API
import Machinery

/// Gives pods what their RuntimeClass says: its overhead, its nodes, its tolerations.
///
/// Source: plugin/pkg/admission/runtimeclass.
struct RuntimeClassAdmission: AdmissionPlugin {
    static let name = "RuntimeClass"
    let objects: ParsedObjects

    func concerns(_ subject: AdmissionSubject) -> Bool { subject.isAbout(Pod.self) }

    func admit(_ operation: AdmissionOperation, _ object: inout JSON, old: JSON?, _ call: Call) throws(APIStatus) {
        guard operation == .create, let runtime = try runtime(of: object, call) else { return }
        var pod = View<Pod>(object)
        object = .null
        defer { object = pod.json }
        if let overhead = runtime.overhead, !overhead.podFixed.isEmpty {
            if !pod.spec.overhead.isEmpty, pod.spec.overhead != overhead.podFixed {
                throw .forbidden(call.names, pod.name, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
            }
            pod.spec.json["overhead"] = overhead.json["podFixed"]
        }
        guard let scheduling = runtime.scheduling else { return }
        for (key, value) in scheduling.nodeSelector {
            if let found = pod.spec.nodeSelector[key], found != value {
                throw .forbidden(
                    call.names, pod.name,
                    "conflict: runtimeClass.scheduling.nodeSelector[\(key)] = \(value); pod.spec.nodeSelector[\(key)] = \(found)")
            }
            pod.spec.nodeSelector[key] = value
        }
        let known: Set<JSON> = Set(pod.spec.tolerations.map { $0.json })
        pod.spec.tolerations += scheduling.tolerations.filter { !known.contains($0.json) }
    }

    func validate(_ operation: AdmissionOperation, _ object: JSON?, old: JSON?, _ call: Call) throws(APIStatus) {
        guard operation == .create, let object else { return }
        let pod = View<Pod>(object)
        guard !pod.spec.overhead.isEmpty else { return }
        guard let runtime = try runtime(of: object, call) else {
            throw .forbidden(call.names, pod.name, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead")
        }
        if runtime.overhead?.podFixed ?? [:] != pod.spec.overhead {
            throw .forbidden(
                call.names, pod.name,
                runtime.overhead == nil
                    ? "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"
                    : "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
        }
    }

    private func runtime(of object: JSON, _ call: Call) throws(APIStatus) -> View<RuntimeClass>? {
        guard let name = object[["spec", "runtimeClassName"]]?.string, !name.isEmpty else { return nil }
        guard let runtime = objects.find(RuntimeClass.self, ObjectKey(namespace: "", name: name)) else {
            throw .forbidden(
                call.names, object[["metadata", "name"]]?.string ?? "", "pod rejected: RuntimeClass \"\(name)\" not found")
        }
        return runtime
    }
}
