import API
import Machinery

/// Who gives an object that is there an owner must be allowed to delete the object, because its owner's end will; who lets an object, a new
/// one too, block the deletion of its owner must be allowed to change the owner's finalizers.
///
/// Source: plugin/pkg/admission/gc.
struct OwnerReferencesPermissionEnforcement: AdmissionPlugin {
    let types: ServedTypes
    let authorizer: Authorizer

    func validate(_ operation: AdmissionOperation, _ object: JSON?, old: JSON?, _ call: Call) throws(APIStatus) {
        guard let object, operation != .delete else { return }
        let owners: JSON? = object[["metadata", "ownerReferences"]]
        let before: JSON? = old?[["metadata", "ownerReferences"]]
        // Nearly every request ends here.
        guard owners != before, !(owners?.isEmpty ?? true && before?.isEmpty ?? true) else { return }
        guard !(call.isOf(Pod.self) && call.request.subresource == "status") else { return }
        let name: String = object[["metadata", "name"]]?.string ?? ""
        let deletion = Attributes(
            verb: "delete", group: call.names.group, resource: call.names.plural, subresource: call.request.subresource ?? "",
            namespace: call.request.namespace ?? "", name: name)
        guard operation == .create || authorizer.decide(call.user, deletion).isAllowed else {
            throw .forbidden(call.names, name, "cannot set an ownerRef on a resource you can't delete: , <nil>")
        }
        let known: Set<JSON> = Set((before?.array ?? []).filter(Self.blocks).map { $0["uid"] ?? .null })
        for owner in owners?.array ?? [] where Self.blocks(owner) && !known.contains(owner["uid"] ?? .null) {
            try checkOwner(View<OwnerReference>(owner), name, call)
        }
    }

    private static func blocks(_ owner: JSON) -> Bool { owner["blockOwnerDeletion"] == true }

    private func checkOwner(_ owner: View<OwnerReference>, _ name: String, _ call: Call) throws(APIStatus) {
        let found: [ResourceType] = types.all.filter { $0.names.apiVersion == owner.apiVersion && $0.names.kind == owner.kind }
        guard !found.isEmpty else {
            throw .forbidden(
                call.names, name,
                "cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion \(owner.apiVersion) "
                    + "Kind \(owner.kind): no matches for kind \"\(owner.kind)\" in version \"\(owner.apiVersion)\"")
        }
        for type in found {
            let wish = Attributes(
                verb: "update", group: type.names.group, resource: type.names.plural, subresource: "finalizers",
                namespace: type.names.isNamespaced ? call.request.namespace ?? "" : "", name: owner.name)
            guard authorizer.decide(call.user, wish).isAllowed else {
                throw .forbidden(
                    call.names, name,
                    "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: , <nil>")
            }
        }
    }
}
