import API
import Logging
import Machinery
import Store

/// What the Secret of a service account's token says of it. Source: pkg/serviceaccount/legacy.go.
struct LegacyToken: Sendable {
    let secret: ObjectKey
    let uid: String
    /// The day; empty for never.
    let lastUsed: String
    /// The day; empty for a token that counts.
    let invalidSince: String
    /// Whether the account lists the Secret, as those do that were once made for every account.
    let isAutomatic: Bool

    init(_ secret: View<Secret>, of account: View<ServiceAccount>) {
        self.secret = secret.key
        uid = secret.metadata.uid
        let labels: [String: String] = secret.metadata.labels
        lastUsed = labels[LegacyTokenLabel.lastUsed] ?? ""
        invalidSince = labels[LegacyTokenLabel.invalidSince] ?? ""
        isAutomatic = account.secrets.contains { $0.name == secret.name }
    }

    /// Whether the day of a use is to be written down. Clocks of several servers may differ by a day.
    func isNews(at now: Time) -> Bool { lastUsed != now.day && lastUsed != (now + .seconds(86_400)).day }

    /// Why the token does not count; nil for one that does.
    func refusal(for account: ServiceAccountName) -> TokenError? {
        guard !invalidSince.isEmpty else { return nil }
        return TokenError(
            "the token in secret \(secret) for service account \(account.namespace)/\(account.name) has been marked invalid. Use tokens from the "
                + "TokenRequest API or manually created secret-based tokens, or remove the '\(LegacyTokenLabel.invalidSince)' label from the "
                + "secret to temporarily allow use of this token")
    }
}

extension APIServer {
    /// Writes down the day on which the token of a Secret was used.
    func noteUse(of token: LegacyToken) {
        guard let type = type(of: Secret.names.resource) else { return }
        let now: Time = clock.time
        var update = Call(
            request: APIRequest(.update, Secret.names.resource, namespace: token.secret.namespace, name: token.secret.name),
            user: .component("system:apiserver"), type: type, now: now, warnings: Warnings())
        update.isAdmitted = true
        let log = log
        modify(
            update,
            { result in
                guard case .failure(let status) = result, !status.isNotFound else { return }
                log.warning("cannot note the use of a token", metadata: ["secret": "\(token.secret)", "error": "\(status)"])
            }
        ) { old in
            var secret = View<Secret>(old)
            guard secret.metadata.uid == token.uid else { return old }
            secret.metadata.labels[LegacyTokenLabel.lastUsed] = now.day
            secret.metadata.remove(\.resourceVersion)
            return secret.json
        }
    }
}
