import API
import Client
import Machinery

/// What pods ask for, and may take at most, as the scheduler counts it: one sample for each pod and resource.
///
/// Source: pkg/scheduler/metrics/resources.
enum PodResourceMetrics {
    static func add(_ pods: Informer<Pod>, to metrics: Metrics) {
        metrics.collect { text in
            let pods: [View<Pod>] = pods.list().filter { !$0.isFinished }
            text.family("kube_pod_resource_request", .gauge, "Resources that pods ask for.") { samples in
                for pod in pods { write(pod, pod.spec.requests, to: &samples) }
            }
            text.family("kube_pod_resource_limit", .gauge, "Resources that pods may take at most.") { samples in
                for pod in pods { write(pod, pod.spec.limits, to: &samples) }
            }
        }
    }

    private static func write(_ pod: View<Pod>, _ resources: PodResources, to samples: inout MetricsText.Samples) {
        for (name, amount) in resources.amounts where !amount.isZero {
            samples.add(
                [
                    MetricLabel("namespace", pod.namespace), MetricLabel("node", pod.spec.nodeName), MetricLabel("pod", pod.name),
                    MetricLabel("priority", pod.spec.priority.map { "\($0)" } ?? ""), MetricLabel("resource", name),
                    MetricLabel("scheduler", pod.spec.schedulerName), MetricLabel("unit", unit(of: name)),
                ], amount.double)
        }
    }

    private static func unit(of resource: String) -> String {
        switch resource {
        case "cpu": "cores"
        case "memory", "storage", "ephemeral-storage": "bytes"
        default: resource.hasPrefix("hugepages-") ? "bytes" : resource.hasPrefix("attachable-volumes-") ? "integer" : ""
        }
    }
}
