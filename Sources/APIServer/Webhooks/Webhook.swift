import API
import CEL
import Machinery

/// One webhook of a configuration, ready to be asked.
struct Webhook: Sendable {
    /// The configuration that declares it, and its place there: unique among all.
    let id: String
    let name: String
    let rules: [WebhookRule]
    let namespaceSelector: LabelMatch
    let objectSelector: LabelMatch
    /// True when rules mean only the versions and groups that they name (`matchPolicy: Exact`).
    let isExact: Bool
    /// True when a webhook that can't be reached counts as one that admits (`failurePolicy: Ignore`).
    let ignoresFailures: Bool
    let timeoutSeconds: Int
    /// True when a dry run may ask it.
    let hasNoSideEffects: Bool
    /// True when it is asked again after others changed the object (`reinvocationPolicy: IfNeeded`).
    let isAskedAgain: Bool
    /// Further conditions; all have to hold.
    let conditions: [PolicyExpression]
    private let clientConfig: JSON

    /// - Parameter json: an element of `webhooks` with its defaults.
    init(_ json: JSON, configuration: String, index: Int) {
        name = json["name"]?.string ?? ""
        id = "\(configuration)/\(name)/\(index)"
        rules = (json["rules"]?.array ?? []).map { WebhookRule($0) }
        namespaceSelector = Self.selector(json["namespaceSelector"])
        objectSelector = Self.selector(json["objectSelector"])
        isExact = json["matchPolicy"]?.string == "Exact"
        ignoresFailures = json["failurePolicy"]?.string == "Ignore"
        timeoutSeconds = json["timeoutSeconds"]?.int.map { Int($0) } ?? 10
        hasNoSideEffects = ["None", "NoneOnDryRun"].contains(json["sideEffects"]?.string)
        isAskedAgain = json["reinvocationPolicy"]?.string == "IfNeeded"
        conditions = Self.conditions(json["matchConditions"]?.array ?? [])
        clientConfig = json["clientConfig"] ?? [:]
    }

    /// Throws ``WebhookFailure`` for a configuration that names no place.
    func target() throws(WebhookFailure) -> WebhookAddress { try WebhookAddress(clientConfig: clientConfig) }

    private static func conditions(_ list: [JSON]) -> [PolicyExpression] {
        guard !list.isEmpty else { return [] }
        let environment: Environment = PolicyEnvironment(hasParams: false, isPolicy: false).environment
        return list.map { PolicyExpression($0["expression"]?.string ?? "", .condition, in: environment) }
    }

    /// An absent selector means everything here; validation refuses one that can't be read.
    static func selector(_ json: JSON?) -> LabelMatch {
        guard let json, !json.isNull else { return .everything }
        return (try? LabelMatch(labelSelector: json)) ?? .nothing
    }
}

/// Which requests a webhook wants to see. Source: k8s.io/apiserver/pkg/admission/plugin/webhook/predicates/rules.
struct WebhookRule: Sendable {
    private let operations: Set<String>
    private let groups: Set<String>
    private let versions: Set<String>
    /// `pods`, `pods/status`, `*`, `*/*`, `pods/*`, `*/status` as resource and subresource.
    private let resources: [(resource: Substring, subresource: Substring)]
    private let scope: String

    init(_ json: JSON) {
        func texts(_ name: String) -> [String] { (json[name]?.array ?? []).compactMap(\.string) }
        operations = Set(texts("operations"))
        groups = Set(texts("apiGroups"))
        versions = Set(texts("apiVersions"))
        resources = texts("resources").map { text in
            let parts: [Substring] = text.split(separator: "/", maxSplits: 1)
            return (parts.first ?? "", parts.count > 1 ? parts[1] : "")
        }
        scope = json["scope"]?.string ?? "*"
    }

    /// - Parameter isNamespaced: whether the object stands in a namespace; a Namespace itself does not.
    func matches(_ operation: AdmissionOperation, _ resource: GroupVersionResource, _ subresource: String?, isNamespaced: Bool) -> Bool {
        guard operations.contains("*") || operations.contains(operation.rawValue),
            groups.contains("*") || groups.contains(resource.group),
            versions.contains("*") || versions.contains(resource.version),
            scope == "*" || (scope == "Namespaced") == isNamespaced
        else { return false }
        return resources.contains { rule in
            (rule.resource == "*" || rule.resource == resource.resource)
                && (rule.subresource == "*" || rule.subresource == subresource ?? "")
        }
    }
}
