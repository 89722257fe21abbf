import API
import Machinery

/// Requests that a policy or its binding is about, ready to be compared.
///
/// Source: k8s.io/apiserver/pkg/admission/plugin/policy/matching.
struct PolicyConstraints: Sendable {
    private struct NamedRule: Sendable {
        let rule: WebhookRule
        let names: Set<String>

        init(_ json: JSON) {
            rule = WebhookRule(json)
            names = Set((json["resourceNames"]?.array ?? []).compactMap(\.string))
        }

        func matches(_ operation: AdmissionOperation, _ type: ResourceType, _ subresource: String?, _ name: String) -> Bool {
            (names.isEmpty || names.contains(name))
                && rule.matches(operation, type.names.resource, subresource, isNamespaced: type.names.isNamespaced)
        }
    }

    private let rules: [NamedRule]
    private let excluded: [NamedRule]
    let namespaceSelector: LabelMatch
    let objectSelector: LabelMatch
    private let isExact: Bool

    /// - Parameter json: `matchConstraints` or `matchResources` with its defaults.
    init(_ json: JSON) {
        rules = (json["resourceRules"]?.array ?? []).map { NamedRule($0) }
        excluded = (json["excludeResourceRules"]?.array ?? []).map { NamedRule($0) }
        namespaceSelector = Webhook.selector(json["namespaceSelector"])
        objectSelector = Webhook.selector(json["objectSelector"])
        isExact = json["matchPolicy"]?.string == "Exact"
    }

    /// The version of the kind that the rules mean; nil when they do not mean the request.
    func type(
        _ operation: AdmissionOperation, _ type: ResourceType, _ subresource: String?, name: String,
        equivalents: (ResourceType) -> [ResourceType]
    ) -> ResourceType? {
        let types: [ResourceType] = [type] + (isExact ? [] : equivalents(type))
        if excluded.contains(where: { rule in types.contains { rule.matches(operation, $0, subresource, name) } }) { return nil }
        guard !rules.isEmpty else { return type }
        return types.first { type in rules.contains { $0.matches(operation, type, subresource, name) } }
    }
}
