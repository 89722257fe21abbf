package import Machinery

/// Keeps pods with stable names and volumes of their own, in order.
package struct StatefulSet: Kind {
    package static let definition = Definition(
        StatefulSet(), "apps.v1.StatefulSet", "Keeps pods with stable names and volumes of their own, in order.")
    package static let names = KindNames(
        "StatefulSet", group: "apps", plural: "statefulsets", short: ["sts"], categories: ["all"],
        subresources: [.scale, .status("StatefulSet")], tracksGeneration: true, nameRule: { Names.dns1123Label($0) })

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<StatefulSetSpec>("spec", 2, "What is wanted.")
    package let status = Field<StatefulSetStatus>("status", 3, "What was last seen.")

    package static let columns: [Column<StatefulSet>] = [
        .name,
        Column("Ready", .string, "Pods that are ready, of those that are wanted.") { set, _ in
            .string("\(set.status.readyReplicas)/\(set.spec.replicas)")
        },
        .age,
        .containers { $0.spec.template },
        .images { $0.spec.template },
    ]

    /// Source: `WarningsOnCreate` of pkg/registry/apps/statefulset.
    package static func warnings(_ set: View<StatefulSet>, from old: View<StatefulSet>?) -> [String] {
        var warnings: [String] = PodTemplateSpec.warnings(
            set.spec.template, of: set.metadata, from: old?.metadata, namesPods: false)
        let claims: Path = Path("spec").child("volumeClaimTemplates")
        for (index, claim) in set.spec.volumeClaimTemplates.enumerated() {
            warnings += PersistentVolumeClaimSpec.warnings(claim.spec, claims.index(index))
        }
        if set.spec.revisionHistoryLimit < 0 {
            warnings.append(
                "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended")
        }
        return warnings
    }
}

/// What a StatefulSet is to be.
package struct StatefulSetSpec: Schema {
    package static let definition = Definition(StatefulSetSpec(), "apps.v1.StatefulSetSpec", "What a StatefulSet is to be.")

    package let replicas = Field<Int32>("replicas", 1, "Number of wanted pods; 1 if absent.", default: 1, .atLeast(0))
    package let selector = Field<LabelSelector?>(
        "selector", 2, "Which pods belong to the set. The template's labels must match; it never changes.", .required)
    package let template = Field<PodTemplateSpec>(
        "template", 3, "The pods to run. Each is named for the set with a number behind it.", .required)
    package let volumeClaimTemplates = Field<[PersistentVolumeClaim]>(
        "volumeClaimTemplates", 4, "Claims that each pod gets for itself, mounted by name; they outlive the pod.", .atomic)
    package let serviceName = Field<String>("serviceName", 5, "Headless Service under which the pods have their names in DNS.")
    package let podManagementPolicy = Field<String>(
        "podManagementPolicy", 6, "OrderedReady makes and deletes pods one after the other, Parallel all at once.",
        default: "OrderedReady")
    package let updateStrategy = Field<StatefulSetUpdateStrategy>(
        "updateStrategy", 7, "How old pods give way to new ones.", default: [:])
    package let revisionHistoryLimit = Field<Int32>(
        "revisionHistoryLimit", 8, "Number of old revisions kept for a rollback; 10 if absent, all if negative.", default: 10)
    package let minReadySeconds = Field<Int32>(
        "minReadySeconds", 9, "Seconds that a pod has to be ready before it counts as available.", .atLeast(0))
    package let persistentVolumeClaimRetentionPolicy = Field<StatefulSetPersistentVolumeClaimRetentionPolicy?>(
        "persistentVolumeClaimRetentionPolicy", 10, "What becomes of the claims when pods or the set go.", default: [:])
    package let ordinals = Field<StatefulSetOrdinals?>("ordinals", 11, "How the pods are numbered; from 0 if absent.")

    /// Claim templates say their kind, as whole objects do. Source: the conversions of pkg/apis/apps/v1.
    package static func setDefaults(_ spec: inout View<StatefulSetSpec>) {
        for index in spec.volumeClaimTemplates.indices {
            spec.volumeClaimTemplates[index].apiVersion = PersistentVolumeClaim.names.apiVersion
            spec.volumeClaimTemplates[index].kind = PersistentVolumeClaim.names.kind
        }
    }

    /// Source: `ValidateStatefulSetSpec` of pkg/apis/apps/validation.
    package static func validate(_ spec: View<StatefulSetSpec>, _ path: Path, _ problems: inout Problems) {
        // The pods get a volume of that name for each claim template.
        let claims: Set<String> = Set(spec.volumeClaimTemplates.map(\.name))
        if !claims.isEmpty { problems.forgive(notFound: claims, below: path.child("template").child("spec")) }
        if spec.podManagementPolicy != "OrderedReady", spec.podManagementPolicy != "Parallel" {
            problems.invalid(
                path.child("podManagementPolicy"), .string(spec.podManagementPolicy), "must be 'OrderedReady' or 'Parallel'")
        }
        if let selector = spec.selector, selector.isEmpty {
            problems.invalid(path.child("selector"), selector.json, "empty selector is invalid for statefulset")
        }
        PodTemplateRules.validate(spec.template, selector: spec.selector, of: "StatefulSet", path.child("template"), &problems)
    }

    /// Source: `ValidateStatefulSetUpdate` of pkg/apis/apps/validation.
    package static func validateUpdate(
        _ spec: View<StatefulSetSpec>, from old: View<StatefulSetSpec>, _ path: Path, _ problems: inout Problems
    ) {
        for field in ["selector", "volumeClaimTemplates", "serviceName", "podManagementPolicy"] where spec.json[field] != old.json[field] {
            return problems.forbidden(
                path,
                "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
                    + "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden")
        }
    }
}

