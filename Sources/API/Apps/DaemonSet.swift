package import Machinery

/// Runs one pod on each node that fits.
package struct DaemonSet: Kind {
    package static let definition = Definition(DaemonSet(), "apps.v1.DaemonSet", "Runs one pod on each node that fits.")
    package static let names = KindNames(
        "DaemonSet", group: "apps", plural: "daemonsets", short: ["ds"], categories: ["all"],
        subresources: [.status("DaemonSet")], tracksGeneration: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<DaemonSetSpec>("spec", 2, "What is wanted.")
    package let status = Field<DaemonSetStatus>("status", 3, "What was last seen.")

    package static let columns: [Column<DaemonSet>] = [
        .name,
        .count("Desired", "Nodes that should run the pod.") { $0.status.desiredNumberScheduled },
        .count("Current", "Nodes that run the pod and should.") { $0.status.currentNumberScheduled },
        .count("Ready", "Nodes whose pod is ready.") { $0.status.numberReady },
        .count("Up-to-date", "Nodes whose pod was made from the present template.") { $0.status.updatedNumberScheduled },
        .count("Available", "Nodes whose pod has been ready for minReadySeconds.") { $0.status.numberAvailable },
        Column("Node Selector", .string, "Labels of nodes that the pods may run on.") { set, _ in
            Cells.labels(set.spec.template.spec.nodeSelector)
        },
        .age,
        .containers { $0.spec.template },
        .images { $0.spec.template },
        .selector { Cells.selector($0.spec.selector) },
    ]

    package static func warnings(_ object: View<DaemonSet>, from old: View<DaemonSet>?) -> [String] {
        PodTemplateSpec.warnings(object.spec.template, of: object.metadata, from: old?.metadata, namesPods: false)
    }
}

/// What a DaemonSet is to be.
package struct DaemonSetSpec: Schema {
    package static let definition = Definition(DaemonSetSpec(), "apps.v1.DaemonSetSpec", "What a DaemonSet is to be.")

    package let selector = Field<LabelSelector?>(
        "selector", 1, "Which pods belong to the set. The template's labels must match; it never changes.", .required, .immutable)
    package let template = Field<PodTemplateSpec>("template", 2, "The pod to run on each node.", .required)
    package let updateStrategy = Field<DaemonSetUpdateStrategy>(
        "updateStrategy", 3, "How old pods give way to new ones.", default: [:])
    package let minReadySeconds = Field<Int32>(
        "minReadySeconds", 4, "Seconds that a pod has to be ready before it counts as available.", .atLeast(0))
    package let revisionHistoryLimit = Field<Int32>(
        "revisionHistoryLimit", 6, "Number of old revisions kept for a rollback; 10 if absent.", default: 10, .atLeast(0))

    /// Source: `ValidateDaemonSetSpec` of pkg/apis/apps/validation.
    package static func validate(_ spec: View<DaemonSetSpec>, _ path: Path, _ problems: inout Problems) {
        if let selector = spec.selector, selector.isEmpty {
            problems.invalid(path.child("selector"), selector.json, "empty selector is invalid for daemonset")
        }
        PodTemplateRules.validate(spec.template, selector: spec.selector, of: "DaemonSet", path.child("template"), &problems)
    }
}

/// How old pods of a DaemonSet give way to new ones.
package struct DaemonSetUpdateStrategy: Schema {
    package static let definition = Definition(
        DaemonSetUpdateStrategy(), "apps.v1.DaemonSetUpdateStrategy", "How old pods of a DaemonSet give way to new ones.")

    package let type = Field<String>(
        "type", 1, "RollingUpdate replaces pods node by node; OnDelete waits for somebody to delete them.", default: "RollingUpdate",
        .oneOf("RollingUpdate", "OnDelete"))
    package let rollingUpdate = Field<RollingUpdateDaemonSet?>("rollingUpdate", 2, "How many nodes at a time; for RollingUpdate only.")

    package static func setDefaults(_ strategy: inout View<DaemonSetUpdateStrategy>) {
        guard strategy.type == "RollingUpdate" else { return }
        var rolling: View<RollingUpdateDaemonSet> = strategy.rollingUpdate ?? View<RollingUpdateDaemonSet>()
        if rolling.maxUnavailable == nil { rolling.maxUnavailable = 1 }
        if rolling.maxSurge == nil { rolling.maxSurge = 0 }
        strategy.rollingUpdate = rolling
    }
}

/// The pace of a rolling update over the nodes.
package struct RollingUpdateDaemonSet: Schema {
    package static let definition = Definition(
        RollingUpdateDaemonSet(), "apps.v1.RollingUpdateDaemonSet", "The pace of a rolling update over the nodes.")

    package let maxUnavailable = Field<IntOrString?>(
        "maxUnavailable", 1, "Nodes whose pod may be missing meanwhile, as a number or a percentage rounded up; 1 if absent.",
        .check(IntOrPercent.validate), .check(IntOrPercent.validateNotMoreThan100Percent))
    package let maxSurge = Field<IntOrString?>(
        "maxSurge", 2, "Nodes that may run the old and the new pod meanwhile, as a number or a percentage rounded up; 0 if absent.",
        .check(IntOrPercent.validate), .check(IntOrPercent.validateNotMoreThan100Percent))

    package static func validate(_ rolling: View<RollingUpdateDaemonSet>, _ path: Path, _ problems: inout Problems) {
        switch (IntOrPercent.isZero(rolling.maxUnavailable), IntOrPercent.isZero(rolling.maxSurge)) {
        case (false, false):
            problems.invalid(
                path.child("maxSurge"), rolling.json["maxSurge"] ?? .null, "may not be set when maxUnavailable is non-zero")
        case (true, true): problems.required(path.child("maxUnavailable"), "cannot be 0 when maxSurge is 0")
        default: break
        }
    }
}

/// What was last seen of a DaemonSet.
package struct DaemonSetStatus: Schema {
    package static let definition = Definition(DaemonSetStatus(), "apps.v1.DaemonSetStatus", "What was last seen of a DaemonSet.")

    package let currentNumberScheduled = Field<Int32>(
        "currentNumberScheduled", 1, "Nodes that run a pod of the set and should.", .always, .atLeast(0))
    package let numberMisscheduled = Field<Int32>(
        "numberMisscheduled", 2, "Nodes that run a pod of the set and should not.", .always, .atLeast(0))
    package let desiredNumberScheduled = Field<Int32>(
        "desiredNumberScheduled", 3, "Nodes that should run a pod of the set.", .always, .atLeast(0))
    package let numberReady = Field<Int32>("numberReady", 4, "Nodes whose pod is ready.", .always, .atLeast(0))
    package let observedGeneration = Field<Int64>(
        "observedGeneration", 5, "Generation of the set that the controller has seen.", .atLeast(0))
    package let updatedNumberScheduled = Field<Int32>(
        "updatedNumberScheduled", 6, "Nodes whose pod was made from the present template.", .atLeast(0))
    package let numberAvailable = Field<Int32>("numberAvailable", 7, "Nodes whose pod is available.", .atLeast(0))
    package let numberUnavailable = Field<Int32>(
        "numberUnavailable", 8, "Nodes that should have an available pod and have none.", .atLeast(0))
    package let collisionCount = Field<Int32?>(
        "collisionCount", 9, "How often the name of a new ControllerRevision was taken; part of the next name.", .atLeast(0))
    package let conditions = Field<[DaemonSetCondition]>("conditions", 10, "Aspects of the state.", .merge(key: "type"))
}

/// One aspect of a DaemonSet's state.
package struct DaemonSetCondition: Schema {
    package static let definition = Definition(
        DaemonSetCondition(), "apps.v1.DaemonSetCondition", "One aspect of a DaemonSet's state.")

    package let type = Field<String>("type", 1, "Name of the condition.", .required)
    package let status = Field<String>("status", 2, "True, False or Unknown.", .required)
    package let lastTransitionTime = Field<Time?>("lastTransitionTime", 3, "When the status changed last.", .written)
    package let reason = Field<String>("reason", 4, "One word for why.")
    package let message = Field<String>("message", 5, "The same for people.")
}
