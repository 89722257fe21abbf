package import API
import Machinery
import Synchronization

/// Which pods are on which node, kept beside the copy of all pods: with many nodes nobody can look at every pod for each.
package final class PodsByNode: Sendable {
    private let keys = Mutex<[String: Set<ObjectKey>]>([:])

    init(_ pods: Informer<Pod>) {
        pods.onChange { [weak self] before, after in self?.changed(before, after) }
    }

    private func changed(_ before: View<Pod>?, _ after: View<Pod>?) {
        let (old, new): (String, String) = (before?.spec.nodeName ?? "", after?.spec.nodeName ?? "")
        guard old != new, let key = (after ?? before)?.key else { return }
        keys.withLock { keys in
            keys[old]?.remove(key)
            if keys[old]?.isEmpty == true { keys[old] = nil }
            if !new.isEmpty { keys[new, default: []].insert(key) }
        }
    }

    /// The pods that are bound to a node, ended ones too.
    package func keys(on node: String) -> Set<ObjectKey> { keys.withLock { $0[node] ?? [] } }
}
