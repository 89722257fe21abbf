package import Machinery

/// Keeps a number of equal pods running.
package struct ReplicaSet: Kind {
    package static let definition = Definition(ReplicaSet(), "apps.v1.ReplicaSet", "Keeps a number of equal pods running.")
    package static let names = KindNames(
        "ReplicaSet", group: "apps", plural: "replicasets", short: ["rs"], categories: ["all"],
        subresources: [.scale, .status("ReplicaSet")], tracksGeneration: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<ReplicaSetSpec>("spec", 2, "What is wanted.")
    package let status = Field<ReplicaSetStatus>("status", 3, "What was last seen.")

    package static let selectableFields: [SelectableField] = [SelectableField("status.replicas", absent: "0")]

    package static let columns: [Column<ReplicaSet>] = [
        .name,
        .count("Desired", "Number of wanted pods.") { $0.spec.replicas },
        .count("Current", "Number of pods that there are.") { $0.status.replicas },
        .count("Ready", "Number of pods that are ready.") { $0.status.readyReplicas },
        .age,
        .containers { $0.spec.template },
        .images { $0.spec.template },
        .selector { Cells.selector($0.spec.selector) },
    ]

    package static func warnings(_ object: View<ReplicaSet>, from old: View<ReplicaSet>?) -> [String] {
        PodTemplateSpec.warnings(object.spec.template, of: object.metadata, from: old?.metadata)
    }
}

/// What a ReplicaSet is to be.
package struct ReplicaSetSpec: Schema {
    package static let definition = Definition(ReplicaSetSpec(), "apps.v1.ReplicaSetSpec", "What a ReplicaSet is to be.")

    package let replicas = Field<Int32>("replicas", 1, "Number of wanted pods; 1 if absent.", default: 1, .atLeast(0))
    package let selector = Field<LabelSelector?>(
        "selector", 2, "Which pods the set counts as its own. The template's labels must match; it never changes.", .required, .immutable)
    package let template = Field<PodTemplateSpec>("template", 3, "The pod to create when one is missing.")
    package let minReadySeconds = Field<Int32>(
        "minReadySeconds", 4, "Seconds that a pod has to be ready before it counts as available.", .atLeast(0))

    /// Source: `ValidateReplicaSetSpec` of pkg/apis/apps/validation, whose text for an empty selector speaks of a deployment.
    package static func validate(_ spec: View<ReplicaSetSpec>, _ path: Path, _ problems: inout Problems) {
        if let selector = spec.selector, selector.isEmpty {
            problems.invalid(path.child("selector"), selector.json, "empty selector is invalid for deployment")
        }
        PodTemplateRules.validate(spec.template, selector: spec.selector, of: "ReplicaSet", path.child("template"), &problems)
    }
}

/// What was last seen of a ReplicaSet.
package struct ReplicaSetStatus: Schema {
    package static let definition = Definition(ReplicaSetStatus(), "apps.v1.ReplicaSetStatus", "What was last seen of a ReplicaSet.")

    package let replicas = Field<Int32>("replicas", 1, "Number of pods that are not terminating.", .always, .atLeast(0))
    package let fullyLabeledReplicas = Field<Int32>(
        "fullyLabeledReplicas", 2, "Of these, pods with all labels of the template.", .atLeast(0))
    package let observedGeneration = Field<Int64>(
        "observedGeneration", 3, "Generation of the set that the controller has seen.", .atLeast(0))
    package let readyReplicas = Field<Int32>("readyReplicas", 4, "Of these, pods that are ready.", .atLeast(0))
    package let availableReplicas = Field<Int32>("availableReplicas", 5, "Of these, pods ready for minReadySeconds.", .atLeast(0))
    package let conditions = Field<[ReplicaSetCondition]>(
        "conditions", 6, "Aspects of the state: ReplicaFailure.", .merge(key: "type"))
    package let terminatingReplicas = Field<Int32?>(
        "terminatingReplicas", 7, "Pods that are being deleted but not yet gone.", .atLeast(0))

    package static func validate(_ status: View<ReplicaSetStatus>, _ path: Path, _ problems: inout Problems) {
        ReplicaCounts.validate(
            [
                ("fullyLabeledReplicas", status.fullyLabeledReplicas, status.replicas, "status.replicas"),
                ("readyReplicas", status.readyReplicas, status.replicas, "status.replicas"),
                ("availableReplicas", status.availableReplicas, status.replicas, "status.replicas"),
                ("availableReplicas", status.availableReplicas, status.readyReplicas, "readyReplicas"),
            ], path, &problems)
    }
}

/// One aspect of a ReplicaSet's state.
package struct ReplicaSetCondition: Schema {
    package static let definition = Definition(
        ReplicaSetCondition(), "apps.v1.ReplicaSetCondition", "One aspect of a ReplicaSet's state.")

    package let type = Field<String>("type", 1, "ReplicaFailure.", .required)
    package let status = Field<String>("status", 2, "True, False or Unknown.", .required)
    package let lastTransitionTime = Field<Time?>("lastTransitionTime", 3, "When the status changed last.", .written)
    package let reason = Field<String>("reason", 4, "One word for why.")
    package let message = Field<String>("message", 5, "The same for people.")
}
