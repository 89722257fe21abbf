import API
import Client
import Machinery

/// What a role made from flags allows.
package struct RuleOptions: FlagGroup {
    @Option("verb", help: "What may be done: get,list,watch; may be repeated.", value: "verbs")
    var verb: [String] = []

    @Option("resource", help: "With what: pods, deployments.apps, pods/log; may be repeated.", value: "types")
    var resource: [String] = []

    @Option("resource-name", help: "Only with objects of this name; may be repeated.", value: "name")
    var resourceName: [String] = []

    package init() {}

    var verbs: [String] {
        var verbs: [String] = []
        for verb in Self.parts(verb) {
            if verb == "*" { return ["*"] }
            if !verbs.contains(verb) { verbs.append(verb) }
        }
        return verbs
    }

    static func parts(_ texts: [String]) -> [String] { texts.flatMap { $0.split(separator: ",").map(String.init) } }

    /// Rules by API group; the resources are looked up in the cluster.
    func rules(_ session: Session) async throws -> [JSON] {
        let known: Set<String> = [
            "get", "delete", "list", "create", "update", "patch", "watch", "proxy", "redirect", "deletecollection", "use", "bind",
            "escalate",
            "impersonate", "approve", "sign", "attest", "*",
        ]
        for verb in verbs where !known.contains(verb) { session.output.warn("'\(verb)' is not a standard resource verb") }
        var groups: [(group: String, resources: [String])] = []
        for text in Self.parts(resource) {
            let parts: [Substring] = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            let (group, name): (String, String)
            if parts[0] == "*" {
                (group, name) = ("", "*")
            } else {
                guard let found = try await session.catalog.find(String(parts[0])) else {
                    throw Failure(
                        "the server doesn't have a resource type \(JSON.quoted(String(parts[0].prefix { $0 != "." })))", isComplete: true)
                }
                (group, name) = (found.resource.group, found.resource.resource)
            }
            let full: String = name + (parts.count > 1 ? "/\(parts[1])" : "")
            if let index = groups.firstIndex(where: { $0.group == group }) {
                if !groups[index].resources.contains(full) { groups[index].resources.append(full) }
            } else {
                groups.append((group, [full]))
            }
        }
        let names: [String] = Self.parts(resourceName)
        return groups.sorted { $0.group < $1.group }.map { group in
            var rule: JSON = [
                "apiGroups": [.string(group.group)], "resources": .array(group.resources.map { .string($0) }),
                "verbs": .array(verbs.map { .string($0) }),
            ]
            if !names.isEmpty { rule["resourceNames"] = .array(names.map { .string($0) }) }
            return rule
        }
    }
}

/// `create role`
package struct CreateRole: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "create role", abstract: "Make a Role.",
        usage: "swkube create role NAME --verb=VERB --resource=TYPE[.GROUP][/PART] [--resource-name=NAME] [flags]")

    @OptionGroup var naming: NameArgument

    @OptionGroup var rule: RuleOptions
    @OptionGroup var creation: CreationOptions
    package init() {}

    package func run(in shell: Shell) async throws {
        let name: String = try naming.name(Self.commandName)
        if rule.verbs.isEmpty { throw Failure("at least one verb must be specified") }
        if rule.resource.isEmpty { throw Failure("at least one resource must be specified") }
        var object: JSON = Role.new(name).json
        object["rules"] = .array(try await rule.rules(try creation.connection.session(shell)))
        try await creation.create(Role.names, object, shell, failure: nil)
    }
}

