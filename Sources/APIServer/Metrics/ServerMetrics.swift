import API
import CEL
import Machinery
import Store

/// What is looked up when somebody reads the metrics of an API server: its objects and its store.
///
/// Names of upstream where they mean the same. The store is no etcd: what is its own has its own names.
extension APIServer {
    func addMetrics(to metrics: Metrics) {
        metrics.collect { [weak self] text in
            guard let self else { return }
            writeObjects(&text)
            writeDeprecated(&text)
            writeStore(&text)
            writeExpressions(&text)
            flowControl.write(&text)
            aggregation.write(&text)
        }
    }

    private func writeObjects(_ text: inout MetricsText) {
        var counts: [(names: KindNames, count: Int)] = []
        var seen: Set<String> = []
        for type in types.all {
            let prefix: String = ObjectKeys.prefix(type.storedNames)
            guard found[type.names.qualifiedResource] == nil, type.names.verbs.contains(.list), seen.insert(prefix).inserted else {
                continue
            }
            counts.append((type.names, store.count(prefix: prefix)))
        }
        text.family("apiserver_resource_objects", .gauge, "Objects that are stored.") { samples in
            for (names, count) in counts {
                samples.add([MetricLabel("group", names.group), MetricLabel("resource", names.plural)], Double(count))
            }
        }
        text.family("apiserver_storage_objects", .gauge, "Objects that are stored, by qualified resource.") { samples in
            for (names, count) in counts { samples.add([MetricLabel("resource", names.qualifiedResource)], Double(count)) }
        }
    }

    /// Which deprecated resources were asked for. None of those that are served has a release in which it is to go.
    private func writeDeprecated(_ text: inout MetricsText) {
        let asked = Set(requestMetrics.asked.map { [$0.group, $0.version, $0.resource, $0.subresource] }).filter {
            types[GroupVersionResource(group: $0[0], version: $0[1], resource: $0[2])]?.deprecation != nil
        }
        text.family("apiserver_requested_deprecated_apis", .gauge, "1 for each deprecated resource that was asked for.") { samples in
            for parts in asked {
                samples.add(
                    [
                        MetricLabel("group", parts[0]), MetricLabel("removed_release", ""), MetricLabel("resource", parts[2]),
                        MetricLabel("subresource", parts[3]), MetricLabel("version", parts[1]),
                    ], 1)
            }
        }
    }

    private func writeExpressions(_ text: inout MetricsText) {
        text.family("apiserver_cel_compilation_duration_seconds", .histogram, "Time that expressions took to be compiled.") {
            ExpressionTimes.compilation.write([], to: &$0)
        }
        text.family("apiserver_cel_evaluation_duration_seconds", .histogram, "Time that expressions took to be evaluated.") {
            ExpressionTimes.evaluation.write([], to: &$0)
        }
    }

    private func writeStore(_ text: inout MetricsText) {
        text.sample("swkube_store_revision", .gauge, "Revision of the last durable write.", Double(store.revision))
        text.sample("swkube_store_compacted_revision", .gauge, "History before this revision is forgotten.", Double(store.compacted))
        text.sample(
            "kubernetes_build_info", .gauge, "The version of Kubernetes that is spoken, and of the program.",
            ServerVersion.metricLabels, 1)
    }
}

extension MetricsText {
    fileprivate mutating func sample(_ name: String, _ kind: MetricKind, _ help: String, _ value: Double) {
        sample(name, kind, help, [], value)
    }
}
