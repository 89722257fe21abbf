package import API
package import Machinery
import Synchronization

/// Which pods have which labels, kept beside the copy of all pods: the pods of a template share their labels, so a selector is held against
/// few sets of labels instead of every pod of a namespace.
package final class PodsByLabel: Sendable {
    private typealias KeysByLabels = [[String: String]: Set<ObjectKey>]

    private let pods: Informer<Pod>
    /// By namespace.
    private let keys = Mutex<[String: KeysByLabels]>([:])

    init(_ pods: Informer<Pod>) {
        self.pods = pods
        pods.onChange { [weak self] before, after in self?.changed(before, after) }
    }

    private func changed(_ before: View<Pod>?, _ after: View<Pod>?) {
        guard let key = (after ?? before)?.key else { return }
        let (old, new): ([String: String]?, [String: String]?) = (before?.metadata.labels, after?.metadata.labels)
        guard old != new else { return }
        keys.withLock { keys in
            if let old {
                keys[key.namespace]?[old]?.remove(key)
                if keys[key.namespace]?[old]?.isEmpty == true { keys[key.namespace]?[old] = nil }
                if keys[key.namespace]?.isEmpty == true { keys[key.namespace] = nil }
            }
            if let new { keys[key.namespace, default: [:]][new, default: []].insert(key) }
        }
    }

    /// The pods of a namespace whose labels are as wanted, in no order.
    package func pods(in namespace: String, where areWanted: ([String: String]) -> Bool) -> [View<Pod>] {
        let found: [ObjectKey] = keys.withLock { keys in
            (keys[namespace] ?? [:]).reduce(into: []) { found, entry in if areWanted(entry.key) { found += entry.value } }
        }
        return found.compactMap { pods.get($0) }
    }
}
