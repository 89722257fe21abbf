import Machinery

/// From `autoscaling/v1` to `autoscaling/v2` and back. What v1 has no fields for it carries in annotations.
///
/// Source: pkg/apis/autoscaling/v1/conversion.go, with the keys that it writes: those of v1 for metrics and conditions, those of the
/// Go structs for the behavior.
enum AutoscalerConversion {
    private static let prefix = "autoscaling.alpha.kubernetes.io/"
    private static let annotations: [String] = ["metrics", "current-metrics", "conditions", "behavior"]

    static func toV2(_ object: JSON) -> JSON {
        let schema: ObjectSchema = HorizontalPodAutoscaler.definition.schema
        // Annotations that can't be read count for nothing, as upstream.
        return schema.complete(plainV2(object, readsAnnotations: true)) ?? schema.complete(plainV2(object, readsAnnotations: false))
            ?? object
    }

    static func toV1(_ object: JSON) -> JSON {
        let result: JSON = plainV1(object)
        return HorizontalPodAutoscalerV1.definition.schema.complete(result) ?? result
    }

    private static func plainV2(_ object: JSON, readsAnnotations: Bool) -> JSON {
        var result: JSON = object
        result["apiVersion"] = "autoscaling/v2"
        let spec: JSON = object["spec"] ?? [:]
        for path in [["spec", "targetCPUUtilizationPercentage"], ["status", "currentCPUUtilizationPercentage"]]
        where result[path] != nil {
            result[path] = nil
        }
        func note(_ name: String) -> JSON? {
            guard readsAnnotations else { return nil }
            return object[["metadata", "annotations", prefix + name]]?.string.flatMap { try? JSON(parsing: $0) }
        }

        var metrics: [JSON] = (note("metrics")?.array ?? []).map(AnnotatedMetric.toSpec)
        if let percentage: JSON = spec["targetCPUUtilizationPercentage"] {
            metrics.append([
                "type": "Resource",
                "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": percentage]],
            ])
        }
        if !metrics.isEmpty { result[["spec", "metrics"]] = .array(metrics) }
        if let behavior: JSON = note("behavior"), !behavior.isEmpty { result[["spec", "behavior"]] = renamed(behavior, GoNames.lowered) }
        if let current: [JSON] = note("current-metrics")?.array {
            result[["status", "currentMetrics"]] = .array(current.map(AnnotatedMetric.toStatus))
        } else if let percentage: JSON = object[["status", "currentCPUUtilizationPercentage"]] {
            result[["status", "currentMetrics"]] = [
                ["type": "Resource", "resource": ["name": "cpu", "current": ["averageUtilization": percentage]]]
            ]
        }
        if let conditions: JSON = note("conditions"), conditions.array != nil { result[["status", "conditions"]] = conditions }
        dropAnnotations(&result)
        return result
    }

    private static func plainV1(_ object: JSON) -> JSON {
        var result: JSON = object
        result["apiVersion"] = "autoscaling/v1"
        dropAnnotations(&result)
        for path in [["spec", "metrics"], ["spec", "behavior"], ["status", "currentMetrics"], ["status", "conditions"]]
        where result[path] != nil {
            result[path] = nil
        }
        func note(_ name: String, _ value: JSON) {
            result[["metadata", "annotations", prefix + name]] = .string(value.text())
        }

        var others: [JSON] = []
        for metric in object[["spec", "metrics"]]?.array ?? [] {
            if isProcessor(metric), let percentage: JSON = metric[["resource", "target", "averageUtilization"]] {
                result[["spec", "targetCPUUtilizationPercentage"]] = percentage
            } else {
                others.append(AnnotatedMetric.fromSpec(metric))
            }
        }
        if !others.isEmpty { note("metrics", .array(others)) }
        let current: [JSON] = object[["status", "currentMetrics"]]?.array ?? []
        for metric in current where isProcessor(metric) {
            guard let percentage: JSON = metric[["resource", "current", "averageUtilization"]] else { continue }
            result[["status", "currentCPUUtilizationPercentage"]] = percentage
        }
        // All of them: the raw values stand nowhere else.
        if !current.isEmpty { note("current-metrics", .array(current.map(AnnotatedMetric.fromStatus))) }
        if let behavior: JSON = object[["spec", "behavior"]] { note("behavior", GoNames.behavior(behavior)) }
        if let conditions: JSON = object[["status", "conditions"]], !conditions.isEmpty { note("conditions", conditions) }
        return result
    }

    private static func isProcessor(_ metric: JSON) -> Bool { metric["type"] == "Resource" && metric[["resource", "name"]] == "cpu" }

    private static func dropAnnotations(_ object: inout JSON) {
        guard var notes: JSONObject = object[["metadata", "annotations"]]?.object else { return }
        for name in annotations { notes[prefix + name] = nil }
        object[["metadata", "annotations"]] = notes.isEmpty ? nil : .object(notes)
    }

    /// The same tree with other member names, without nulls.
    private static func renamed(_ json: JSON, _ rename: (String) -> String) -> JSON {
        switch json {
        case .object(let object):
            .object(
                JSONObject(
                    members: object.members.filter { !$0.value.isNull }.map {
                        JSONObject.Member(key: rename($0.key), value: renamed($0.value, rename))
                    }))
        case .array(let values): .array(values.map { renamed($0, rename) })
        default: json
        }
    }
}

extension ObjectSchema {
    /// The object in the form in which it is served or stored: zero values as Go writes them, and defaults. Nil when a member has a
    /// wrong type.
    func complete(_ object: JSON) -> JSON? {
        var findings = DecodingFindings()
        guard var result: JSON = try? decode(object, findings: &findings) else { return nil }
        applyDefaults(&result)
        return result
    }
}

/// A behavior as Go writes structs without tags: `{"ScaleUp":{"StabilizationWindowSeconds":0,…`.
private enum GoNames {
    static func lowered(_ name: String) -> String { name.prefix(1).lowercased() + name.dropFirst() }

    static func behavior(_ behavior: JSON) -> JSON { ["ScaleUp": rules(behavior["scaleUp"]), "ScaleDown": rules(behavior["scaleDown"])] }

    private static func rules(_ rules: JSON?) -> JSON {
        guard let rules else { return .null }
        let policies: [JSON]? = rules["policies"]?.array?.map { policy in
            [
                "Type": policy["type"] ?? "", "Value": policy["value"] ?? 0, "PeriodSeconds": policy["periodSeconds"] ?? 0,
            ]
        }
        return [
            "StabilizationWindowSeconds": rules["stabilizationWindowSeconds"] ?? .null, "SelectPolicy": rules["selectPolicy"] ?? .null,
            "Policies": policies.map { .array($0) } ?? .null, "Tolerance": rules["tolerance"] ?? .null,
        ]
    }
}
