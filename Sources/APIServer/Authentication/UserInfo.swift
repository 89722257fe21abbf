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

    /// A part of the cluster in this process that may do everything, such as `system:apiserver`.
    package static func component(_ name: String) -> UserInfo {
        UserInfo(name: name, groups: [Authorizer.superusers, "system:authenticated"])
    }

    /// A part of the cluster with the rights of its roles, such as `system:kube-scheduler`.
    package static func system(_ name: String, groups: [String] = []) -> UserInfo {
        UserInfo(name: name, groups: groups + ["system:authenticated"])
    }

    /// A controller in this process: its service account in kube-system, with the rights of that account's role.
    package static func controller(_ name: String) -> UserInfo {
        let account = ServiceAccountName(namespace: "kube-system", name: name)
        return UserInfo(name: account.user, groups: account.groups + ["system:authenticated"])
    }
}
