import API
import Machinery

/// Objects of a workload, as short as a table needs them.
enum Fixture {
    static let now = Time(seconds: 1_000_000)

    static func pod(
        _ name: String, phase: String = "Running", ready: Bool = true, readySince: Int64 = 0, node: String = "local", created: Int64 = 0,
        annotations: [String: String] = [:], isTerminating: Bool = false, finalizers: [String] = [],
        labels: [String: String] = ["app": "web"]
    ) -> View<Pod> {
        Pod.new(name, namespace: "default") {
            $0.metadata.uid = "uid-" + name
            $0.metadata.labels = labels
            $0.metadata.annotations = annotations
            $0.metadata.finalizers = finalizers
            $0.metadata.creationTimestamp = Time(seconds: created)
            if isTerminating { $0.metadata.deletionTimestamp = now }
            $0.spec.nodeName = node
            $0.status.phase = phase
            $0.status.podIP = node.isEmpty ? "" : "127.16.0.9"
            $0.setCondition("Ready", ready && phase == "Running", now: Time(seconds: readySince))
        }
    }

    static func template(_ image: String) -> View<PodTemplateSpec> {
        View<PodTemplateSpec> {
            $0.metadata.labels = ["app": "web"]
            $0.spec.containers = [
                View<Container> {
                    $0.name = "web"
                    $0.image = image
                }
            ]
        }
    }

    static func deployment(
        replicas: Int, image: String = "v2",
        strategy: JSON = ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": "25%", "maxUnavailable": "25%"]],
        paused: Bool = false
    ) -> View<Deployment> {
        Deployment.new("web", namespace: "default") {
            $0.metadata.uid = "deployment"
            $0.metadata.generation = 2
            $0.spec.replicas = replicas
            $0.spec.paused = paused
            $0.spec.template = template(image)
            $0.json[["spec", "strategy"]] = strategy
        }
    }

    /// - Parameter wanted: what the Deployment wanted when it last scaled the set.
    static func set(_ image: String, replicas: Int, available: Int? = nil, wanted: Int, created: Int64 = 0) -> View<ReplicaSet> {
        ReplicaSet.new("web-" + image, namespace: "default") {
            $0.metadata.uid = image
            $0.metadata.creationTimestamp = Time(seconds: created)
            $0.metadata.annotations = [
                "deployment.kubernetes.io/desired-replicas": String(wanted),
                "deployment.kubernetes.io/max-replicas": String(wanted + (wanted + 3) / 4),
            ]
            $0.spec.replicas = replicas
            $0.spec.template = template(image)
            $0.status.replicas = replicas
            $0.status.readyReplicas = available ?? replicas
            $0.status.availableReplicas = available ?? replicas
        }
    }
}
