import API
import Machinery
import Store

/// Objects are made only in namespaces that exist and stay; the system's own namespaces can't be deleted.
///
/// Asks the index of the namespace's newest version, which is made once for each version: no parsing for the objects in it.
struct NamespaceLifecycle: AdmissionPlugin {
    let store: any Store

    private static let permanent: Set<String> = ["default", "kube-system", "kube-public"]

    func admit(_ operation: AdmissionOperation, _ object: inout JSON, old: JSON?, _ call: Call) throws(APIStatus) {
        guard operation == .create, let name = call.request.namespace, call.names.isNamespaced else { return }
        // Whether somebody may do something can be asked about any namespace.
        if call.names.group == "authorization.k8s.io" { return }
        let key: String = ObjectKeys.key(Namespace.names, namespace: nil, name: name)
        guard let namespace = store.newest(key)?.index as? ObjectIndex else { throw .notFound(Namespace.names, name) }
        guard namespace.isTerminating else { return }
        var status: APIStatus = .forbidden(
            call.names, call.request.name ?? object[["metadata", "name"]]?.string ?? "",
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
