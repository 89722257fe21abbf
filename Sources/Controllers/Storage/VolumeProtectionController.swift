import API
import Client
import Machinery

/// Keeps a deleted PersistentVolume while it is bound to a claim. Reads PersistentVolumes; writes the finalizer
/// `kubernetes.io/pv-protection`. Source: pkg/controller/volume/pvprotection.
struct VolumeProtectionController: Controller {
    static let name = "persistentvolume-protection-controller"
    static let finalizer = "kubernetes.io/pv-protection"

    private let context: ControllerContext
    private let volumes: Informer<PersistentVolume>

    init(_ context: ControllerContext) {
        self.context = context
        volumes = context.informers.informer()
    }

    func watch(_ queue: WorkQueue) {
        volumes.onChange { _, after in if let after { queue.add(after.key) } }
    }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        guard let volume = volumes.get(key), let finalizers = Self.finalizers(of: volume) else { return nil }
        var next: View<PersistentVolume> = volume
        next.metadata.finalizers = finalizers
        volumes.note(try await context.client.update(next))
        return nil
    }

    /// Pure: the finalizers that the volume should have; nil when it has them.
    static func finalizers(of volume: View<PersistentVolume>) -> [String]? {
        let found: [String] = volume.metadata.finalizers
        guard volume.isTerminating else { return found.contains(finalizer) ? nil : found + [finalizer] }
        guard found.contains(finalizer), volume.json[["status", "phase"]]?.string != "Bound" else { return nil }
        return found.filter { $0 != finalizer }
    }
}
