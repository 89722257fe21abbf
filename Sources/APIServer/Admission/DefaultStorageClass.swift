import API
import Machinery

/// Gives claims that name no class the default one: the newest of those that are marked so.
///
/// Source: plugin/pkg/admission/storage/storageclass/setdefault.
struct DefaultStorageClass: AdmissionPlugin {
    let objects: ParsedObjects

    private static let betaAnnotation = "volume.beta.kubernetes.io/storage-class"

    func concerns(_ subject: AdmissionSubject) -> Bool { subject.isAbout(PersistentVolumeClaim.self) }

    func admit(_ operation: AdmissionOperation, _ object: inout JSON, old: JSON?, _ call: Call) throws(APIStatus) {
        guard operation == .create, object[["spec", "storageClassName"]] == nil,
            object[["metadata", "annotations", Self.betaAnnotation]] == nil
        else { return }
        let classes: [View<StorageClass>] = objects.list(StorageClass.self).filter { $0.isDefault }
        guard let chosen = Self.newest(classes, \.metadata) else { return }
        object[["spec", "storageClassName"]] = .string(chosen.name)
    }

    /// The one that was made last; of those made in the same second the first by name.
    static func newest<K: Kind>(_ classes: [View<K>], _ metadata: (View<K>) -> View<ObjectMeta>) -> View<K>? {
        classes.min { one, other in
            let (first, second) = (metadata(one).creationTimestamp ?? .epoch, metadata(other).creationTimestamp ?? .epoch)
            return first == second ? metadata(one).name < metadata(other).name : first > second
        }
    }
}
