package import Machinery

/// Keeps the number of pods of a workload in step with its load.
package struct HorizontalPodAutoscaler: Kind {
    package static let definition = Definition(
        HorizontalPodAutoscaler(), "autoscaling.v2.HorizontalPodAutoscaler",
        "Keeps the number of pods of a workload in step with its load.")
    package static let names = KindNames(
        "HorizontalPodAutoscaler", group: "autoscaling", version: "v2", plural: "horizontalpodautoscalers", short: ["hpa"],
        categories: ["all"], subresources: [.status("HorizontalPodAutoscaler")])

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let spec = Field<HorizontalPodAutoscalerSpec>("spec", 2, "What is wanted.", .always)
    package let status = Field<HorizontalPodAutoscalerStatus>("status", 3, "What was last seen.")

    package static let columns: [Column<HorizontalPodAutoscaler>] = [
        .name,
        Column("Reference", .string, "The workload.") { scaler, _ in
            .string("\(scaler.spec.scaleTargetRef.kind)/\(scaler.spec.scaleTargetRef.name)")
        },
        Column("Targets", .string, "Each metric as it is and as it should be.") { scaler, _ in
            .string(MetricCells.text(scaler.spec.metrics, scaler.status.currentMetrics))
        },
        Column("MinPods", .string, "The least number of pods.") { scaler, _ in
            .string(scaler.spec.minReplicas.map { "\($0)" } ?? "<unset>")
        },
        Column("MaxPods", .string, "The greatest number of pods.") { scaler, _ in .int(Int64(scaler.spec.maxReplicas)) },
        Column("Replicas", .string, "The number of pods.") { scaler, _ in .int(Int64(scaler.status.currentReplicas)) },
        .age,
    ]
}

/// What an autoscaler is to do.
package struct HorizontalPodAutoscalerSpec: Schema {
    package static let definition = Definition(
        HorizontalPodAutoscalerSpec(), "autoscaling.v2.HorizontalPodAutoscalerSpec", "What an autoscaler is to do.")

    package let scaleTargetRef = Field<CrossVersionObjectReference>("scaleTargetRef", 1, "The workload.", .always)
    package let minReplicas = Field<Int32?>("minReplicas", 2, "The least number of pods; 1 if absent.", default: 1)
    package let maxReplicas = Field<Int32>("maxReplicas", 3, "The greatest number of pods.", .always)
    package let metrics = Field<[MetricSpec]>(
        "metrics", 4, "What shows the load; the one that asks for most pods counts. 80 percent of the processor if empty.", .atomic)
    package let behavior = Field<HorizontalPodAutoscalerBehavior?>("behavior", 5, "How fast the number may change.")

    /// Source: `SetDefaults_HorizontalPodAutoscaler` of pkg/apis/autoscaling/v2/defaults.go.
    package static func setDefaults(_ spec: inout View<HorizontalPodAutoscalerSpec>) {
        guard spec.metrics.isEmpty else { return }
        spec.metrics = [
            View {
                $0.type = "Resource"
                $0.resource = View {
                    $0.name = "cpu"
                    $0.target.type = "Utilization"
                    $0.target.averageUtilization = 80
                }
            }
        ]
    }

    /// Source: `validateHorizontalPodAutoscalerSpec` of pkg/apis/autoscaling/validation.
    package static func validate(_ spec: View<HorizontalPodAutoscalerSpec>, _ path: Path, _ problems: inout Problems) {
        validateBounds(least: spec.minReplicas, most: spec.maxReplicas, path, &problems)
    }

    static func validateBounds(least: Int?, most: Int, _ path: Path, _ problems: inout Problems) {
        if let least, least < 1 {
            problems.invalid(path.child("minReplicas"), .int(Int64(least)), "must be greater than or equal to 1")
        }
        if most < 1 { problems.invalid(path.child("maxReplicas"), .int(Int64(most)), "must be greater than 0") }
        if let least, most < least {
            problems.invalid(path.child("maxReplicas"), .int(Int64(most)), "must be greater than or equal to `minReplicas`")
        }
    }
}

/// Names an object by kind and name, in a version that its client knows.
package struct CrossVersionObjectReference: Schema {
    package static let definition = Definition(
        CrossVersionObjectReference(), "autoscaling.v2.CrossVersionObjectReference", "Names an object by kind and name.")

    package let kind = Field<String>("kind", 1, "Kind of the object.", .required, .format(Names.pathSegment))
    package let name = Field<String>("name", 2, "Its name.", .required, .format(Names.pathSegment))
    package let apiVersion = Field<String>("apiVersion", 3, "Group and version of the kind.", .check(checkVersion))

    static func checkVersion(_ value: JSON, _ path: Path, _ problems: inout Problems) {
        guard let text: String = value.string, text.split(separator: "/", omittingEmptySubsequences: false).count > 2 else { return }
        problems.invalid(path, value, "unexpected GroupVersion string: \(text)")
    }
}