/// `create clusterrole`
package struct CreateClusterRole: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "create clusterrole", abstract: "Make a ClusterRole.",
        usage: "swkube create clusterrole NAME --verb=VERB --resource=TYPE[.GROUP][/PART] [--resource-name=NAME] [flags]")

    @OptionGroup var naming: NameArgument

    @OptionGroup var rule: RuleOptions

    @Option("non-resource-url", help: "A path of the API; may be repeated.", value: "path")
    var paths: [String] = []

    @Option("aggregation-rule", help: "Labels of roles that it takes together.", value: "labels")
    var aggregation: [String] = []

    @OptionGroup var creation: CreationOptions
    package init() {}

    package func run(in shell: Shell) async throws {
        let name: String = try naming.name(Self.commandName)
        let paths: [String] = RuleOptions.parts(paths)
        var object: JSON = ClusterRole.new(name).json
        let labels: [String] = RuleOptions.parts(aggregation)
        if !labels.isEmpty {
            if !paths.isEmpty || !rule.verb.isEmpty || !rule.resource.isEmpty || !rule.resourceName.isEmpty {
                throw Failure("aggregation rule must be specified without nonResourceURLs, verbs, resources or resourceNames")
            }
            object["aggregationRule"] = ["clusterRoleSelectors": [["matchLabels": try Expose.labels(labels.joined(separator: ","))]]]
            object["rules"] = .null
            return try await creation.create(ClusterRole.names, object, shell, failure: nil)
        }
        if rule.verb.isEmpty { throw Failure("at least one verb must be specified") }
        if rule.resource.isEmpty, paths.isEmpty { throw Failure("one of resource or nonResourceURL must be specified") }
        var rules: [JSON] = rule.resource.isEmpty ? [] : try await rule.rules(try creation.connection.session(shell))
        if !paths.isEmpty {
            for verb in rule.verbs where !["get", "put", "post", "head", "options", "delete", "patch", "*"].contains(verb) {
                throw Failure("invalid verb: '\(verb)' for nonResourceURL")
            }
            for path in paths where path != "*" {
                if path.isEmpty || !path.hasPrefix("/") { throw Failure("nonResourceURL should start with /") }
                if path.dropLast().contains("*") { throw Failure("nonResourceURL only supports wildcard matches when '*' is at the end") }
            }
            rules.append(["nonResourceURLs": .array(paths.map { .string($0) }), "verbs": .array(rule.verbs.map { .string($0) })])
        }
        object["rules"] = .array(rules)
        try await creation.create(ClusterRole.names, object, shell, failure: nil)
    }
}

/// `create rolebinding`
package struct CreateRoleBinding: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "create rolebinding", abstract: "Make a RoleBinding.",
        usage:
            "swkube create rolebinding NAME (--clusterrole=NAME | --role=NAME) [--user=NAME] [--group=NAME] [--serviceaccount=NAMESPACE:NAME] [flags]"
    )

    @OptionGroup var naming: NameArgument

    @Option("clusterrole", help: "The ClusterRole.", value: "name")
    var clusterrole: String?

    @Option("role", help: "The Role.", value: "name")
    var role: String?

    @OptionGroup var subjects: SubjectOptions
    @OptionGroup var creation: CreationOptions
    package init() {}

    package func run(in shell: Shell) async throws {
        let name: String = try naming.name(Self.commandName)
        guard (clusterrole?.isEmpty != false) != (role?.isEmpty != false) else {
            throw Failure("exactly one of clusterrole or role must be specified")
        }
        var object: JSON = RoleBinding.new(name).json
        let isCluster: Bool = clusterrole?.isEmpty == false
        object["roleRef"] = [
            "apiGroup": "rbac.authorization.k8s.io", "kind": isCluster ? "ClusterRole" : "Role",
            "name": .string((isCluster ? clusterrole : role) ?? ""),
        ]
        let (list, creation): ([JSON], CreationOptions) = (try subjects.json(users: creation.connection.user), creation.withoutUser)
        if !list.isEmpty { object["subjects"] = .array(list) }
        try await creation.create(RoleBinding.names, object, shell)
    }
}

/// `create clusterrolebinding`
package struct CreateClusterRoleBinding: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "create clusterrolebinding", abstract: "Make a ClusterRoleBinding.",
        usage:
            "swkube create clusterrolebinding NAME --clusterrole=NAME [--user=NAME] [--group=NAME] [--serviceaccount=NAMESPACE:NAME] [flags]"
    )

    @OptionGroup var naming: NameArgument

    @Option("clusterrole", help: "The ClusterRole.", value: "name")
    var clusterrole: String?

    @OptionGroup var subjects: SubjectOptions
    @OptionGroup var creation: CreationOptions
    package init() {}

    package func run(in shell: Shell) async throws {
        guard let clusterrole else { throw Failure("required flag(s) \"clusterrole\" not set") }
        let name: String = try naming.name(Self.commandName)
        var object: JSON = ClusterRoleBinding.new(name).json
        object["roleRef"] = ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": .string(clusterrole)]
        let (list, creation): ([JSON], CreationOptions) = (try subjects.json(users: creation.connection.user), creation.withoutUser)
        if !list.isEmpty { object["subjects"] = .array(list) }
        try await creation.create(ClusterRoleBinding.names, object, shell)
    }
}
