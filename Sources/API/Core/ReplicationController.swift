package import Machinery

/// The forerunner of ``ReplicaSet``: keeps a number of equal pods running, found by equal labels only.
package struct ReplicationController: Kind {
    package static let definition = Definition(
        ReplicationController(), "core.v1.ReplicationController", "The forerunner of ReplicaSet: keeps a number of equal pods running.")
    package static let names = KindNames(
        "ReplicationController", group: "", plural: "replicationcontrollers", short: ["rc"], categories: ["all"],
        subresources: [.scale, .status("ReplicationController")], tracksGeneration: true, dependents: .orphaned())

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like; the template's labels if absent.")
    package let spec = Field<ReplicationControllerSpec>("spec", 2, "What is wanted.")
    package let status = Field<ReplicationControllerStatus>("status", 3, "What was last seen.")

    package static let selectableFields: [SelectableField] = [SelectableField("status.replicas", absent: "0")]

    package static let columns: [Column<ReplicationController>] = [
        .name,
        .count("Desired", "Number of wanted pods.") { $0.spec.replicas },
        .count("Current", "Number of pods that there are.") { $0.status.replicas },
        .count("Ready", "Number of pods that are ready.") { $0.status.readyReplicas },
        .age,
        .containers { $0.spec.template ?? View<PodTemplateSpec>() },
        .images { $0.spec.template ?? View<PodTemplateSpec>() },
        .selector { Cells.labels($0.spec.selector) },
    ]

    package static func warnings(_ object: View<ReplicationController>, from old: View<ReplicationController>?) -> [String] {
        object.spec.template.map { PodTemplateSpec.warnings($0, of: object.metadata, from: old?.metadata) } ?? []
    }

    package static func setDefaults(_ controller: inout View<ReplicationController>) {
        let labels: [String: String] = controller.spec.template?.metadata.labels ?? [:]
        guard !labels.isEmpty else { return }
        if controller.spec.selector.isEmpty { controller.spec.selector = labels }
        if controller.metadata.labels.isEmpty { controller.metadata.labels = labels }
    }
}

/// What a ReplicationController is to be.
package struct ReplicationControllerSpec: Schema {
    package static let definition = Definition(
        ReplicationControllerSpec(), "core.v1.ReplicationControllerSpec", "What a ReplicationController is to be.")

    package let replicas = Field<Int32>("replicas", 1, "Number of wanted pods; 1 if absent.", default: 1, .atLeast(0))
    package let selector = Field<[String: String]>(
        "selector", 2, "Labels that pods must have to be counted; those of the template if absent.", .atomic)
    package let template = Field<PodTemplateSpec?>("template", 3, "The pod to create when one is missing.")
    package let minReadySeconds = Field<Int32>(
        "minReadySeconds", 4, "Seconds that a pod has to be ready before it counts as available.", default: 0, .atLeast(0))

    /// Source: `ValidateReplicationControllerSpec` of pkg/apis/core/validation.
    package static func validate(_ spec: View<ReplicationControllerSpec>, _ path: Path, _ problems: inout Problems) {
        let selector: [String: String] = spec.selector
        if selector.isEmpty { problems.required(path.child("selector")) }
        let here: Path = path.child("template")
        guard let template = spec.template else { return problems.required(here) }
        let labels: [String: String] = template.metadata.labels
        if selector.contains(where: { labels[$0.key] != $0.value }) { PodTemplateRules.mismatch(template, here, &problems) }
        PodTemplateRules.validateLongRunning(template, of: "ReplicationController", here, &problems)
    }
}

/// What was last seen of a ReplicationController.
package struct ReplicationControllerStatus: Schema {
    package static let definition = Definition(
        ReplicationControllerStatus(), "core.v1.ReplicationControllerStatus", "What was last seen of a ReplicationController.")

    package let replicas = Field<Int32>("replicas", 1, "Number of pods that are not terminating.", .always, .atLeast(0))
    package let fullyLabeledReplicas = Field<Int32>(
        "fullyLabeledReplicas", 2, "Of these, pods with all labels of the template.", .atLeast(0))
    package let observedGeneration = Field<Int64>(
        "observedGeneration", 3, "Generation that the controller has seen.", .atLeast(0))
    package let readyReplicas = Field<Int32>("readyReplicas", 4, "Of these, pods that are ready.", .atLeast(0))
    package let availableReplicas = Field<Int32>("availableReplicas", 5, "Of these, pods ready for minReadySeconds.", .atLeast(0))
    package let conditions = Field<[ReplicationControllerCondition]>(
        "conditions", 6, "Aspects of the state: ReplicaFailure.", .merge(key: "type"))

    package static func validate(_ status: View<ReplicationControllerStatus>, _ path: Path, _ problems: inout Problems) {
        ReplicaCounts.validate(
            [
                ("fullyLabeledReplicas", status.fullyLabeledReplicas, status.replicas, "status.replicas"),
                ("readyReplicas", status.readyReplicas, status.replicas, "status.replicas"),
                ("availableReplicas", status.availableReplicas, status.replicas, "status.replicas"),
                ("availableReplicas", status.availableReplicas, status.readyReplicas, "readyReplicas"),
            ], path, &problems)
    }
}

/// One aspect of a ReplicationController's state.
package struct ReplicationControllerCondition: Schema {
    package static let definition = Definition(
        ReplicationControllerCondition(), "core.v1.ReplicationControllerCondition", "One aspect of a ReplicationController's state.")

    package let type = Field<String>("type", 1, "ReplicaFailure.", .required)
    package let status = Field<String>("status", 2, "True, False or Unknown.", .required)
    package let lastTransitionTime = Field<Time?>("lastTransitionTime", 3, "When the status changed last.", .written)
    package let reason = Field<String>("reason", 4, "One word for why.")
    package let message = Field<String>("message", 5, "The same for people.")
}
