package import Machinery

/// A metric as it was read last; the field that its type names says which.
package struct MetricStatus: Schema {
    package static let definition = Definition(MetricStatus(), "autoscaling.v2.MetricStatus", "A metric as it was read last.")

    package let type = Field<String>("type", 1, "ContainerResource, External, Object, Pods or Resource.", .always)
    package let object = Field<ObjectMetricStatus?>("object", 2, "A metric of one object of the cluster.")
    package let pods = Field<PodsMetricStatus?>("pods", 3, "A metric of each pod, averaged.")
    package let resource = Field<ResourceMetricStatus?>("resource", 4, "Use of a resource by the pods.")
    package let external = Field<ExternalMetricStatus?>("external", 5, "A metric from outside of the cluster.")
    package let containerResource = Field<ContainerResourceMetricStatus?>(
        "containerResource", 7, "Use of a resource by one container of each pod.")
}

/// A metric of one object, as it was read last.
package struct ObjectMetricStatus: Schema {
    package static let definition = Definition(
        ObjectMetricStatus(), "autoscaling.v2.ObjectMetricStatus", "A metric of one object, as it was read last.")

    package let metric = Field<MetricIdentifier>("metric", 1, "The metric.", .always)
    package let current = Field<MetricValueStatus>("current", 2, "What it was.", .always)
    package let describedObject = Field<CrossVersionObjectReference>("describedObject", 3, "The object.", .always)
}

/// A metric of each pod, as it was read last.
package struct PodsMetricStatus: Schema {
    package static let definition = Definition(
        PodsMetricStatus(), "autoscaling.v2.PodsMetricStatus", "A metric of each pod, as it was read last.")

    package let metric = Field<MetricIdentifier>("metric", 1, "The metric.", .always)
    package let current = Field<MetricValueStatus>("current", 2, "What it was.", .always)
}

/// Use of a resource by the pods, as it was read last.
package struct ResourceMetricStatus: Schema {
    package static let definition = Definition(
        ResourceMetricStatus(), "autoscaling.v2.ResourceMetricStatus", "Use of a resource by the pods, as it was read last.")

    package let name = Field<String>("name", 1, "The resource.", .always)
    package let current = Field<MetricValueStatus>("current", 2, "What it was.", .always)
}

/// Use of a resource by one container of each pod, as it was read last.
package struct ContainerResourceMetricStatus: Schema {
    package static let definition = Definition(
        ContainerResourceMetricStatus(), "autoscaling.v2.ContainerResourceMetricStatus",
        "Use of a resource by one container of each pod, as it was read last.")

    package let name = Field<String>("name", 1, "The resource.", .always)
    package let current = Field<MetricValueStatus>("current", 2, "What it was.", .always)
    package let container = Field<String>("container", 3, "Name of the container.", .always)
}

/// A metric from outside of the cluster, as it was read last.
package struct ExternalMetricStatus: Schema {
    package static let definition = Definition(
        ExternalMetricStatus(), "autoscaling.v2.ExternalMetricStatus", "A metric from outside of the cluster, as it was read last.")

    package let metric = Field<MetricIdentifier>("metric", 1, "The metric.", .always)
    package let current = Field<MetricValueStatus>("current", 2, "What it was.", .always)
}

/// What a metric was.
package struct MetricValueStatus: Schema {
    package static let definition = Definition(MetricValueStatus(), "autoscaling.v2.MetricValueStatus", "What a metric was.")

    package let value = Field<Quantity?>("value", 1, "The metric itself.")
    package let averageValue = Field<Quantity?>("averageValue", 2, "The metric divided by the number of pods.")
    package let averageUtilization = Field<Int32?>("averageUtilization", 3, "Percentage of what the pods request, averaged.")
}

/// The TARGETS column. Source: `formatHPAMetrics` of pkg/printers/internalversion/printers.go.
enum MetricCells {
    /// `cpu: 12%/80%, 3/5 + 1 more...`
    static func text(_ specs: [View<MetricSpec>], _ statuses: [View<MetricStatus>]) -> String {
        guard !specs.isEmpty else { return "<none>" }
        let all: [String] = specs.enumerated().map { index, spec in
            text(spec, index < statuses.count ? statuses[index] : View())
        }
        let shown: String = all.prefix(2).joined(separator: ", ")
        return all.count > 2 ? "\(shown) + \(all.count - 2) more..." : shown
    }

    private static func text(_ spec: View<MetricSpec>, _ status: View<MetricStatus>) -> String {
        switch spec.type {
        case "External": value(spec.external?.target, status.external?.current)
        case "Object": value(spec.object?.target, status.object?.current)
        case "Pods":
            "\(known(status.pods?.current.averageValue))/\(spec.pods?.target.averageValue ?? .zero)"
        case "Resource": use(spec.resource?.name, spec.resource?.target, status.resource?.current)
        case "ContainerResource":
            use(spec.containerResource?.name, spec.containerResource?.target, status.containerResource?.current)
        default: "<unknown type>"
        }
    }

    private static func value(_ target: View<MetricTarget>?, _ current: View<MetricValueStatus>?) -> String {
        if let average: Quantity = target?.averageValue { return "\(known(current?.averageValue))/\(average) (avg)" }
        return "\(known(current?.value))/\(target?.value ?? .zero)"
    }

    private static func use(_ name: String?, _ target: View<MetricTarget>?, _ current: View<MetricValueStatus>?) -> String {
        let name: String = name ?? ""
        if let average: Quantity = target?.averageValue { return "\(name): \(known(current?.averageValue))/\(average)" }
        let wanted: String = target?.averageUtilization.map { "\($0)%" } ?? "<auto>"
        return "\(name): \(current?.averageUtilization.map { "\($0)%" } ?? "<unknown>")/\(wanted)"
    }

    private static func known(_ amount: Quantity?) -> String { amount?.description ?? "<unknown>" }
}
