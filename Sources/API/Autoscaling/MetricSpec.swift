package import Machinery

/// A metric that shows the load of a workload; the field that its type names says which.
package struct MetricSpec: Schema {
    package static let definition = Definition(
        MetricSpec(), "autoscaling.v2.MetricSpec", "A metric that shows the load of a workload.")

    package let type = Field<String>("type", 1, "ContainerResource, External, Object, Pods or Resource.", .always)
    package let object = Field<ObjectMetricSource?>("object", 2, "A metric of one object of the cluster.")
    package let pods = Field<PodsMetricSource?>("pods", 3, "A metric of each pod, averaged.")
    package let resource = Field<ResourceMetricSource?>("resource", 4, "Use of a resource by the pods, as of their requests.")
    package let external = Field<ExternalMetricSource?>("external", 5, "A metric from outside of the cluster.")
    package let containerResource = Field<ContainerResourceMetricSource?>(
        "containerResource", 7, "Use of a resource by one container of each pod.")

    /// The field of each type.
    private static let fields: [String: String] = [
        "ContainerResource": "containerResource", "External": "external", "Object": "object", "Pods": "pods", "Resource": "resource",
    ]

    /// Source: `validateMetricSpec` of pkg/apis/autoscaling/validation.
    package static func validate(_ metric: View<MetricSpec>, _ path: Path, _ problems: inout Problems) {
        let here: Path = path.child("type")
        if metric.type.isEmpty { problems.required(here, "must specify a metric source type") }
        let wanted: String? = fields[metric.type]
        if let wanted {
            if metric.json[wanted] == nil {
                problems.required(path.child(wanted), "must populate information for the given metric source")
            }
        } else {
            problems.notSupported(here, .string(metric.type), supported: fields.keys.sorted())
        }
        let present: [String] = fields.values.sorted().filter { metric.json[$0] != nil }
        guard present.count != 1 else { return }
        for field in present where field != wanted {
            problems.forbidden(path.child(field), "must populate the given metric source only")
        }
    }
}

/// A metric of one object of the cluster.
package struct ObjectMetricSource: Schema {
    package static let definition = Definition(
        ObjectMetricSource(), "autoscaling.v2.ObjectMetricSource", "A metric of one object of the cluster.")

    package let describedObject = Field<CrossVersionObjectReference>("describedObject", 1, "The object.", .always)
    package let target = Field<MetricTarget>("target", 2, "What the metric should be: value or averageValue.", .always)
    package let metric = Field<MetricIdentifier>("metric", 3, "The metric.", .always)

    package static func validate(_ source: View<ObjectMetricSource>, _ path: Path, _ problems: inout Problems) {
        if source.target.value == nil, source.target.averageValue == nil {
            problems.required(path.child("target").child("averageValue"), "must set either a target value or averageValue")
        }
    }
}

/// A metric of each pod, averaged.
package struct PodsMetricSource: Schema {
    package static let definition = Definition(PodsMetricSource(), "autoscaling.v2.PodsMetricSource", "A metric of each pod, averaged.")

    package let metric = Field<MetricIdentifier>("metric", 1, "The metric.", .always)
    package let target = Field<MetricTarget>("target", 2, "What the average should be.", .always)

    package static func validate(_ source: View<PodsMetricSource>, _ path: Path, _ problems: inout Problems) {
        if (source.target.averageValue?.sign ?? 0) <= 0 {
            problems.required(path.child("target").child("averageValue"), "must specify a positive target averageValue")
        }
    }
}

/// Use of a resource by the pods of a workload.
package struct ResourceMetricSource: Schema {
    package static let definition = Definition(
        ResourceMetricSource(), "autoscaling.v2.ResourceMetricSource", "Use of a resource by the pods of a workload.")

    package let name = Field<String>("name", 1, "The resource, such as cpu.", .always)
    package let target = Field<MetricTarget>("target", 2, "What the use should be: averageUtilization or averageValue.", .always)

    package static func validate(_ source: View<ResourceMetricSource>, _ path: Path, _ problems: inout Problems) {
        if source.name.isEmpty { problems.required(path.child("name"), "must specify a resource name") }
        source.target.validateUtilization(path.child("target"), &problems)
    }
}

