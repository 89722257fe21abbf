import API
import HTTP
import Machinery

/// As whom a request wants to act: the user whom its headers name, with all that he claims to be, as they have it.
///
/// Source: k8s.io/apiserver/pkg/endpoints/filters/impersonation.
struct Impersonation: Sendable {
    let user: String
    let groups: [String]
    let uid: String
    let extra: [String: [String]]

    private static let extraPrefix = "impersonate-extra-"

    /// nil for a request that names nobody else. Throws ``APIStatus`` (400) for groups and the like without a user.
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
            throw .badRequest("requested \(goText) without impersonating a user name")
        }
        return nil
    }

    /// What is claimed but for the name.
    var namesUserOnly: Bool { groups.isEmpty && uid.isEmpty && extra.isEmpty }

    /// The node whose agent is named; nil for anybody else.
    var node: String? {
        let prefix = "system:node:"
        guard user.hasPrefix(prefix) else { return nil }
        let name = String(user.dropFirst(prefix.count))
        return Names.dns1123Subdomain(name).isEmpty ? name : nil
    }

    /// The user as Go prints its own (`%#v`), which the refusal shows.
    private var goText: String {
        func list(_ values: [String]) -> String {
            values.isEmpty ? "[]string(nil)" : "[]string{" + values.map(\.debugDescription).joined(separator: ", ") + "}"
        }
        let pairs: [String] = extra.sorted { $0.key < $1.key }.map { "\($0.key.debugDescription):\(list($0.value))" }
        let map: String = pairs.isEmpty ? "(nil)" : "{" + pairs.joined(separator: ", ") + "}"
        return #"&user.DefaultInfo{Name:"", UID:\#(uid.debugDescription), Groups:\#(list(groups)), Extra:map[string][]string\#(map)}"#
    }
}
