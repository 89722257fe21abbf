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

    /// A controller in this process, with the name and the rights of its service account.
    package static func controller(_ name: String) -> UserInfo {
        let account = ServiceAccountName(namespace: "kube-system", name: name)
        return UserInfo(name: account.user, groups: account.groups + ["system:authenticated"])
    }

    /// Who does the work of a part of the controller manager: most are controllers of their own.
    package static func part(_ name: String) -> UserInfo {
        switch name {
        case "kube-controller-manager": .system("system:kube-controller-manager")
        case "apiserver": .component("system:apiserver")
        default: .controller(name)
        }
    }
}
