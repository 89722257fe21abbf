import API
import Machinery

/// A way in which somebody may act for another, tried from the narrowest to the widest.
///
/// The constrained ways need two permissions, to be the other (`impersonate:MODE`) and to do this very thing as him
/// (`impersonate-on:MODE:VERB`); the old way needs `impersonate` alone, for whatever he may do.
/// Source: KEP 5284; k8s.io/apiserver/pkg/endpoints/filters/impersonation/mode.go.
enum ImpersonationMode: String, CaseIterable {
    /// A service account whose pod is on a node acts for that node's agent.
    case associatedNode = "associated-node"
    case arbitraryNode = "arbitrary-node"
    case serviceAccount = "serviceaccount"
    /// Users who are neither nodes nor service accounts.
    case userInfo = "user-info"
    /// `impersonate`, in which everything can be claimed.
    case legacy = ""

    /// The verb that allows to be the other; what the audit calls the constraint.
    var verb: String { self == .legacy ? "impersonate" : "impersonate:" + rawValue }

    /// From here on one permission for all is asked for before one for each.
    private static let many = 4

    /// False where this way does not lead to the wanted user at all.
    private func fits(_ wanted: Impersonation, _ sender: UserInfo) -> Bool {
        switch self {
        case .associatedNode:
            guard let node = wanted.node, wanted.namesUserOnly, ServiceAccountName(user: sender.name) != nil else { return false }
            return sender.extra["authentication.kubernetes.io/node-name"] == [node]
        case .arbitraryNode: return wanted.namesUserOnly && wanted.node != nil
        case .serviceAccount: return wanted.namesUserOnly && ServiceAccountName(user: wanted.user) != nil
        case .userInfo: return wanted.node == nil && ServiceAccountName(user: wanted.user) == nil
        case .legacy: return true
        }
    }

    /// The user to act as; nil where this way does not lead to him. Throws ``APIStatus`` (403) when the sender may not go it.
    func user(
        _ wanted: Impersonation, for sender: UserInfo, doing request: Attributes, _ authorizer: Authorizer
    ) throws(APIStatus) -> UserInfo? {
        guard fits(wanted, sender) else { return nil }
        if self != .legacy { try authorizer.authorize(sender, request.with(verb: "impersonate-on:\(rawValue):\(request.verb)")) }
        let name: UserInfo = try named(wanted, sender, authorizer)
        if !wanted.uid.isEmpty { try authorizer.authorize(sender, claim("uids", wanted.uid)) }
        try checkGroups(wanted.groups, sender, authorizer)
        try checkExtra(wanted.extra, sender, authorizer)
        var groups: [String] = name.groups
        // Everybody is in one of the two.
        if wanted.user == UserInfo.anonymous.name {
            if !groups.contains("system:unauthenticated") { groups.append("system:unauthenticated") }
        } else if !groups.contains("system:unauthenticated"), !groups.contains("system:authenticated") {
            groups.append("system:authenticated")
        }
        return UserInfo(name: wanted.user, uid: wanted.uid, groups: groups, extra: wanted.extra)
    }

    // MARK: - What is claimed

    /// The wanted user with the groups that follow from his name.
    private func named(_ wanted: Impersonation, _ sender: UserInfo, _ authorizer: Authorizer) throws(APIStatus) -> UserInfo {
        var groups: [String] = wanted.groups
        let asked: Attributes
        if let account = ServiceAccountName(user: wanted.user) {
            asked = claim(own: "serviceaccounts", account.name, in: account.namespace)
            if groups.isEmpty { groups = account.groups }
        } else if self != .legacy, let node = wanted.node {
            // Whoever may be his own node may be it on each.
            asked = claim(own: "nodes", self == .associatedNode ? "*" : node)
            groups = ["system:nodes"]
        } else {
            asked = claim(own: "users", wanted.user)
        }
        try authorizer.authorize(sender, asked)
        return UserInfo(name: wanted.user, groups: groups)
    }

