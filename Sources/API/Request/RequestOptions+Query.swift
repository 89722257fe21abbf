extension RequestOptions {
    /// The options as the items of a query, in a fixed order, not escaped.
    package var queryItems: [(name: String, value: String)] {
        var items: [(name: String, value: String)] = []
        func add(_ name: String, _ value: String?) { if let value { items.append((name, value)) } }
        add("labelSelector", labelSelector)
        add("fieldSelector", fieldSelector)
        add("resourceVersion", resourceVersion)
        add("resourceVersionMatch", resourceVersionMatch)
        add("limit", limit.map(String.init))
        add("continue", continueToken)
        add("timeoutSeconds", timeoutSeconds.map(String.init))
        add("allowWatchBookmarks", allowWatchBookmarks ? "true" : nil)
        add("sendInitialEvents", sendInitialEvents.map { $0 ? "true" : "false" })
        add("dryRun", dryRun ? "All" : nil)
        add("fieldManager", fieldManager)
        add("fieldValidation", fieldValidation)
        add("force", force ? "true" : nil)
        add("propagationPolicy", propagationPolicy)
        add("gracePeriodSeconds", gracePeriodSeconds.map(String.init))
        return items + other
    }

    /// Reads the items of a query; those with an empty value count as absent, flags excepted, as in Kubernetes.
    ///
    /// Throws ``APIStatus`` (400) for a value that is not of the option's type.
    package init(queryItems: [(name: String, value: String)]) throws(APIStatus) {
        for (name, value) in queryItems {
            switch name {
            case "watch": other.append((name, Self.flag(value) ? "true" : "false"))
            case "allowWatchBookmarks": allowWatchBookmarks = Self.flag(value)
            case "sendInitialEvents": sendInitialEvents = Self.flag(value)
            case "force": force = Self.flag(value)
            case _ where value.isEmpty: continue
            case "labelSelector": labelSelector = value
            case "fieldSelector": fieldSelector = value
            case "resourceVersion": resourceVersion = value
            case "resourceVersionMatch": resourceVersionMatch = value
            case "limit": limit = try Self.int(name, value)
            case "continue": continueToken = value
            case "timeoutSeconds": timeoutSeconds = try Self.int(name, value)
            case "dryRun" where value == "All": dryRun = true
            case "fieldManager": fieldManager = value
            case "fieldValidation": fieldValidation = value
            case "propagationPolicy": propagationPolicy = value
            case "gracePeriodSeconds": gracePeriodSeconds = try Self.int(name, value)
            default: other.append((name, value))
            }
        }
    }

    private static func int(_ name: String, _ value: String) throws(APIStatus) -> Int {
        guard let number = Int(value) else {
            throw .badRequest("\(name): Invalid value: \"\(value)\": strconv.ParseInt: parsing \"\(value)\": invalid syntax")
        }
        return number
    }

    /// What Go takes for a flag in a query: anything but `false` and `0` is true, and so is nothing after the name.
    ///
    /// Source: `Convert_Slice_string_To_bool` of k8s.io/apimachinery/pkg/runtime.
    private static func flag(_ value: String) -> Bool { !["false", "0"].contains(value.lowercased()) }
}
