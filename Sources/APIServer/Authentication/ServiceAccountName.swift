/// A service account and the user name under which it acts: `system:serviceaccount:default:builder`.
package struct ServiceAccountName: Sendable, Hashable {
    package let namespace: String
    package let name: String

    static let prefix = "system:serviceaccount:"

    package init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }

    /// nil for the name of somebody else.
    package init?(user: String) {
        guard user.hasPrefix(Self.prefix) else { return nil }
        let parts: [Substring] = user.dropFirst(Self.prefix.count).split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        namespace = String(parts[0])
        name = String(parts[1])
    }

    package var user: String { Self.prefix + namespace + ":" + name }

    /// The groups that every service account is in, but for `system:authenticated`.
    package var groups: [String] { ["system:serviceaccounts", "system:serviceaccounts:" + namespace] }
}