/// How fast the number of pods may change.
package struct HorizontalPodAutoscalerBehavior: Schema {
    package static let definition = Definition(
        HorizontalPodAutoscalerBehavior(), "autoscaling.v2.HorizontalPodAutoscalerBehavior", "How fast the number of pods may change.")

    package let scaleUp = Field<HPAScalingRules?>("scaleUp", 1, "Upwards; if absent by 4 pods or 100 percent in 15 seconds.")
    package let scaleDown = Field<HPAScalingRules?>("scaleDown", 2, "Downwards; if absent to the least number, after 300 quiet seconds.")

    /// Source: `SetDefaults_HorizontalPodAutoscalerBehavior` of pkg/apis/autoscaling/v2/defaults.go.
    package static func setDefaults(_ behavior: inout View<HorizontalPodAutoscalerBehavior>) {
        var rules: View<HPAScalingRules> = behavior.scaleUp ?? View()
        if rules.stabilizationWindowSeconds == nil { rules.stabilizationWindowSeconds = 0 }
        rules.complete(policies: [("Pods", 4), ("Percent", 100)])
        behavior.scaleUp = rules
        rules = behavior.scaleDown ?? View()
        rules.complete(policies: [("Percent", 100)])
        behavior.scaleDown = rules
    }
}

/// How fast the number of pods may change in one direction.
package struct HPAScalingRules: Schema {
    package static let definition = Definition(
        HPAScalingRules(), "autoscaling.v2.HPAScalingRules", "How fast the number of pods may change in one direction.")

    package let selectPolicy = Field<String?>(
        "selectPolicy", 1, "Which policy counts: Max, Min, or Disabled for no change in this direction; Max if absent.",
        .oneOf("Disabled", "Max", "Min"))
    package let policies = Field<[HPAScalingPolicy]>("policies", 2, "Limits for the change, one at least.", .atomic)
    package let stabilizationWindowSeconds = Field<Int32?>(
        "stabilizationWindowSeconds", 3, "Seconds over which the wish for fewest changes is looked for; 0 to 3600.")
    package let tolerance = Field<Quantity?>(
        "tolerance", 4, "How far a metric may be off its target, as a part of it, before anything changes.", .nonNegativeQuantity)

    /// Source: `validateScalingRules` of pkg/apis/autoscaling/validation.
    package static func validate(_ rules: View<HPAScalingRules>, _ path: Path, _ problems: inout Problems) {
        let window: Path = path.child("stabilizationWindowSeconds")
        if let seconds: Int = rules.stabilizationWindowSeconds {
            if seconds < 0 { problems.invalid(window, .int(Int64(seconds)), "must be greater than or equal to zero") }
            if seconds > 3600 { problems.invalid(window, .int(Int64(seconds)), "must be less than or equal to 3600") }
        }
        if rules.policies.isEmpty { problems.required(path.child("policies"), "must specify at least one Policy") }
    }
}

extension View<HPAScalingRules> {
    fileprivate mutating func complete(policies: [(type: String, value: Int)]) {
        if self.selectPolicy == nil { self.selectPolicy = "Max" }
        guard !self.has(\.policies) else { return }
        self.policies = policies.map { policy in
            View<HPAScalingPolicy> {
                $0.type = policy.type
                $0.value = policy.value
                $0.periodSeconds = 15
            }
        }
    }
}

/// A limit for the change of the number of pods.
package struct HPAScalingPolicy: Schema {
    package static let definition = Definition(
        HPAScalingPolicy(), "autoscaling.v2.HPAScalingPolicy", "A limit for the change of the number of pods.")

    package let type = Field<String>("type", 1, "What value is: Pods or Percent.", .always, .oneOf("Percent", "Pods"))
    package let value = Field<Int32>("value", 2, "How much the number may change.", .always, .aboveZero)
    package let periodSeconds = Field<Int32>("periodSeconds", 3, "In how many seconds; 1800 at most.", .always, .aboveZero, .atMost(1800))
}

/// What was last seen of an autoscaler.
package struct HorizontalPodAutoscalerStatus: Schema {
    package static let definition = Definition(
        HorizontalPodAutoscalerStatus(), "autoscaling.v2.HorizontalPodAutoscalerStatus", "What was last seen of an autoscaler.")

    package let observedGeneration = Field<Int64?>("observedGeneration", 1, "Generation that the controller has seen.")
    package let lastScaleTime = Field<Time?>("lastScaleTime", 2, "When the number changed last.")
    package let currentReplicas = Field<Int32>("currentReplicas", 3, "The number of pods.", .atLeast(0))
    package let desiredReplicas = Field<Int32>("desiredReplicas", 4, "The number that was asked for last.", .always, .atLeast(0))
    package let currentMetrics = Field<[MetricStatus]>("currentMetrics", 5, "The metrics as they were read last.", .written, .atomic)
    package let conditions = Field<[HorizontalPodAutoscalerCondition]>("conditions", 6, "Aspects of the state.", .merge(key: "type"))
}

/// One aspect of an autoscaler's state.
package struct HorizontalPodAutoscalerCondition: Schema {
    package static let definition = Definition(
        HorizontalPodAutoscalerCondition(), "autoscaling.v2.HorizontalPodAutoscalerCondition", "One aspect of an autoscaler's state.")

    package let type = Field<String>("type", 1, "Such as AbleToScale.", .required)
    package let status = Field<String>("status", 2, "True, False or Unknown.", .required)
    package let lastTransitionTime = Field<Time?>("lastTransitionTime", 3, "When the status changed last.", .written)
    package let reason = Field<String>("reason", 4, "One word for why.")
    package let message = Field<String>("message", 5, "The same for people.")
}
