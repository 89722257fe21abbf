package import API
package import Machinery

/// The rules of a role in the form in which requests are compared with them. Immutable.
package final class RoleRules: Sendable {
    /// One rule: all parts have to match.
    package struct Rule: Sendable, Hashable {
        package var verbs: [String] = []
        package var groups: [String] = []
        package var resources: [String] = []
        package var names: [String] = []
        package var urls: [String] = []
    }

    package let rules: [Rule]
    /// Positions of the rules that name a resource; of those with `*` or `*/part`; of those with paths.
    private let byResource: [String: [Int]]
    private let wild: [Int]
    private let paths: [Int]

    package init(_ rules: [Rule]) {
        self.rules = rules
        var byResource: [String: [Int]] = [:]
        var wild: [Int] = []
        var paths: [Int] = []
        for (index, rule) in rules.enumerated() {
            for resource in rule.resources where !resource.hasPrefix("*") { byResource[resource, default: []].append(index) }
            if rule.resources.contains(where: { $0.hasPrefix("*") }) { wild.append(index) }
            if !rule.urls.isEmpty { paths.append(index) }
        }
        self.byResource = byResource
        self.wild = wild
        self.paths = paths
    }

    package convenience init(_ rules: [View<PolicyRule>]) { self.init(rules.map { Rule($0) }) }

    package func allows(_ attributes: Attributes) -> Bool {
        guard attributes.isResource else { return paths.contains { rules[$0].allows(path: attributes.path, verb: attributes.verb) } }
        if let named = byResource[attributes.combined], named.contains(where: { rules[$0].allowsBeside(attributes) }) { return true }
        return wild.contains { rules[$0].hasWildcard(for: attributes) && rules[$0].allowsBeside(attributes) }
    }
}

/// Source: k8s.io/component-helpers/auth/rbac/validation, `RuleAllows`.
extension RoleRules.Rule {
    package init(_ rule: View<PolicyRule>) {
        self.init(
            verbs: rule.verbs, groups: rule.apiGroups, resources: rule.resources, names: rule.resourceNames, urls: rule.nonResourceURLs)
    }

    package var view: View<PolicyRule> {
        View<PolicyRule> {
            $0.verbs = verbs
            if !groups.isEmpty { $0.apiGroups = groups }
            if !resources.isEmpty { $0.resources = resources }
            if !names.isEmpty { $0.resourceNames = names }
            if !urls.isEmpty { $0.nonResourceURLs = urls }
        }
    }

    /// Everything but the resource.
    fileprivate func allowsBeside(_ attributes: Attributes) -> Bool {
        Self.has(verbs, attributes.verb) && Self.has(groups, attributes.group) && (names.isEmpty || names.contains(attributes.name))
    }

    fileprivate func hasWildcard(for attributes: Attributes) -> Bool {
        resources.contains { resource in
            resource == "*"
                || (!attributes.subresource.isEmpty && resource.hasPrefix("*/") && resource.dropFirst(2) == attributes.subresource)
        }
    }

    fileprivate func allows(path: String, verb: String) -> Bool {
        Self.has(verbs, verb) && urls.contains { Self.covers($0, path) }
    }

    /// `*` is everything.
    private static func has(_ values: [String], _ value: String) -> Bool {
        values.contains { $0 == value || $0 == "*" }
    }

    /// `/api/*` covers what begins with `/api/`.
    static func covers(_ url: String, _ path: String) -> Bool {
        url == path || (url.hasSuffix("*") && path.hasPrefix(url.trimmingSuffix("*")))
    }
}

extension String {
    /// Without all of this character at the end.
    fileprivate func trimmingSuffix(_ character: Character) -> Substring {
        var rest: Substring = self[...]
        while rest.last == character { rest.removeLast() }
        return rest
    }
}