    private func checkGroups(_ groups: [String], _ sender: UserInfo, _ authorizer: Authorizer) throws(APIStatus) {
        guard !groups.isEmpty else { return }
        if self != .legacy {
            guard !groups.contains("") else {
                throw Authorizer.refusal(
                    sender, claim(own: "groups", ""), reason: "impersonating the empty string group is not allowed")
            }
            guard !groups.contains(Authorizer.superusers) else {
                throw Authorizer.refusal(
                    sender, claim(own: "groups", Authorizer.superusers), reason: "impersonating the system:masters group is not allowed")
            }
            if groups.count >= Self.many, authorizer.decide(sender, claim(own: "groups", "*")).isAllowed { return }
        }
        for group in groups { try authorizer.authorize(sender, claim(own: "groups", group)) }
    }

    private func checkExtra(_ extra: [String: [String]], _ sender: UserInfo, _ authorizer: Authorizer) throws(APIStatus) {
        guard !extra.isEmpty else { return }
        if self != .legacy {
            if let problem = Self.problem(extra) { throw Authorizer.refusal(sender, claim("userextras", ""), reason: problem) }
            let count: Int = max(extra.count, extra.values.reduce(0) { $0 + $1.count })
            if count >= Self.many, authorizer.decide(sender, claim("userextras", "*", subresource: "*")).isAllowed { return }
        }
        for (key, values) in extra.sorted(by: { $0.key < $1.key }) {
            for value in values { try authorizer.authorize(sender, claim("userextras", value, subresource: key)) }
        }
    }

    /// What is wrong with extra fields, in the stricter ways.
    private static func problem(_ extra: [String: [String]]) -> String? {
        for (key, values) in extra.sorted(by: { $0.key < $1.key }) {
            guard !key.isEmpty else { return "impersonating the empty string key in extra is not allowed" }
            let parts: [Substring] = key.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            var problems = Problems()
            let path: Path = Path("extra").child("key")
            if parts.count != 2 || parts[0].isEmpty || parts[1].isEmpty {
                problems.invalid(path, .string(key), #"must be a domain-prefixed path (such as "acme.io/foo")"#)
            } else {
                for detail in Names.dns1123Subdomain(String(parts[0])) { problems.invalid(path, .string(String(parts[0])), detail) }
            }
            if let first = problems.all.first { return "impersonating an invalid key in extra is not allowed: \(first)" }
            guard !values.contains("") else { return "impersonating the empty string value in extra is not allowed" }
        }
        return nil
    }

    /// A claim whose kind the old way has in the core group.
    private func claim(own resource: String, _ name: String, in namespace: String = "") -> Attributes {
        Attributes(
            verb: verb, group: self == .legacy ? "" : "authentication.k8s.io", version: "v1", resource: resource, namespace: namespace,
            name: name)
    }

    private func claim(_ resource: String, _ name: String, subresource: String = "") -> Attributes {
        Attributes(
            verb: verb, group: "authentication.k8s.io", version: "v1", resource: resource, subresource: subresource, name: name)
    }
}

extension Impersonation {
    /// The user to act as and the way that leads to him: the first that the sender may go.
    ///
    /// - Parameter request: what is to be done as him.
    /// - Throws: ``APIStatus`` (403), the refusal of the first way that would have led to him.
    func user(
        for sender: UserInfo, doing request: Attributes, _ authorizer: Authorizer
    ) throws(APIStatus) -> (user: UserInfo, mode: ImpersonationMode) {
        var refusal: APIStatus?
        for mode in ImpersonationMode.allCases {
            do throws(APIStatus) {
                if let user = try mode.user(self, for: sender, doing: request, authorizer) { return (user, mode) }
            } catch {
                refusal = refusal ?? error
            }
        }
        throw refusal ?? .internalError("all impersonation modes failed")
    }
}
