import API
import Machinery
import Store

/// Tokens by which machines join a cluster: `07401b.f395accd246ae52d`, an id and a secret, kept in a Secret of kube-system.
///
/// Source: plugin/pkg/auth/authenticator/token/bootstrap; "Authenticating with Bootstrap Tokens" in the documentation.
struct BootstrapTokens: Sendable {
    private static let group = "system:bootstrappers"

    private let store: any Store

    init(store: any Store) { self.store = store }

    /// nil for what is no such token, or for one that does not count now.
    func user(of token: String, at now: Time) -> UserInfo? {
        guard token.utf8.count == 23 else { return nil }
        let parts: [Substring] = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, Self.isWord(parts[0], 6), Self.isWord(parts[1], 16) else { return nil }
        guard let entry = store.newest("core/secrets/kube-system/bootstrap-token-\(parts[0])"),
            let secret = (try? JSON(parsing: entry.value)).map({ View<Secret>($0) }), !secret.isTerminating,
            secret.type == "bootstrap.kubernetes.io/token"
        else { return nil }
        func text(_ name: String) -> String {
            secret.json[["data", name]]?.string.flatMap(Base64Text.decode).map { String(decoding: $0, as: UTF8.self) } ?? ""
        }
        guard Self.isSame(text("token-secret"), parts[1]), text("token-id") == parts[0], text("usage-bootstrap-authentication") == "true"
        else { return nil }
        let end: String = text("expiration")
        guard end.isEmpty || Time(end).map({ $0 > now }) ?? false, let groups = Self.groups(text("auth-extra-groups")) else { return nil }
        return UserInfo(name: "system:bootstrap:" + parts[0], groups: [Self.group] + groups + ["system:authenticated"])
    }

    private static func isWord(_ text: Substring, _ count: Int) -> Bool {
        text.utf8.count == count && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) }
    }

    /// Takes as long wherever the difference is.
    private static func isSame(_ one: String, _ other: Substring) -> Bool {
        one.utf8.count == other.utf8.count && zip(one.utf8, other.utf8).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// The groups beside the common one, which must be below it; nil when one is not.
    private static func groups(_ text: String) -> [String]? {
        let groups: [String] = text.split(separator: ",").map(String.init)
        let good = RegularExpression.bootstrapGroup
        return groups.allSatisfy { good?.matches($0) ?? false } ? groups : nil
    }
}

extension RegularExpression {
    fileprivate static let bootstrapGroup = try? RegularExpression(#"\Asystem:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]\z"#)
}