/// Use of a resource by one container of each pod.
package struct ContainerResourceMetricSource: Schema {
    package static let definition = Definition(
        ContainerResourceMetricSource(), "autoscaling.v2.ContainerResourceMetricSource",
        "Use of a resource by one container of each pod.")

    package let name = Field<String>("name", 1, "The resource, such as cpu.", .always)
    package let target = Field<MetricTarget>("target", 2, "What the use should be: averageUtilization or averageValue.", .always)
    package let container = Field<String>("container", 3, "Name of the container.", .always)

    package static func validate(_ source: View<ContainerResourceMetricSource>, _ path: Path, _ problems: inout Problems) {
        if source.name.isEmpty { problems.required(path.child("name"), "must specify a resource name") }
        if source.container.isEmpty { problems.required(path.child("container"), "must specify a container") }
        source.target.validateUtilization(path.child("target"), &problems)
    }
}

/// A metric from outside of the cluster.
package struct ExternalMetricSource: Schema {
    package static let definition = Definition(
        ExternalMetricSource(), "autoscaling.v2.ExternalMetricSource", "A metric from outside of the cluster.")

    package let metric = Field<MetricIdentifier>("metric", 1, "The metric.", .always)
    package let target = Field<MetricTarget>("target", 2, "What the metric should be: value or averageValue.", .always)

    package static func validate(_ source: View<ExternalMetricSource>, _ path: Path, _ problems: inout Problems) {
        let target: Path = path.child("target")
        switch (source.target.value, source.target.averageValue) {
        case (nil, nil):
            problems.required(target.child("averageValue"), "must set either a target value for metric or a per-pod target")
        case (.some, .some):
            problems.forbidden(target.child("value"), "may not set both a target value for metric and a per-pod target")
        default: break
        }
    }
}

/// Which metric of those that an adapter offers.
package struct MetricIdentifier: Schema {
    package static let definition = Definition(
        MetricIdentifier(), "autoscaling.v2.MetricIdentifier", "Which metric of those that an adapter offers.")

    package let name = Field<String>("name", 1, "Name of the metric.", .always, .format(Names.pathSegment))
    package let selector = Field<LabelSelector?>("selector", 2, "Labels of the metric.")

    package static func validate(_ metric: View<MetricIdentifier>, _ path: Path, _ problems: inout Problems) {
        if metric.name.isEmpty { problems.required(path.child("name"), "must specify a metric name") }
    }
}

/// What a metric should be.
package struct MetricTarget: Schema {
    package static let definition = Definition(MetricTarget(), "autoscaling.v2.MetricTarget", "What a metric should be.")

    package let type = Field<String>("type", 1, "Utilization, Value or AverageValue.", .always)
    package let value = Field<Quantity?>("value", 2, "The metric itself.", .positive)
    package let averageValue = Field<Quantity?>("averageValue", 3, "The metric divided by the number of pods.", .positive)
    package let averageUtilization = Field<Int32?>(
        "averageUtilization", 4, "Percentage of what the pods request, averaged.", .above(0))

    package static func validate(_ target: View<MetricTarget>, _ path: Path, _ problems: inout Problems) {
        if target.type.isEmpty { problems.required(path.child("type"), "must specify a metric target type") }
        if !["Utilization", "Value", "AverageValue"].contains(target.type) {
            problems.invalid(path.child("type"), .string(target.type), "must be either Utilization, Value, or AverageValue")
        }
    }
}

extension Trait {
    /// A quantity above zero.
    fileprivate static var positive: Trait {
        .check { value, path, problems in
            if Quantity.read(value).sign <= 0 { problems.invalid(path, value, "must be positive") }
        }
    }
}

extension View<MetricTarget> {
    /// For resources: a percentage of the requests or an amount, not both.
    fileprivate func validateUtilization(_ path: Path, _ problems: inout Problems) {
        switch (self.averageUtilization, self.averageValue) {
        case (nil, nil):
            problems.required(path.child("averageUtilization"), "must set either a target raw value or a target utilization")
        case (.some, .some):
            problems.forbidden(path.child("averageValue"), "may not set both a target raw value and a target utilization")
        default: break
        }
    }
}
