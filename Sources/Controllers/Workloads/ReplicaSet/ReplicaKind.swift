import API
import Machinery

/// A kind that keeps a number of equal pods: ReplicaSet and its forerunner ReplicationController.
protocol ReplicaKind: Kind {
    /// Also the name of its service account.
    static var controllerName: String { get }
    static var queueName: String { get }
    static func wish(_ object: View<Self>) -> ReplicaWish
    static func write(_ counts: ReplicaCounts, to object: inout View<Self>)
}

/// What is wanted of the pods.
struct ReplicaWish: Sendable {
    let replicas: Int
    let minReadySeconds: Int
    let selector: LabelMatch
    let template: View<PodTemplateSpec>
}

/// What there is of them.
struct ReplicaCounts: Equatable, Sendable {
    var replicas: Int = 0
    /// With all labels of the template.
    var fullyLabeled: Int = 0
    var ready: Int = 0
    var available: Int = 0
    /// Being deleted and not yet ended; not among ``replicas``.
    var terminating: Int = 0
}

extension ReplicaSet: ReplicaKind {
    static let controllerName = "replicaset-controller"
    static let queueName = "replicaset"

    static func wish(_ set: View<ReplicaSet>) -> ReplicaWish {
        ReplicaWish(
            replicas: set.spec.replicas, minReadySeconds: set.spec.minReadySeconds, selector: set.spec.selector?.match ?? .nothing,
            template: set.spec.template)
    }

    static func write(_ counts: ReplicaCounts, to set: inout View<ReplicaSet>) {
        set.status.replicas = counts.replicas
        set.status.fullyLabeledReplicas = counts.fullyLabeled
        set.status.readyReplicas = counts.ready
        set.status.availableReplicas = counts.available
        set.status.terminatingReplicas = counts.terminating
        set.status.observedGeneration = set.metadata.generation
    }
}

extension ReplicationController: ReplicaKind {
    static let controllerName = "replication-controller"
    static let queueName = "replicationmanager"

    static func wish(_ controller: View<ReplicationController>) -> ReplicaWish {
        let labels: JSON = ["matchLabels": controller.spec.json["selector"] ?? [:]]
        return ReplicaWish(
            replicas: controller.spec.replicas, minReadySeconds: controller.spec.minReadySeconds,
            selector: View<LabelSelector>(labels).match, template: controller.spec.template ?? View<PodTemplateSpec>())
    }

    static func write(_ counts: ReplicaCounts, to controller: inout View<ReplicationController>) {
        controller.status.replicas = counts.replicas
        controller.status.fullyLabeledReplicas = counts.fullyLabeled
        controller.status.readyReplicas = counts.ready
        controller.status.availableReplicas = counts.available
        controller.status.observedGeneration = controller.metadata.generation
    }
}
