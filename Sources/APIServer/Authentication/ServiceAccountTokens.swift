import API
import Crypto
import FoundationEssentials
package import Machinery
import Store
import Synchronization

/// Makes and checks the tokens of service accounts: JSON web tokens that a key of the cluster signs.
///
/// A token counts only while its service account, and the pod, secret or node that it is bound to, are there with the same uid.
/// What a signature proved once is remembered; whether the objects are there is looked up each time.
/// Source: RFC 7519; KEP-1205; pkg/serviceaccount.
package final class ServiceAccountTokens: Sendable {
    package static let issuer = "https://kubernetes.default.svc.cluster.local"

    /// A token whose signature was checked.
    private final class Verified: Sendable {
        let claims: ServiceAccountClaims
        let user: UserInfo
        /// The revision of each object that the token needs, when it was last found to be the right one.
        let seen = Mutex<[String: Revision]>([:])
        /// What the Secret said that holds the token and its account, and of which revisions that is.
        let legacy = Mutex<(revisions: [Revision], token: LegacyToken)?>(nil)

        init(_ claims: ServiceAccountClaims) {
            self.claims = claims
            user = claims.user
        }
    }

    private let signer: JSONWebToken
    private let store: any Store
    private let metrics: TokenMetrics
    private let verified = Mutex<[String: Verified]>([:])
    private let noteUse = Mutex<(@Sendable (LegacyToken) -> Void)?>(nil)

    /// - Parameter keyPEM: a P-256 private key.
    init(keyPEM: String, store: any Store, metrics: Metrics) throws {
        signer = try JSONWebToken(keyPEM: keyPEM)
        self.store = store
        self.metrics = TokenMetrics(metrics)
    }

    /// Says who writes down the uses of Secrets' tokens: once a day each.
    func onUse(_ note: @escaping @Sendable (LegacyToken) -> Void) { noteUse.withLock { $0 = note } }

    /// The PEM text of a new key.
    package static func newKeyPEM() -> String { P256.Signing.PrivateKey().pemRepresentation }

    /// The public keys by which others check the tokens. Source: RFC 7517.
    package var keySet: JSON { signer.keySet }

    func token(_ claims: ServiceAccountClaims) throws -> String { try signer.signed(claims.json) }

    /// The token for a Secret of type kubernetes.io/service-account-token: it does not end, but goes with its Secret.
    package func legacyToken(namespace: String, account: String, uid: String, secret: String) throws -> String {
        var claims = ServiceAccountClaims(account: ServiceAccountName(namespace: namespace, name: account), uid: uid, isLegacy: true)
        claims.secret = ServiceAccountClaims.Bound(resource: "secrets", name: secret, uid: "")
        return try signer.signed(claims.json)
    }

    package func owner(of token: String, at now: Time) throws(TokenError) -> TokenOwner {
        var notes = TokenNotes()
        return try owner(of: token, audiences: [], at: now, &notes)
    }

    /// - Parameters:
    ///   - audiences: for whom the token has to be good, any of these; the API server if empty.
    ///   - notes: gets what is to be told, also of a token that is refused.
    func owner(of token: String, audiences: [String], at now: Time, _ notes: inout TokenNotes) throws(TokenError) -> TokenOwner {
        guard let found = verify(token) else { throw .unknown }
        let claims: ServiceAccountClaims = found.claims
        let wanted: [String] = audiences.isEmpty ? [Self.issuer] : audiences
        // Tokens of Secrets say nothing of audiences: they are for the API server.
        let given: [String] = claims.isLegacy ? [Self.issuer] : claims.audiences
        if claims.isLegacy {
            notes.usedLegacy(claims.account)
            metrics.legacy.add()
        }
        let good: [String] = wanted.filter(given.contains)
        guard !good.isEmpty else {
            throw TokenError("token audiences \(Self.quoted(given)) is invalid for the target audiences \(Self.quoted(wanted))")
        }
        if let expires = claims.expires, now.seconds >= expires { throw TokenError("service account token has expired") }
        if claims.starts > now.seconds { throw TokenError("service account token is not valid yet") }
        try check(found, token, now, &notes)
        noteAge(of: claims, now, &notes)
        return TokenOwner(user: found.user, audiences: good)
    }

    private static func quoted(_ texts: [String]) -> String { "[" + texts.map { "\"\($0)\"" }.joined(separator: " ") + "]" }

    // MARK: - Signature

    private func verify(_ token: String) -> Verified? {
        if let found = verified.withLock({ $0[token] }) { return found }
        guard let json = signer.claims(of: token), let claims = ServiceAccountClaims(json) else { return nil }
        let fresh = Verified(claims)
        verified.withLock { verified in
            // Tokens are renewed: old ones are dropped now and then.
            if verified.count > 4096 { verified.removeAll() }
            verified[token] = fresh
        }
        return fresh
    }

    // MARK: - Objects

    private func check(_ found: Verified, _ token: String, _ now: Time, _ notes: inout TokenNotes) throws(TokenError) {
        let claims: ServiceAccountClaims = found.claims
        let account: String = "\(claims.account.namespace)/\(claims.account.name)"
        guard isAlive("core/serviceaccounts/" + account, uid: claims.uid, found, now) else {
            throw TokenError("service account \(account) has been deleted")
        }
        for bound in [claims.pod, claims.secret] {
            guard let bound else { continue }
            let key: String = "core/\(bound.resource)/\(claims.account.namespace)/\(bound.name)"
            guard isAlive(key, uid: bound.uid, found, now, holding: claims.isLegacy ? token : nil) else {
                throw TokenError("service account token has been invalidated")
            }
        }
        if claims.isLegacy, let secret = claims.secret {
            try checkMarks(of: "core/secrets/\(claims.account.namespace)/\(secret.name)", found, now, &notes)
        }
        // The node of a pod-bound token is told, not checked: the pod goes with it.
        if let node = claims.node, claims.pod == nil, !isAlive("core/nodes/" + node.name, uid: node.uid, found, now) {
            throw TokenError("service account token has been invalidated")
        }
    }

    /// Refuses the token of a Secret that is marked as invalid, and has its use written down in any case.
    private func checkMarks(of key: String, _ found: Verified, _ now: Time, _ notes: inout TokenNotes) throws(TokenError) {
        guard let token = legacyToken(key, found) else { return }
        if token.isNews(at: now) { noteUse.withLock { $0 }?(token) }
        if let refusal = token.refusal(for: found.claims.account) {
            notes.usedInvalid(token.secret)
            metrics.invalid.add()
            throw refusal
        }
        notes.usedLegacy(token.secret, isAutomatic: token.isAutomatic)
        (token.isAutomatic ? metrics.automatic : metrics.manual).add()
    }

    private func legacyToken(_ key: String, _ found: Verified) -> LegacyToken? {
        let account: ServiceAccountName = found.claims.account
        guard let secret = store.newest(key), let owner = store.newest("core/serviceaccounts/\(account.namespace)/\(account.name)") else {
            return nil
        }
        let revisions: [Revision] = [secret.revision, owner.revision]
        if let known = found.legacy.withLock({ $0 }), known.revisions == revisions { return known.token }
        let token = LegacyToken(
            View<Secret>((try? JSON(parsing: secret.value)) ?? [:]), of: View<ServiceAccount>((try? JSON(parsing: owner.value)) ?? [:]))
        found.legacy.withLock { $0 = (revisions, token) }
        return token
    }

    private func noteAge(of claims: ServiceAccountClaims, _ now: Time, _ notes: inout TokenNotes) {
        guard let end = claims.warnAfter else { return }
        guard now.seconds > end else { return metrics.valid.add() }
        notes.usedStale(claims.account, late: now.seconds - end)
        metrics.stale.add()
    }

    /// True while the object is there with that uid, and for a minute after its time to end has come.
    ///
    /// - Parameter token: what a Secret has to hold to count.
    private func isAlive(_ key: String, uid: String, _ found: Verified, _ now: Time, holding token: String? = nil) -> Bool {
        guard let entry = store.newest(key) else { return false }
        if found.seen.withLock({ $0[key] }) == entry.revision { return true }
        guard let object = try? JSON(parsing: entry.value), uid.isEmpty || object[["metadata", "uid"]]?.string == uid else { return false }
        if let token {
            guard let data = object[["data", "token"]]?.string, Base64Text.decode(data) == Array(token.utf8) else { return false }
        }
        if let end = object[["metadata", "deletionTimestamp"]]?.string.flatMap({ Time($0) }) { return now < end + .seconds(60) }
        found.seen.withLock { $0[key] = entry.revision }
        return true
    }
}
