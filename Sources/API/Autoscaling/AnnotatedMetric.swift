import Machinery

/// Metrics as the annotations of `autoscaling/v1` hold them: with one name for each number instead of a target with a type.
enum AnnotatedMetric {
    static func toSpec(_ metric: JSON) -> JSON {
        var result: JSON = ["type": metric["type"] ?? ""]
        if let old: JSON = metric["object"] {
            result["object"] = clean([
                ("describedObject", old["target"]), ("metric", identifier(old, "metricName", "selector")),
                (
                    "target",
                    old["averageValue"].map { ["type": "AverageValue", "averageValue": $0] }
                        ?? ["type": "Value", "value": old["targetValue"] ?? "0"]
                ),
            ])
        }
        if let old: JSON = metric["pods"] {
            result["pods"] = [
                "metric": identifier(old, "metricName", "selector"),
                "target": ["type": "AverageValue", "averageValue": old["targetAverageValue"] ?? "0"],
            ]
        }
        for field in ["resource", "containerResource"] {
            guard let old: JSON = metric[field] else { continue }
            let percentage: JSON? = old["targetAverageUtilization"]
            result[field] = clean([
                ("name", old["name"]), ("container", old["container"]),
                (
                    "target",
                    clean([
                        ("type", percentage == nil ? "AverageValue" : "Utilization"), ("averageUtilization", percentage),
                        ("averageValue", old["targetAverageValue"]),
                    ])
                ),
            ])
        }
        if let old: JSON = metric["external"] {
            result["external"] = [
                "metric": identifier(old, "metricName", "metricSelector"),
                "target": clean([
                    ("type", old["targetValue"] == nil ? "AverageValue" : "Value"), ("value", old["targetValue"]),
                    ("averageValue", old["targetAverageValue"]),
                ]),
            ]
        }
        return result
    }

    static func fromSpec(_ metric: JSON) -> JSON {
        var result: JSON = ["type": metric["type"] ?? ""]
        if let new: JSON = metric["object"] {
            result["object"] = clean([
                ("target", new["describedObject"]), ("metricName", new[["metric", "name"]] ?? ""),
                ("targetValue", new[["target", "value"]] ?? "0"), ("selector", new[["metric", "selector"]]),
                ("averageValue", new[["target", "averageValue"]]),
            ])
        }
        if let new: JSON = metric["pods"] {
            result["pods"] = clean([
                ("metricName", new[["metric", "name"]] ?? ""), ("targetAverageValue", new[["target", "averageValue"]] ?? "0"),
                ("selector", new[["metric", "selector"]]),
            ])
        }
        for field in ["resource", "containerResource"] {
            guard let new: JSON = metric[field] else { continue }
            result[field] = clean([
                ("name", new["name"]), ("targetAverageUtilization", new[["target", "averageUtilization"]]),
                ("targetAverageValue", new[["target", "averageValue"]]), ("container", new["container"]),
            ])
        }
        if let new: JSON = metric["external"] {
            result["external"] = clean([
                ("metricName", new[["metric", "name"]] ?? ""), ("metricSelector", new[["metric", "selector"]]),
                ("targetValue", new[["target", "value"]]), ("targetAverageValue", new[["target", "averageValue"]]),
            ])
        }
        return result
    }

    static func toStatus(_ metric: JSON) -> JSON {
        var result: JSON = ["type": metric["type"] ?? ""]
        if let old: JSON = metric["object"] {
            result["object"] = clean([
                ("describedObject", old["target"]), ("metric", identifier(old, "metricName", "selector")),
                ("current", clean([("value", old["currentValue"]), ("averageValue", old["averageValue"])])),
            ])
        }
        if let old: JSON = metric["pods"] {
            result["pods"] = [
                "metric": identifier(old, "metricName", "selector"), "current": clean([("averageValue", old["currentAverageValue"])]),
            ]
        }
        for field in ["resource", "containerResource"] {
            guard let old: JSON = metric[field] else { continue }
            result[field] = clean([
                ("name", old["name"]), ("container", old["container"]),
                (
                    "current",
                    clean([
                        ("averageUtilization", old["currentAverageUtilization"]), ("averageValue", old["currentAverageValue"]),
                    ])
                ),
            ])
        }
        if let old: JSON = metric["external"] {
            result["external"] = [
                "metric": identifier(old, "metricName", "metricSelector"),
                "current": clean([("value", old["currentValue"]), ("averageValue", old["currentAverageValue"])]),
            ]
        }
        return result
    }

    static func fromStatus(_ metric: JSON) -> JSON {
        var result: JSON = ["type": metric["type"] ?? ""]
        if let new: JSON = metric["object"] {
            result["object"] = clean([
                ("target", new["describedObject"]), ("metricName", new[["metric", "name"]] ?? ""),
                ("currentValue", new[["current", "value"]] ?? "0"), ("selector", new[["metric", "selector"]]),
                ("averageValue", new[["current", "averageValue"]]),
            ])
        }
        if let new: JSON = metric["pods"] {
            result["pods"] = clean([
                ("metricName", new[["metric", "name"]] ?? ""), ("currentAverageValue", new[["current", "averageValue"]] ?? "0"),
                ("selector", new[["metric", "selector"]]),
            ])
        }
        for field in ["resource", "containerResource"] {
            guard let new: JSON = metric[field] else { continue }
            result[field] = clean([
                ("name", new["name"]), ("currentAverageUtilization", new[["current", "averageUtilization"]]),
                ("currentAverageValue", new[["current", "averageValue"]] ?? "0"), ("container", new["container"]),
            ])
        }
        if let new: JSON = metric["external"] {
            result["external"] = clean([
                ("metricName", new[["metric", "name"]] ?? ""), ("metricSelector", new[["metric", "selector"]]),
                ("currentValue", new[["current", "value"]] ?? "0"), ("currentAverageValue", new[["current", "averageValue"]]),
            ])
        }
        return result
    }

    private static func identifier(_ old: JSON, _ name: String, _ selector: String) -> JSON {
        clean([("name", old[name] ?? ""), ("selector", old[selector])])
    }

    /// An object of the members that are there.
    private static func clean(_ members: [(String, JSON?)]) -> JSON {
        .object(JSONObject(members: members.compactMap { key, value in value.map { JSONObject.Member(key: key, value: $0) } }))
    }
}
