import Glibc
import Sandbox
import Synchronization

/// Keeps the lock of a data folder for as long as the cluster lives.
final class LockBox: Sendable {
    private let lock: Mutex<FileLock?>

    /// Throws ``ClusterError`` when another process has the folder.
    init(_ profile: ClusterProfile) throws(ClusterError) {
        let taken: FileLock?
        do throws(SandboxError) {
            taken = try FileLock.take(path: profile.lockPath, text: "\(getpid())\n")
        } catch {
            throw ClusterError("cannot lock \(profile.folder): \(error)")
        }
        guard let taken else {
            let holder: String = FileLock.holder(of: profile.lockPath)?.filter(\.isNumber) ?? "?"
            throw ClusterError("cluster \(profile.name) runs already (process \(holder)) on \(profile.folder). See it: swkube status")
        }
        lock = Mutex(taken)
    }

    func release() { lock.withLock { $0 = nil } }
}