/// How old pods of a StatefulSet give way to new ones.
package struct StatefulSetUpdateStrategy: Schema {
    package static let definition = Definition(
        StatefulSetUpdateStrategy(), "apps.v1.StatefulSetUpdateStrategy", "How old pods of a StatefulSet give way to new ones.")

    package let type = Field<String>(
        "type", 1, "RollingUpdate replaces pods from the highest number down; OnDelete waits for somebody to delete them.",
        default: "RollingUpdate")
    package let rollingUpdate = Field<RollingUpdateStatefulSetStrategy?>(
        "rollingUpdate", 2, "Which pods and how many at a time; for RollingUpdate only.")

    package static func setDefaults(_ strategy: inout View<StatefulSetUpdateStrategy>) {
        guard strategy.type == "RollingUpdate" else { return }
        var rolling: View<RollingUpdateStatefulSetStrategy> = strategy.rollingUpdate ?? View<RollingUpdateStatefulSetStrategy>()
        if rolling.partition == nil { rolling.partition = 0 }
        strategy.rollingUpdate = rolling
    }

    package static func validate(_ strategy: View<StatefulSetUpdateStrategy>, _ path: Path, _ problems: inout Problems) {
        switch strategy.type {
        case "RollingUpdate": break
        case "OnDelete":
            if let rolling = strategy.rollingUpdate {
                problems.invalid(path.child("rollingUpdate"), rolling.json, "only allowed for updateStrategy 'RollingUpdate'")
            }
        default: problems.invalid(path, strategy.json, "must be 'RollingUpdate' or 'OnDelete'")
        }
    }
}

/// Which pods a rolling update replaces, and how many at a time.
package struct RollingUpdateStatefulSetStrategy: Schema {
    package static let definition = Definition(
        RollingUpdateStatefulSetStrategy(), "apps.v1.RollingUpdateStatefulSetStrategy",
        "Which pods a rolling update replaces, and how many at a time.")

    package let partition = Field<Int32?>(
        "partition", 1, "Pods with a lower number keep the old template; 0 if absent.", .atLeast(0))
    package let maxUnavailable = Field<IntOrString?>(
        "maxUnavailable", 2, "Pods that may be missing meanwhile, as a number or a percentage rounded up; 1 if absent.",
        .check(IntOrPercent.validate), .check(IntOrPercent.validateNotMoreThan100Percent))

    package static func validate(_ rolling: View<RollingUpdateStatefulSetStrategy>, _ path: Path, _ problems: inout Problems) {
        if let most: IntOrString = rolling.maxUnavailable, IntOrPercent.isZero(most) {
            problems.invalid(path.child("maxUnavailable"), most.json, "cannot be 0")
        }
    }
}

