import API
package import Machinery

/// Which requests are recorded, and how much of them: the rules of an audit policy file.
///
/// Source: k8s.io/apiserver/pkg/apis/audit and pkg/audit/policy.
package struct AuditPolicy: Sendable {
    package enum Level: String, Sendable, Comparable, CaseIterable {
        case none = "None"
        case metadata = "Metadata"
        case request = "Request"
        case requestResponse = "RequestResponse"

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

        package static func < (one: Level, other: Level) -> Bool { one.rank < other.rank }
    }

    package enum Stage: String, Sendable, CaseIterable {
        case requestReceived = "RequestReceived"
        case responseStarted = "ResponseStarted"
        case responseComplete = "ResponseComplete"
        case panic = "Panic"
    }

    /// What to record of one request.
    struct Choice: Sendable, Equatable {
        let level: Level
        let omitted: [Stage]
        let omitsManagedFields: Bool
    }

    /// What is wrong with a policy, all of it.
    package struct Malformed: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    private struct Resource: Sendable {
        let group: String
        let resources: [String]
        let names: [String]
    }

    private struct Rule: Sendable {
        let choice: Choice
        let users, groups, verbs, namespaces, urls: [String]
        let resources: [Resource]
    }

    private let rules: [Rule]

    // MARK: - Reading

    /// - Parameter json: an object of audit.k8s.io/v1, kind Policy. Throws ``Malformed``.
    package init(_ json: JSON) throws(Malformed) {
        guard json["kind"]?.string == "Policy", json["apiVersion"]?.string == "audit.k8s.io/v1" else {
            throw Malformed(description: "it is no object of kind Policy in audit.k8s.io/v1")
        }
        var problems: [String] = []
        let omitted: [Stage] = Self.stages(json["omitStages"], "omitStages", &problems)
        let omitsFields: Bool = json["omitManagedFields"]?.bool ?? false
        var rules: [Rule] = []
        for (i, rule) in (json["rules"]?.array ?? []).enumerated() {
            rules.append(Self.rule(rule, "rules[\(i)]", omitted, omitsFields, &problems))
        }
        if !problems.isEmpty { throw Malformed(description: problems.joined(separator: "; ")) }
        if rules.isEmpty { throw Malformed(description: "rules: Required value: a policy without rules records nothing") }
        self.rules = rules
    }

    private static let fields: Set<String> = [
        "level", "users", "userGroups", "verbs", "resources", "namespaces", "nonResourceURLs", "omitStages", "omitManagedFields",
    ]

    private static func rule(
        _ rule: JSON, _ path: String, _ omitted: [Stage], _ omitsFields: Bool, _ problems: inout [String]
    ) -> Rule {
        for field in rule.object.map({ Array($0) }) ?? [] where !fields.contains(field.key) {
            problems.append("\(path): unknown field \"\(field.key)\"")
        }
        let text: String = rule["level"]?.string ?? ""
        let level: Level? = Level(rawValue: text)
        if level == nil {
            let known: String = Level.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            problems.append("\(path).level: Unsupported value: \"\(text)\": supported values: \(known)")
        }
        let urls: [String] = texts(rule["nonResourceURLs"])
        let resources: [Resource] = (rule["resources"]?.array ?? []).map {
            Resource(group: $0["group"]?.string ?? "", resources: texts($0["resources"]), names: texts($0["resourceNames"]))
        }
        let namespaces: [String] = texts(rule["namespaces"])
        if !urls.isEmpty, !resources.isEmpty || !namespaces.isEmpty {
            problems.append("\(path).nonResourceURLs: Invalid value: rules cannot apply to both regular resources and non-resource URLs")
        }
        for url in urls where url != "*" {
            if !url.hasPrefix("/") {
                problems.append(
                    "\(path).nonResourceURLs: Invalid value: \"\(url)\": non-resource URL rules must begin with a '/' character")
            } else if url.dropLast().contains("*") {
                problems.append(
                    "\(path).nonResourceURLs: Invalid value: \"\(url)\": non-resource URL wildcards '*' must be the final character of the rule"
                )
            }
        }
        for resource in resources where !resource.names.isEmpty && resource.resources.isEmpty {
            problems.append("\(path).resources.resourceNames: Invalid value: using resourceNames requires at least one resource")
        }
        let choice = Choice(
            level: level ?? .none, omitted: omitted + stages(rule["omitStages"], path + ".omitStages", &problems),
            omitsManagedFields: rule["omitManagedFields"]?.bool ?? omitsFields)
        return Rule(
            choice: choice, users: texts(rule["users"]), groups: texts(rule["userGroups"]), verbs: texts(rule["verbs"]),
            namespaces: namespaces, urls: urls, resources: resources)
    }

    private static func texts(_ json: JSON?) -> [String] { (json?.array ?? []).compactMap(\.string) }

    private static func stages(_ json: JSON?, _ path: String, _ problems: inout [String]) -> [Stage] {
        texts(json).compactMap { text in
            if let stage = Stage(rawValue: text) { return stage }
            let known: String = Stage.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            problems.append("\(path): Unsupported value: \"\(text)\": supported values: \(known)")
            return nil
        }
    }

    // MARK: - Choosing

    /// By the first rule that matches; nil when nothing is recorded.
    func choice(_ user: UserInfo, _ attributes: Attributes) -> Choice? {
        guard let rule = rules.first(where: { Self.matches($0, user, attributes) }), rule.choice.level > .none else { return nil }
        return rule.choice
    }

    private static func matches(_ rule: Rule, _ user: UserInfo, _ attributes: Attributes) -> Bool {
        if !rule.users.isEmpty, !rule.users.contains(user.name) { return false }
        if !rule.groups.isEmpty, !rule.groups.contains(where: user.groups.contains) { return false }
        if !rule.verbs.isEmpty, !rule.verbs.contains(attributes.verb) { return false }
        if !rule.namespaces.isEmpty || !rule.resources.isEmpty { return matchesResource(rule, attributes) }
        guard !rule.urls.isEmpty else { return true }
        guard !attributes.isResource else { return false }
        return rule.urls.contains { url in
            url == "*" || url == attributes.path || (url.hasSuffix("*") && attributes.path.hasPrefix(url.dropLast()))
        }
    }

    private static func matchesResource(_ rule: Rule, _ attributes: Attributes) -> Bool {
        guard attributes.isResource else { return false }
        if !rule.namespaces.isEmpty, !rule.namespaces.contains(attributes.namespace) { return false }
        guard !rule.resources.isEmpty else { return true }
        return rule.resources.contains { resource in
            guard resource.group == attributes.group else { return false }
            guard !resource.resources.isEmpty else { return true }
            guard resource.names.isEmpty || resource.names.contains(attributes.name) else { return false }
            return resource.resources.contains { wanted in
                wanted == "*" || wanted == attributes.combined
                    || (!attributes.subresource.isEmpty && wanted == "*/" + attributes.subresource)
                    || wanted == attributes.resource + "/*"
            }
        }
    }
}
