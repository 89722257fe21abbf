/// Tokens of users, from a file with a line for each: token, user, uid, and the groups between quotes.
///
///     31ada4fd-adec-460c-809a-9e56ceb75269,ada,1001,"dev,ops"
///
/// Source: the documentation of `--token-auth-file`; k8s.io/apiserver/plugin/pkg/authenticator/token/tokenfile.
package struct StaticTokens: Sendable {
    private let users: [String: UserInfo]

    package static let none = StaticTokens(users: [:])

    private init(users: [String: UserInfo]) { self.users = users }

    /// Why a file can't be used, with the number of the line.
    package struct Malformed: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    package init(csv text: String) throws(Malformed) {
        var users: [String: UserInfo] = [:]
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            guard !line.allSatisfy(\.isWhitespace), line.first != "#" else { continue }
            let columns: [String] = Self.columns(of: line)
            guard columns.count >= 3 else {
                throw Malformed(description: "line \(index + 1) has \(columns.count) columns; give at least three: token,user,uid")
            }
            guard !columns[0].isEmpty else { throw Malformed(description: "line \(index + 1) has no token") }
            let groups: [String] =
                columns.count > 3 ? columns[3].split(separator: ",").map { String($0.trimmingSpaces()) } : []
            users[columns[0]] = UserInfo(name: columns[1], uid: columns[2], groups: groups + ["system:authenticated"])
        }
        self.init(users: users)
    }

    package func user(of token: String) -> UserInfo? { users.isEmpty ? nil : users[token] }

    /// Splits at commas outside of quotes; a doubled quote is one.
    private static func columns(of line: Substring) -> [String] {
        var columns: [String] = [""]
        var isQuoted = false
        var rest: Substring = line
        while let character = rest.popFirst() {
            switch character {
            case "\"" where isQuoted && rest.first == "\"": columns[columns.count - 1].append(rest.removeFirst())
            case "\"": isQuoted.toggle()
            case "," where !isQuoted: columns.append("")
            default: columns[columns.count - 1].append(character)
            }
        }
        return columns.map { String($0[...].trimmingSpaces()) }
    }
}
