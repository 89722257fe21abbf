import API
import Machinery

/// Gives new claims and volumes a finalizer that keeps them while they are in use.
///
/// Source: plugin/pkg/admission/storage/storageobjectinuseprotection.
struct StorageObjectInUseProtection: AdmissionPlugin {
    private static let finalizers: [String: JSON] = [
        "persistentvolumeclaims": "kubernetes.io/pvc-protection", "persistentvolumes": "kubernetes.io/pv-protection",
    ]

    func concerns(_ subject: AdmissionSubject) -> Bool {
        subject.names.group.isEmpty && subject.subresource == nil && Self.finalizers[subject.names.plural] != nil
    }

    func admit(_ operation: AdmissionOperation, _ object: inout JSON, old: JSON?, _ call: Call) throws(APIStatus) {
        guard operation == .create, let finalizer = Self.finalizers[call.names.plural] else { return }
        var finalizers: [JSON] = object[["metadata", "finalizers"]]?.array ?? []
        guard !finalizers.contains(finalizer) else { return }
        finalizers.append(finalizer)
        object[["metadata", "finalizers"]] = .array(finalizers)
    }
}
