/// Who asks, as authentication found out.
package struct UserInfo: Sendable, Hashable {
    package let name: String
    package let uid: String
    package let groups: [String]
    package let extra: [String: [String]]

    package init(name: String, uid: String = "", groups: [String], extra: [String: [String]] = [:]) {
        self.name = name
        self.uid = uid
        self.groups = groups
        self.extra = extra
    }

    /// Somebody without credentials.
    package static let anonymous = UserInfo(name: "system:anonymous", groups: ["system:unauthenticated"])

    /// A part of the cluster in this process, such as `system:kube-scheduler`.
    package static func component(_ name: String) -> UserInfo {
        UserInfo(name: name, groups: ["system:masters", "system:authenticated"])
    }
}
