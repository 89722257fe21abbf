package import Machinery

/// Which pods a workload or a service means.
package enum PodSelector {
    /// The label selector as text; nil where the object has none. Throws what is wrong with it.
    package static func text(of workload: JSON) throws -> String? {
        guard let selector = workload[["spec", "selector"]] else { return nil }
        let isStructured: Bool = selector["matchLabels"] != nil || selector["matchExpressions"] != nil
        if isStructured { return try LabelMatch(labelSelector: selector).description }
        let labels: [JSONObject.Member] = (selector.object ?? [:]).sorted().members
        return labels.map { "\($0.key)=\($0.value.string ?? GoText.of($0.value))" }.joined(separator: ",")
    }
}
