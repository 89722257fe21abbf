import API
import Machinery
import Synchronization

/// How often the probes of the node's containers came to each result. Those of a probe that ended are forgotten.
///
/// Source: pkg/kubelet/prober.
final class ProbeResults: Sendable {
    struct Probe: Hashable, Sendable {
        let pod: ObjectKey
        let uid: String
        let container: String
        let kind: ProbeKind
    }

    enum Result: String { case successful, failed, unknown }

    private let counts = Mutex<[Probe: [Result: Int]]>([:])

    func add(_ result: Result, of probe: Probe) { counts.withLock { $0[probe, default: [:]][result, default: 0] += 1 } }

    func forget(_ probe: Probe) { counts.withLock { $0[probe] = nil } }

    /// As `/metrics/probes` shows them.
    var text: [UInt8] {
        var text = MetricsText()
        text.family("prober_probe_total", .counter, "Results of liveness, readiness and startup probes of containers.") { samples in
            for (probe, results) in counts.withLock({ $0 }) {
                for (result, count) in results {
                    samples.add(
                        [
                            MetricLabel("container", probe.container), MetricLabel("namespace", probe.pod.namespace),
                            MetricLabel("pod", probe.pod.name), MetricLabel("pod_uid", probe.uid),
                            MetricLabel("probe_type", probe.kind.rawValue), MetricLabel("result", result.rawValue),
                        ], Double(count))
                }
            }
        }
        return text.bytes
    }
}
