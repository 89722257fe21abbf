import Machinery

/// What `status --metrics` tells people of `/metrics`.
struct ClusterFigures {
    private let samples: [MetricsReader.Sample]

    init(_ samples: [MetricsReader.Sample]) { self.samples = samples }

    var text: String {
        var parts: [String] = [process, requests]
        if let queues { parts.append(queues) }
        return parts.joined(separator: "\n")
    }

    // MARK: - Parts

    private var process: String {
        let (writes, commits): (Double, Double) = (sum("swkube_store_writes_total"), sum("swkube_store_commit_duration_seconds_count"))
        let mean: Double = commits > 0 ? sum("swkube_store_commit_duration_seconds_sum") / commits : 0
        return """
            Process:   \(Self.fixed(sum("process_cpu_seconds_total"), 1)) s of CPU, \
            \(Self.bytes(sum("process_resident_memory_bytes"))) resident, \
            \(Int(sum("process_threads"))) threads, \(Int(sum("process_open_fds"))) open files
            Store:     \(Int(sum("apiserver_resource_objects"))) objects, revision \(Int(sum("swkube_store_revision"))), \
            \(Self.bytes(sum("apiserver_storage_size_bytes"))) on disk; \
            \(Int(writes)) writes in \(Int(commits)) transactions of \(Self.milliseconds(mean)) each
            Requests:  \(Int(sum("apiserver_request_total"))) answered, \(Int(failed)) of them refused or failed; \
            \(Int(sum("apiserver_current_inflight_requests"))) in flight, \(Int(sum("apiserver_longrunning_requests"))) streams open, \
            \(Int(sum("apiserver_watch_events_total"))) watch events sent
            """
    }

    /// The ten kinds of request that came most often.
    private var requests: String {
        struct Key: Hashable { let verb, resource: String }
        var counts: [Key: (count: Double, failed: Double, seconds: Double, timed: Double)] = [:]
        for sample in samples {
            let labels: [String: String] = sample.labels
            let names: [String] = [labels["resource"] ?? "", labels["subresource"] ?? ""].filter { !$0.isEmpty }
            let group: String = labels["group"] ?? ""
            let key = Key(verb: labels["verb"] ?? "", resource: names.joined(separator: "/") + (group.isEmpty ? "" : "." + group))
            switch sample.name {
            case "apiserver_request_total":
                counts[key, default: (0, 0, 0, 0)].count += sample.value
                if Self.isFailure(sample) { counts[key]?.failed += sample.value }
            case "apiserver_request_duration_seconds_sum": counts[key, default: (0, 0, 0, 0)].seconds += sample.value
            case "apiserver_request_duration_seconds_count": counts[key, default: (0, 0, 0, 0)].timed += sample.value
            default: break
            }
        }
        var table = TabWriter.table
        table.line(["VERB", "RESOURCE", "REQUESTS", "FAILED", "MEAN"])
        let sorted = counts.sorted { ($1.value.count, $0.key.verb, $0.key.resource) < ($0.value.count, $1.key.verb, $1.key.resource) }
        for (key, figures) in sorted.prefix(10) where figures.count > 0 {
            let mean: Double = figures.timed > 0 ? figures.seconds / figures.timed : 0
            table.line([
                key.verb, key.resource, String(Int(figures.count)), String(Int(figures.failed)),
                key.verb == "WATCH" ? "-" : Self.milliseconds(mean),
            ])
        }
        return "\n" + table.rendered().trimmingLineEnd
    }

    /// The work queues; nil where nobody tells of any.
    private var queues: String? {
        var table = TabWriter.table
        table.line(["QUEUE", "WAITING", "ADDED", "RETRIED"])
        let added: [MetricsReader.Sample] = samples.filter { $0.name == "workqueue_adds_total" && $0.value > 0 }
        guard !added.isEmpty else { return nil }
        for sample in added.sorted(by: { $0.labels["name"] ?? "" < $1.labels["name"] ?? "" }) {
            let name: String = sample.labels["name"] ?? ""
            func of(_ metric: String) -> Double { sum(metric) { $0.labels["name"] == name } }
            table.line([name, String(Int(of("workqueue_depth"))), String(Int(sample.value)), String(Int(of("workqueue_retries_total")))])
        }
        return "\n" + table.rendered().trimmingLineEnd
    }

    // MARK: - Details

    private var failed: Double { sum("apiserver_request_total", where: Self.isFailure) }

    private static func isFailure(_ sample: MetricsReader.Sample) -> Bool {
        ["4", "5"].contains { sample.labels["code"]?.hasPrefix($0) == true }
    }

    private func sum(_ name: String, where isMeant: (MetricsReader.Sample) -> Bool = { _ in true }) -> Double {
        samples.reduce(0) { $1.name == name && isMeant($1) ? $0 + $1.value : $0 }
    }

    private static func bytes(_ bytes: Double) -> String { fixed(bytes / 1_048_576, 1) + " MiB" }

    private static func milliseconds(_ seconds: Double) -> String { fixed(seconds * 1000, 2) + " ms" }

    /// With so many digits behind the point.
    private static func fixed(_ value: Double, _ digits: Int) -> String {
        var scale = 1
        for _ in 0..<digits { scale *= 10 }
        let whole = Int((value * Double(scale)).rounded())
        let fraction = String(whole % scale)
        return "\(whole / scale)." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}

extension String {
    fileprivate var trimmingLineEnd: String { hasSuffix("\n") ? String(dropLast()) : self }
}
