import API
import Machinery

/// Access to devices beside those who use them is for namespaces that say so.
///
/// Source: `AuthorizedForAdmin` of pkg/registry/resource.
struct AdminAccess: AdmissionPlugin {
    private static let label = "resource.kubernetes.io/admin-access"
    let objects: ParsedObjects

    func concerns(_ subject: AdmissionSubject) -> Bool {
        subject.isAbout(ResourceClaim.self) || subject.isAbout(ResourceClaimTemplate.self)
    }

    func validate(_ operation: AdmissionOperation, _ object: JSON?, old: JSON?, _ call: Call) throws(APIStatus) {
        guard operation == .create, let object else { return }
        let spec: JSON? = call.isAbout(ResourceClaim.self) ? object["spec"] : object[["spec", "spec"]]
        let requests: [View<DeviceRequest>] = View<ResourceClaimSpec>(spec ?? [:]).devices.requests
        guard requests.contains(where: { $0.exactly?.adminAccess == true }) else { return }
        let namespace: View<Namespace>? = objects.find(Namespace.self, ObjectKey(namespace: "", name: call.request.namespace ?? ""))
        guard namespace?.metadata.labels[Self.label] != "true" else { return }
        var problems = Problems()
        problems.forbidden(
            Path(""), "admin access to devices requires the `\(Self.label): true` label on the containing namespace")
        throw .invalid(call.names, object[["metadata", "name"]]?.string ?? "", problems)
    }
}
