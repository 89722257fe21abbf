import Glibc
import Machinery
import Store

/// The store's figures. It is no etcd, so that they have names of their own, but for the size of what is on the disk.
enum StoreMetrics {
    /// What counts the store's transactions.
    static func commits(_ metrics: Metrics) -> @Sendable (_ writes: Int, _ time: Duration) -> Void {
        let writes: Metrics.Counter = metrics.counter("swkube_store_writes_total", "Writes that became durable.")
        let times: Metrics.Histogram = metrics.histogram(
            "swkube_store_commit_duration_seconds", "Time of one durable transaction, which writers that wait together share.",
            bounds: Metrics.Histogram.exponential(from: 0.0001, factor: 2, count: 15))
        return { count, time in
            writes.add(count)
            times.observe(time)
        }
    }

    static func add(_ store: SQLiteStore, path: String, to metrics: Metrics) {
        metrics.collect { [weak store] text in
            guard let store else { return }
            let retained: (events: Int, bytes: Int) = store.retained
            text.sample("swkube_store_history_events", .gauge, "Events that watches may still ask for.", [], Double(retained.events))
            text.sample(
                "swkube_store_history_bytes", .gauge, "Bytes of versions that only the history holds.", [], Double(retained.bytes))
            let size: Int = [path, path + "-wal"].reduce(0) { sum, file in
                var facts = stat()
                return stat(file, &facts) == 0 ? sum + Int(facts.st_size) : sum
            }
            text.sample(
                "apiserver_storage_size_bytes", .gauge, "Bytes of the store's files.", [MetricLabel("storage_cluster_id", "swkube")],
                Double(size))
        }
    }
}