/// What becomes of the claims of a StatefulSet's pods.
package struct StatefulSetPersistentVolumeClaimRetentionPolicy: Schema {
    package static let definition = Definition(
        StatefulSetPersistentVolumeClaimRetentionPolicy(), "apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy",
        "What becomes of the claims of a StatefulSet's pods.")

    package let whenDeleted = Field<String>(
        "whenDeleted", 1, "When the set is deleted: Retain keeps the claims, Delete removes them.", default: "Retain",
        .oneOf("Retain", "Delete"))
    package let whenScaled = Field<String>(
        "whenScaled", 2, "When the set shrinks: Retain keeps the claims of the pods that go, Delete removes them.", default: "Retain",
        .oneOf("Retain", "Delete"))
}

/// How the pods of a StatefulSet are numbered.
package struct StatefulSetOrdinals: Schema {
    package static let definition = Definition(
        StatefulSetOrdinals(), "apps.v1.StatefulSetOrdinals", "How the pods of a StatefulSet are numbered.")

    package let start = Field<Int32>("start", 1, "Number of the first pod.", default: 0, .atLeast(0))
}

/// What was last seen of a StatefulSet.
package struct StatefulSetStatus: Schema {
    package static let definition = Definition(
        StatefulSetStatus(), "apps.v1.StatefulSetStatus", "What was last seen of a StatefulSet.")

    package let observedGeneration = Field<Int64>(
        "observedGeneration", 1, "Generation of the set that the controller has seen.", .atLeast(0))
    package let replicas = Field<Int32>("replicas", 2, "Number of pods.", .always, .atLeast(0))
    package let readyReplicas = Field<Int32>("readyReplicas", 3, "Of these, pods that are ready.", .atLeast(0))
    package let currentReplicas = Field<Int32>("currentReplicas", 4, "Of these, pods of currentRevision.", .atLeast(0))
    package let updatedReplicas = Field<Int32>("updatedReplicas", 5, "Of these, pods of updateRevision.", .atLeast(0))
    package let currentRevision = Field<String>("currentRevision", 6, "ControllerRevision that pods come from before an update.")
    package let updateRevision = Field<String>("updateRevision", 7, "ControllerRevision that an update leads to.")
    package let collisionCount = Field<Int32?>(
        "collisionCount", 9, "How often the name of a new ControllerRevision was taken; part of the next name.", .atLeast(0))
    package let conditions = Field<[StatefulSetCondition]>("conditions", 10, "Aspects of the state.", .merge(key: "type"))
    package let availableReplicas = Field<Int32>(
        "availableReplicas", 11, "Of these, pods ready for minReadySeconds.", .written, .atLeast(0))

    package static func validate(_ status: View<StatefulSetStatus>, _ path: Path, _ problems: inout Problems) {
        ReplicaCounts.validate(
            [
                ("readyReplicas", status.readyReplicas, status.replicas, "status.replicas"),
                ("currentReplicas", status.currentReplicas, status.replicas, "status.replicas"),
                ("updatedReplicas", status.updatedReplicas, status.replicas, "status.replicas"),
                ("availableReplicas", status.availableReplicas, status.replicas, "status.replicas"),
                ("availableReplicas", status.availableReplicas, status.readyReplicas, "status.readyReplicas"),
            ], path, &problems)
    }
}

/// One aspect of a StatefulSet's state.
package struct StatefulSetCondition: Schema {
    package static let definition = Definition(
        StatefulSetCondition(), "apps.v1.StatefulSetCondition", "One aspect of a StatefulSet's state.")

    package let type = Field<String>("type", 1, "Name of the condition.", .required)
    package let status = Field<String>("status", 2, "True, False or Unknown.", .required)
    package let lastTransitionTime = Field<Time?>("lastTransitionTime", 3, "When the status changed last.", .written)
    package let reason = Field<String>("reason", 4, "One word for why.")
    package let message = Field<String>("message", 5, "The same for people.")
}
