/// Whose a token is, and for which of the audiences asked for it is good.
package struct TokenOwner: Sendable {
    package let user: UserInfo
    package let audiences: [String]
}

/// Why a token is not accepted.
package struct TokenError: Error, Sendable, CustomStringConvertible {
    /// As reviews tell it.
    package let description: String

    /// Upstream tells first that no authenticator took the token, then why the last one refused it.
    init(_ why: String) { description = "[invalid bearer token, \(why)]" }

    private init(whole: String) { description = whole }

    static let unknown = TokenError(whole: "invalid bearer token")
}
