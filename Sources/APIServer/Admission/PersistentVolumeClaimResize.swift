import API
import Machinery

/// Lets only claims grow that are bound, and whose class allows it.
///
/// Source: plugin/pkg/admission/storage/persistentvolume/resize.
struct PersistentVolumeClaimResize: AdmissionPlugin {
    let objects: ParsedObjects

    func concerns(_ subject: AdmissionSubject) -> Bool { subject.isAbout(PersistentVolumeClaim.self) }

    func validate(_ operation: AdmissionOperation, _ object: JSON?, old: JSON?, _ call: Call) throws(APIStatus) {
        guard operation == .update, let object, let old else { return }
        let (claim, before) = (View<PersistentVolumeClaim>(object), View<PersistentVolumeClaim>(old))
        guard let size = claim.spec.resources.requests["storage"], let oldSize = before.spec.resources.requests["storage"], size > oldSize
        else { return }
        guard before.status.phase == "Bound" else {
            throw .forbidden(call.names, claim.name, "Only bound persistent volume claims can be expanded")
        }
        let name: String = claim.metadata.annotations["volume.beta.kubernetes.io/storage-class"] ?? claim.spec.storageClassName ?? ""
        let storage: View<StorageClass>? =
            name.isEmpty ? nil : objects.find(StorageClass.self, ObjectKey(namespace: "", name: name))
        guard storage?.allowVolumeExpansion == true else {
            throw .forbidden(
                call.names, claim.name,
                "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize")
        }
    }
}
