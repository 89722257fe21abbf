package import Machinery
package import Store

/// Forgets the history of the store that is older than five minutes, as the API server of Kubernetes does with etcd's.
///
/// Watches and pages that stand at an older revision then get 410 Gone.
package struct Compactor: Sendable {
    private let store: any Store
    private let clock: ClusterClock

    package init(store: any Store, clock: ClusterClock) {
        self.store = store
        self.clock = clock
    }

    /// Returns when the task is cancelled.
    package func run() async {
        var last: Revision = store.revision
        while (try? await clock.sleep(for: .seconds(300))) != nil {
            let now: Revision = store.revision
            // What was the present five minutes ago is the oldest past from now on. A full disk is reported by the writes that matter.
            if last > store.compacted { _ = try? await store.compact(to: last) }
            last = now
        }
    }
}
