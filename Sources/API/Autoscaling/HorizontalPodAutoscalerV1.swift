package import Machinery

/// An autoscaler in the form of `autoscaling/v1`, which knows the processor only. Stored as `autoscaling/v2`.
package struct HorizontalPodAutoscalerV1: Kind {
    package static let definition = Definition(
        HorizontalPodAutoscalerV1(), "autoscaling.v1.HorizontalPodAutoscaler",
        "Keeps the number of pods of a workload in step with its use of the processor.")
    package static let names = KindNames(
        "HorizontalPodAutoscaler", group: "autoscaling", plural: "horizontalpodautoscalers", short: ["hpa"], categories: ["all"],
        subresources: [.status("HorizontalPodAutoscaler")])

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<HorizontalPodAutoscalerV1Spec>("spec", 2, "What is wanted.", .always)
    package let status = Field<HorizontalPodAutoscalerV1Status>("status", 3, "What was last seen.")

    package static let storedForm: StoredForm? = StoredForm(
        HorizontalPodAutoscaler.names, toStored: AutoscalerConversion.toV2, fromStored: AutoscalerConversion.toV1)

    /// Those of the stored form.
    package static let columns: [Column<HorizontalPodAutoscalerV1>] = HorizontalPodAutoscaler.columns.map { column in
        Column(column.definition.name, column.definition.type, column.definition.doc, format: column.definition.format) { scaler, now in
            column.cell(View<HorizontalPodAutoscaler>(AutoscalerConversion.toV2(scaler.json)), now)
        }
    }
}

/// What an autoscaler is to do.
package struct HorizontalPodAutoscalerV1Spec: Schema {
    package static let definition = Definition(
        HorizontalPodAutoscalerV1Spec(), "autoscaling.v1.HorizontalPodAutoscalerSpec", "What an autoscaler is to do.")

    package let scaleTargetRef = Field<CrossVersionObjectReferenceV1>("scaleTargetRef", 1, "The workload.", .always)
    package let minReplicas = Field<Int32?>("minReplicas", 2, "The least number of pods; 1 if absent.", default: 1)
    package let maxReplicas = Field<Int32>("maxReplicas", 3, "The greatest number of pods.", .always)
    package let targetCPUUtilizationPercentage = Field<Int32?>(
        "targetCPUUtilizationPercentage", 4, "Percentage of the requested processor time that the pods should use on average.")

    package static func validate(_ spec: View<HorizontalPodAutoscalerV1Spec>, _ path: Path, _ problems: inout Problems) {
        HorizontalPodAutoscalerSpec.validateBounds(least: spec.minReplicas, most: spec.maxReplicas, path, &problems)
        if let percentage: Int = spec.targetCPUUtilizationPercentage, percentage < 1 {
            // Told where the stored form has it, as upstream does.
            let target: Path = path.child("metrics").index(0).child("resource").child("target")
            problems.invalid(target.child("averageUtilization"), .int(Int64(percentage)), "must be greater than 0")
        }
    }
}

/// Names an object by kind and name, in a version that its client knows.
package struct CrossVersionObjectReferenceV1: Schema {
    package static let definition = Definition(
        CrossVersionObjectReferenceV1(), "autoscaling.v1.CrossVersionObjectReference", "Names an object by kind and name.", isAtomic: true)

    package let kind = Field<String>("kind", 1, "Kind of the object.", .required, .format(Names.pathSegment))
    package let name = Field<String>("name", 2, "Its name.", .required, .format(Names.pathSegment))
    package let apiVersion = Field<String>(
        "apiVersion", 3, "Group and version of the kind.", .check(CrossVersionObjectReference.checkVersion))
}

/// What was last seen of an autoscaler.
package struct HorizontalPodAutoscalerV1Status: Schema {
    package static let definition = Definition(
        HorizontalPodAutoscalerV1Status(), "autoscaling.v1.HorizontalPodAutoscalerStatus", "What was last seen of an autoscaler.")

    package let observedGeneration = Field<Int64?>("observedGeneration", 1, "Generation that the controller has seen.")
    package let lastScaleTime = Field<Time?>("lastScaleTime", 2, "When the number changed last.")
    package let currentReplicas = Field<Int32>("currentReplicas", 3, "The number of pods.", .always, .atLeast(0))
    package let desiredReplicas = Field<Int32>("desiredReplicas", 4, "The number that was asked for last.", .always, .atLeast(0))
    package let currentCPUUtilizationPercentage = Field<Int32?>(
        "currentCPUUtilizationPercentage", 5, "Percentage of the requested processor time that the pods use on average.")
}
