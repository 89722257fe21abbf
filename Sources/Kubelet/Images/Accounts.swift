/// Users and groups by the files of an image. Source: passwd(5), group(5), and how containerd reads an image's user.
struct Accounts: Sendable {
    struct User: Sendable, Equatable {
        let name: String
        let uid: UInt32
        let gid: UInt32
        let home: String
    }

    private struct Group: Sendable {
        let name: String
        let gid: UInt32
        let members: [Substring]
    }

    private let users: [User]
    private let groups: [Group]

    /// - Parameters: the texts of `/etc/passwd` and `/etc/group`; nil for one that is missing.
    init(passwd: [UInt8]?, group: [UInt8]?) {
        func lines(_ bytes: [UInt8]?) -> [[Substring]] {
            String(decoding: bytes ?? [], as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("#") }
                .map { $0.split(separator: ":", omittingEmptySubsequences: false) }
        }
        users = lines(passwd).compactMap { fields in
            guard fields.count >= 6, let uid = UInt32(fields[2]), let gid = UInt32(fields[3]) else { return nil }
            return User(name: String(fields[0]), uid: uid, gid: gid, home: String(fields[5]))
        }
        groups = lines(group).compactMap { fields in
            guard fields.count >= 4, let gid = UInt32(fields[2]) else { return nil }
            return Group(name: String(fields[0]), gid: gid, members: fields[3].split(separator: ","))
        }
    }

    func user(_ uid: UInt32) -> User? { users.first { $0.uid == uid } }

    /// Further groups of a user: those that name him.
    func groups(of user: String) -> [UInt32] { groups.filter { $0.members.contains(Substring(user)) }.map(\.gid) }

    /// The user and group that an image's `USER` means: `name`, `uid`, `name:group`, `uid:gid`. Throws ``ConfigError``.
    func find(_ text: String) throws(ConfigError) -> (user: User, group: UInt32) {
        let parts: [Substring] = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let name: Substring = parts.first ?? ""
        let user: User
        if let number = UInt32(name) {
            user = self.user(number) ?? User(name: "", uid: number, gid: 0, home: "/")
        } else if let found = users.first(where: { $0.name == name }) {
            user = found
        } else {
            throw ConfigError("unable to find user \(name): no matching entries in passwd file")
        }
        guard parts.count > 1, !parts[1].isEmpty else { return (user, user.gid) }
        if let number = UInt32(parts[1]) { return (user, number) }
        guard let group = groups.first(where: { $0.name == parts[1] }) else {
            throw ConfigError("unable to find group \(parts[1]): no matching entries in group file")
        }
        return (user, group.gid)
    }
}
