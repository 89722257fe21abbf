import API

/// Compares sets of rules: does one allow everything that the other allows?
///
/// Source: k8s.io/component-helpers/auth/rbac/validation.
enum RuleCover {
    typealias Rule = RoleRules.Rule

    static func covers(_ owned: [Rule], _ wanted: [Rule]) -> Bool { missing(wanted, in: owned).isEmpty }

    /// The parts of the wanted rules, one verb of one resource each, that no owned rule covers.
    static func missing(_ wanted: [Rule], in owned: [Rule]) -> [Rule] {
        wanted.flatMap(parts).filter { part in !owned.contains { covers($0, part) } }
    }

    /// The same with the verbs of one resource in one rule.
    static func compacted(_ rules: [Rule]) -> [Rule] {
        var compact: [Rule] = []
        for rule in rules {
            let same: Int? = compact.firstIndex {
                $0.urls.isEmpty && $0.groups == rule.groups && $0.resources == rule.resources && $0.names == rule.names
            }
            if let same, rule.urls.isEmpty {
                compact[same].verbs += rule.verbs.filter { !compact[same].verbs.contains($0) }
            } else {
                compact.append(rule)
            }
        }
        return compact
    }

    /// The rule in its smallest pieces.
    private static func parts(_ rule: Rule) -> [Rule] {
        var parts: [Rule] = []
        for group in rule.groups {
            for resource in rule.resources {
                for verb in rule.verbs {
                    for name in rule.names.isEmpty ? [[]] : rule.names.map({ [$0] }) {
                        parts.append(Rule(verbs: [verb], groups: [group], resources: [resource], names: name))
                    }
                }
            }
        }
        for url in rule.urls { for verb in rule.verbs { parts.append(Rule(verbs: [verb], urls: [url])) } }
        return parts
    }

    private static func covers(_ owner: Rule, _ part: Rule) -> Bool {
        hasAll(owner.verbs, part.verbs) && hasAll(owner.groups, part.groups)
            && part.resources.allSatisfy { has(owner.resources, resource: $0) }
            && part.urls.allSatisfy { url in owner.urls.contains { Rule.covers($0, url) } }
            && (owner.names.isEmpty || (!part.names.isEmpty && part.names.allSatisfy(owner.names.contains)))
    }

    private static func hasAll(_ owned: [String], _ wanted: [String]) -> Bool {
        owned.contains("*") || wanted.allSatisfy(owned.contains)
    }

    /// `*/scale` covers the scale of everything.
    private static func has(_ owned: [String], resource: String) -> Bool {
        if owned.contains("*") || owned.contains(resource) { return true }
        guard let slash = resource.firstIndex(of: "/") else { return false }
        return owned.contains("*" + resource[slash...])
    }
}
