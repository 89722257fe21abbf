package import Machinery

/// Keeps a number of equal pods running and replaces them step by step when their template changes.
package struct Deployment: Kind {
    package static let definition = Definition(
        Deployment(), "apps.v1.Deployment", "Keeps equal pods running and rolls changes of their template out step by step.")
    package static let names = KindNames(
        "Deployment", group: "apps", plural: "deployments", short: ["deploy"], categories: ["all"],
        subresources: [.scale, .status("Deployment", metadata: .written(but: ["labels"]))], tracksGeneration: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<DeploymentSpec>("spec", 2, "What is wanted.")
    package let status = Field<DeploymentStatus>("status", 3, "What was last seen.")

    package static let columns: [Column<Deployment>] = [
        .name,
        Column("Ready", .string, "Pods that are ready, of those that are wanted.") { deployment, _ in
            .string("\(deployment.status.readyReplicas)/\(deployment.spec.replicas)")
        },
        Column("Up-to-date", .string, "Pods made from the present template.") { deployment, _ in
            .int(Int64(deployment.status.updatedReplicas))
        },
        Column("Available", .string, "Pods that have been ready for minReadySeconds.") { deployment, _ in
            .int(Int64(deployment.status.availableReplicas))
        },
        .age,
        .containers { $0.spec.template },
        .images { $0.spec.template },
        .selector { Cells.selector($0.spec.selector) },
    ]

    package static func warnings(_ object: View<Deployment>, from old: View<Deployment>?) -> [String] {
        PodTemplateSpec.warnings(object.spec.template, of: object.metadata, from: old?.metadata)
    }
}

/// What a deployment is to be.
package struct DeploymentSpec: Schema {
    package static let definition = Definition(DeploymentSpec(), "apps.v1.DeploymentSpec", "What a deployment is to be.")

    package let replicas = Field<Int32>("replicas", 1, "Number of wanted pods; 1 if absent.", default: 1, .atLeast(0))
    package let selector = Field<LabelSelector?>(
        "selector", 2, "Which pods belong to the deployment. The template's labels must match; it never changes.", .required, .immutable)
    package let template = Field<PodTemplateSpec>("template", 3, "The pods to run. Each change of it is a new revision.", .required)
    package let strategy = Field<DeploymentStrategy>("strategy", 4, "How old pods give way to new ones.", default: [:], .retainKeys)
    package let minReadySeconds = Field<Int32>(
        "minReadySeconds", 5, "Seconds that a pod has to be ready before it counts as available.", .atLeast(0))
    package let revisionHistoryLimit = Field<Int32>(
        "revisionHistoryLimit", 6, "Number of old ReplicaSets kept for a rollback; 10 if absent.", default: 10, .atLeast(0))
    package let paused = Field<Bool>("paused", 7, "True while changes of the template are not rolled out.")
    package let progressDeadlineSeconds = Field<Int32>(
        "progressDeadlineSeconds", 9, "Seconds without progress after which the rollout counts as failed; 600 if absent.",
        default: 600, .atLeast(0))

    /// Source: `ValidateDeploymentSpec` of pkg/apis/apps/validation.
    package static func validate(_ spec: View<DeploymentSpec>, _ path: Path, _ problems: inout Problems) {
        if let selector = spec.selector, selector.isEmpty {
            problems.invalid(path.child("selector"), selector.json, "empty selector is invalid for deployment")
        }
        PodTemplateRules.validate(spec.template, selector: spec.selector, of: "ReplicaSet", path.child("template"), &problems)
        if spec.progressDeadlineSeconds <= spec.minReadySeconds {
            problems.invalid(
                path.child("progressDeadlineSeconds"), Cells.integer(spec.progressDeadlineSeconds),
                "must be greater than minReadySeconds")
        }
    }
}

/// How old pods give way to new ones.
package struct DeploymentStrategy: Schema {
    package static let definition = Definition(
        DeploymentStrategy(), "apps.v1.DeploymentStrategy", "How old pods give way to new ones.")

    package let type = Field<String>(
        "type", 1, "RollingUpdate replaces pods a few at a time; Recreate stops all old ones first.", default: "RollingUpdate")
    package let rollingUpdate = Field<RollingUpdateDeployment?>("rollingUpdate", 2, "How many at a time; for RollingUpdate only.")

    package static func setDefaults(_ strategy: inout View<DeploymentStrategy>) {
        guard strategy.type == "RollingUpdate" else { return }
        var rolling: View<RollingUpdateDeployment> = strategy.rollingUpdate ?? View<RollingUpdateDeployment>()
        if rolling.maxUnavailable == nil { rolling.maxUnavailable = "25%" }
        if rolling.maxSurge == nil { rolling.maxSurge = "25%" }
        strategy.rollingUpdate = rolling
    }

    package static func validate(_ strategy: View<DeploymentStrategy>, _ path: Path, _ problems: inout Problems) {
        switch strategy.type {
        case "RollingUpdate": break
        case "Recreate":
            if strategy.rollingUpdate != nil {
                problems.forbidden(path.child("rollingUpdate"), "may not be specified when strategy `type` is 'Recreate'")
            }
        default: problems.notSupported(path, strategy.json, supported: ["Recreate", "RollingUpdate"])
        }
    }
}

/// The pace of a rolling update.
package struct RollingUpdateDeployment: Schema {
    package static let definition = Definition(
        RollingUpdateDeployment(), "apps.v1.RollingUpdateDeployment", "The pace of a rolling update.")

    package let maxUnavailable = Field<IntOrString?>(
        "maxUnavailable", 1, "Pods that may be missing meanwhile, as a number or a percentage rounded down; 25% if absent.",
        .check(IntOrPercent.validate), .check(IntOrPercent.validateNotMoreThan100Percent))
    package let maxSurge = Field<IntOrString?>(
        "maxSurge", 2, "Pods that may run beyond the wanted number meanwhile, as a number or a percentage rounded up; 25% if absent.",
        .check(IntOrPercent.validate))

    package static func validate(_ rolling: View<RollingUpdateDeployment>, _ path: Path, _ problems: inout Problems) {
        if IntOrPercent.isZero(rolling.maxUnavailable), IntOrPercent.isZero(rolling.maxSurge) {
            problems.invalid(
                path.child("maxUnavailable"), rolling.json["maxUnavailable"] ?? .null, "may not be 0 when `maxSurge` is 0")
        }
    }
}

/// What was last seen of a deployment.
package struct DeploymentStatus: Schema {
    package static let definition = Definition(DeploymentStatus(), "apps.v1.DeploymentStatus", "What was last seen of a deployment.")

    package let observedGeneration = Field<Int64>(
        "observedGeneration", 1, "Generation of the deployment that the controller has seen.", .atLeast(0))
    package let replicas = Field<Int32>("replicas", 2, "Pods that the selector finds and that are not terminating.", .atLeast(0))
    package let updatedReplicas = Field<Int32>("updatedReplicas", 3, "Of these, pods made from the present template.", .atLeast(0))
    package let availableReplicas = Field<Int32>("availableReplicas", 4, "Of these, pods ready for minReadySeconds.", .atLeast(0))
    package let unavailableReplicas = Field<Int32>(
        "unavailableReplicas", 5, "Pods still missing until all wanted ones are available.", .atLeast(0))
    package let conditions = Field<[DeploymentCondition]>(
        "conditions", 6, "Aspects of the state: Available, Progressing, ReplicaFailure.", .merge(key: "type"))
    package let readyReplicas = Field<Int32>("readyReplicas", 7, "Of these, pods that are ready.", .atLeast(0))
    package let collisionCount = Field<Int32?>(
        "collisionCount", 8, "How often the name of a new ReplicaSet was taken; part of the next name.", .atLeast(0))
    package let terminatingReplicas = Field<Int32?>(
        "terminatingReplicas", 9, "Pods that are being deleted but not yet gone.", .atLeast(0))

    package static func validate(_ status: View<DeploymentStatus>, _ path: Path, _ problems: inout Problems) {
        ReplicaCounts.validate(
            [
                ("updatedReplicas", status.updatedReplicas, status.replicas, "status.replicas"),
                ("readyReplicas", status.readyReplicas, status.replicas, "status.replicas"),
                ("availableReplicas", status.availableReplicas, status.replicas, "status.replicas"),
                ("availableReplicas", status.availableReplicas, status.readyReplicas, "readyReplicas"),
            ], path, &problems)
    }
}

/// One aspect of a deployment's state.
package struct DeploymentCondition: Schema {
    package static let definition = Definition(
        DeploymentCondition(), "apps.v1.DeploymentCondition", "One aspect of a deployment's state.")

    package let type = Field<String>("type", 1, "Available, Progressing or ReplicaFailure.", .required)
    package let status = Field<String>("status", 2, "True, False or Unknown.", .required)
    package let reason = Field<String>("reason", 4, "One word for why.")
    package let message = Field<String>("message", 5, "The same for people.")
    package let lastUpdateTime = Field<Time?>("lastUpdateTime", 6, "When the condition was written last.", .written)
    package let lastTransitionTime = Field<Time?>("lastTransitionTime", 7, "When the status changed last.", .written)
}
