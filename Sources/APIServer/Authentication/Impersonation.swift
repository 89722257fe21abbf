import API
import HTTP

/// Acts for another user whom the headers of a request name, if the sender may `impersonate` him and all that he claims to be.
///
/// Source: k8s.io/apiserver/pkg/endpoints/filters/impersonation.
struct Impersonation: Sendable {
    private let user: String
    private let groups: [String]
    private let uid: String
    private let extra: [String: [String]]

    private static let extraPrefix = "impersonate-extra-"

    /// nil for a request that names nobody else. Throws ``APIStatus`` (500, as upstream) for groups and the like without a user.
    init?(_ headers: HTTPHeaders) throws(APIStatus) {
        guard headers.contains(prefix: "impersonate-") else { return nil }
        user = headers["impersonate-user"] ?? ""
        groups = headers.all("impersonate-group")
        uid = headers["impersonate-uid"] ?? ""
        var extra: [String: [String]] = [:]
        for (name, value) in headers.pairs {
            let name: String = name.lowercased()
            guard name.hasPrefix(Self.extraPrefix) else { continue }
            let key: Substring = name.dropFirst(Self.extraPrefix.count)
            extra[PercentEncoding.decode(key) ?? String(key), default: []].append(value)
        }
        self.extra = extra
        guard user.isEmpty else { return }
        guard groups.isEmpty, uid.isEmpty, extra.isEmpty else {
            let asked: [String] =
                groups.map { "group \($0)" } + (uid.isEmpty ? [] : ["uid \(uid)"]) + extra.keys.sorted().map { "extra \($0)" }
            throw .internalError("requested [\(asked.joined(separator: ", "))] without impersonating a user")
        }
        return nil
    }

    /// Throws ``APIStatus`` (403) when the sender may not be one of these.
    func user(for sender: UserInfo, _ authorizer: Authorizer) throws(APIStatus) -> UserInfo {
        var groups: [String] = groups
        if let account = ServiceAccountName(user: user) {
            try authorizer.authorize(
                sender,
                Attributes(
                    verb: "impersonate", group: "", version: "v1", resource: "serviceaccounts", namespace: account.namespace,
                    name: account.name))
            if groups.isEmpty { groups = account.groups }
        } else {
            try authorizer.authorize(
                sender, Attributes(verb: "impersonate", group: "", version: "v1", resource: "users", name: user))
        }
        for group in self.groups {
            try authorizer.authorize(
                sender, Attributes(verb: "impersonate", group: "", version: "v1", resource: "groups", name: group))
        }
        if !uid.isEmpty {
            try authorizer.authorize(
                sender,
                Attributes(verb: "impersonate", group: "authentication.k8s.io", version: "v1", resource: "uids", name: uid))
        }
        for (key, values) in extra.sorted(by: { $0.key < $1.key }) {
            for value in values {
                try authorizer.authorize(
                    sender,
                    Attributes(
                        verb: "impersonate", group: "authentication.k8s.io", version: "v1", resource: "userextras", subresource: key,
                        name: value))
            }
        }
        // Everybody is in one of the two.
        let everybody: String = user == UserInfo.anonymous.name ? "system:unauthenticated" : "system:authenticated"
        if !groups.contains("system:authenticated"), !groups.contains("system:unauthenticated") { groups.append(everybody) }
        return UserInfo(name: user, uid: uid, groups: groups, extra: extra)
    }
}
