import API
import Machinery

/// A FlowSchema made ready for matching: whom and what it is about, and how it tells flows apart.
///
/// Source: `matchesFlowSchema` of k8s.io/apiserver/pkg/util/flowcontrol/rule.go.
final class FlowRules: Sendable {
    /// How the requests of a schema are told apart.
    enum Distinguisher: Sendable { case none, user, namespace }

    let name: String
    let uid: String
    let precedence: Int
    let level: String
    let distinguisher: Distinguisher
    let counts: FlowCounts
    private let rules: [Rule]

    private struct Rule: Sendable {
        let subjects: [Subject]
        let resources: [Resources]
        let paths: [Paths]
    }

    private enum Subject: Sendable {
        case user(String)
        case group(String)
        /// nil is every account of the namespace.
        case account(namespace: String, name: String?)
        case anyone
    }

    private struct Resources: Sendable {
        let verbs, groups, resources, namespaces: Names
        let includesCluster: Bool
    }

    private struct Paths: Sendable {
        let verbs: Names
        let urls: [String]
    }

    /// Texts, or all.
    private struct Names: Sendable {
        private let names: [String]
        private let isAll: Bool

        init(_ names: [String]) {
            self.names = names
            isAll = names.contains("*")
        }

        func contains(_ name: String) -> Bool { isAll || names.contains(name) }
    }

    /// - Parameter counts: what a schema of this name counted until now.
    init(_ schema: View<FlowSchema>, counts: FlowCounts) {
        self.counts = counts
        name = schema.metadata.name
        uid = schema.metadata.uid
        let spec: View<FlowSchemaSpec> = schema.spec
        precedence = spec.matchingPrecedence
        level = spec.priorityLevelConfiguration.name
        distinguisher =
            switch spec.distinguisherMethod?.type {
            case "ByUser": .user
            case "ByNamespace": .namespace
            default: .none
            }
        rules = spec.rules.map { rule in
            Rule(
                subjects: rule.subjects.compactMap { Self.subject($0) },
                resources: rule.resourceRules.map {
                    Resources(
                        verbs: Names($0.verbs), groups: Names($0.apiGroups), resources: Names($0.resources),
                        namespaces: Names($0.namespaces), includesCluster: $0.clusterScope)
                }, paths: rule.nonResourceRules.map { Paths(verbs: Names($0.verbs), urls: $0.nonResourceURLs) })
        }
    }

    private static func subject(_ subject: View<FlowSubject>) -> Subject? {
        switch subject.kind {
        case "User": subject.user.map { $0.name == "*" ? .anyone : .user($0.name) }
        case "Group": subject.group.map { $0.name == "*" ? .anyone : .group($0.name) }
        case "ServiceAccount":
            subject.serviceAccount.map { .account(namespace: $0.namespace, name: $0.name == "*" ? nil : $0.name) }
        default: nil
        }
    }

    // MARK: - Matching

    func matches(_ user: UserInfo, _ request: FlowRequest) -> Bool {
        rules.contains { rule in
            rule.subjects.contains { Self.matches($0, user) }
                && (request.isResource
                    ? rule.resources.contains { Self.matches($0, request) } : rule.paths.contains { Self.matches($0, request) })
        }
    }

    private static func matches(_ subject: Subject, _ user: UserInfo) -> Bool {
        switch subject {
        case .anyone: return true
        case .user(let name): return user.name == name
        case .group(let name): return user.groups.contains(name)
        case .account(let namespace, let name):
            guard user.name.hasPrefix(ServiceAccountName.prefix) else { return false }
            if let name { return user.name == ServiceAccountName(namespace: namespace, name: name).user }
            return user.name.hasPrefix(ServiceAccountName.prefix + namespace + ":")
        }
    }

    private static func matches(_ rule: Resources, _ request: FlowRequest) -> Bool {
        guard rule.verbs.contains(request.verb), rule.groups.contains(request.group), rule.resources.contains(request.resource) else {
            return false
        }
        return request.namespace.isEmpty ? rule.includesCluster : rule.namespaces.contains(request.namespace)
    }

    private static func matches(_ rule: Paths, _ request: FlowRequest) -> Bool {
        rule.verbs.contains(request.verb)
            && rule.urls.contains { url in
                url == "*" || url == request.path || (url.hasSuffix("*") && request.path.hasPrefix(url.dropLast()))
            }
    }

    /// What a flow of this schema is called beside the schema.
    func flow(_ user: UserInfo, _ request: FlowRequest) -> String {
        switch distinguisher {
        case .none: ""
        case .user: user.name
        case .namespace: request.namespace
        }
    }
}

/// What flow control looks at of a request.
struct FlowRequest: Sendable {
    let verb: String
    let isResource: Bool
    let group: String
    /// With its subresource: `pods/log`.
    let resource: String
    let namespace: String
    /// Of requests that are for no resource.
    let path: String
    /// What the request takes of a level: 1, and more for long lists.
    let seats: Int

    init(_ request: APIRequest, seats: Int) {
        verb = request.verb.rawValue
        isResource = true
        group = request.resource.group
        resource = request.subresource.map { request.resource.resource + "/" + $0 } ?? request.resource.resource
        namespace = request.namespace ?? ""
        path = ""
        self.seats = seats
    }

    init(verb: String, path: String) {
        self.verb = verb
        isResource = false
        group = ""
        resource = ""
        namespace = ""
        self.path = path
        seats = 1
    }
}
