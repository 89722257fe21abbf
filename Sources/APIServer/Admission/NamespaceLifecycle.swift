import API
import Machinery

/// Objects are made only in namespaces that exist and stay; the system's own namespaces can't be deleted.
struct NamespaceLifecycle: AdmissionPlugin {
    let objects: Objects

    private static let permanent: Set<String> = ["default", "kube-system", "kube-public"]

    func admit(_ operation: AdmissionOperation, _ object: inout JSON, old: JSON?, _ call: Call) throws(APIStatus) {
        guard operation == .create, let name = call.request.namespace, call.names.isNamespaced else { return }
        guard let namespace = objects.find(Namespace.self, ObjectKey(namespace: "", name: name)) else {
            throw .notFound(Namespace.names, name)
        }
        guard namespace.isTerminating else { return }
        var status: APIStatus = .forbidden(
            call.names, object[["metadata", "name"]]?.string ?? "",
            "unable to create new content in namespace \(name) because it is being terminated")
        status.details?.causes = [
            APIStatus.Cause(reason: "NamespaceTerminating", message: "namespace \(name) is being terminated", field: "metadata.namespace")
        ]
        throw status
    }

    func validate(_ operation: AdmissionOperation, _ object: JSON?, old: JSON?, _ call: Call) throws(APIStatus) {
        guard operation == .delete, call.isAbout(Namespace.self), let name = call.request.name, Self.permanent.contains(name) else {
            return
        }
        throw .forbidden(call.names, name, "this namespace may not be deleted")
    }
}
