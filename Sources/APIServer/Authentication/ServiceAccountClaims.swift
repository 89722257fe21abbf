import API
import Machinery

/// What a token of a service account says.
struct ServiceAccountClaims: Sendable {
    /// An object with which the token lives and dies.
    struct Bound: Sendable, Hashable {
        /// Of the core group: `pods`.
        let resource: String
        let name: String
        let uid: String
    }

    let account: ServiceAccountName
    let uid: String
    var audiences: [String] = []
    /// Seconds since 1970; nil for tokens in Secrets, which do not end.
    var expires: Int64?
    var starts: Int64 = 0
    /// Of a token that is good for longer than was asked: when its holder should have got a new one.
    var warnAfter: Int64?
    /// Names the token.
    var id = ""
    var pod: Bound?
    var secret: Bound?
    var node: Bound?
    /// True for the token of a Secret, which the Secret itself must hold.
    let isLegacy: Bool

    private static let legacyIssuer = "kubernetes/serviceaccount"
    private static let legacyPrefix = "kubernetes.io/serviceaccount/"

    init(account: ServiceAccountName, uid: String, isLegacy: Bool = false) {
        self.account = account
        self.uid = uid
        self.isLegacy = isLegacy
    }

    /// nil for claims that are not those of a service account.
    init?(_ claims: JSON) {
        switch claims["iss"]?.string {
        case ServiceAccountTokens.issuer:
            guard let namespace = claims[["kubernetes.io", "namespace"]]?.string,
                let name = claims[["kubernetes.io", "serviceaccount", "name"]]?.string,
                let uid = claims[["kubernetes.io", "serviceaccount", "uid"]]?.string, let expires = claims["exp"]?.int
            else { return nil }
            self.init(account: ServiceAccountName(namespace: namespace, name: name), uid: uid)
            self.expires = expires
            starts = claims["nbf"]?.int ?? 0
            warnAfter = claims[["kubernetes.io", "warnafter"]]?.int
            id = claims["jti"]?.string ?? ""
            audiences = claims["aud"]?.array?.compactMap(\.string) ?? claims["aud"]?.string.map { [$0] } ?? []
            pod = Self.bound("pods", claims[["kubernetes.io", "pod"]])
            secret = Self.bound("secrets", claims[["kubernetes.io", "secret"]])
            node = Self.bound("nodes", claims[["kubernetes.io", "node"]])
        case Self.legacyIssuer:
            guard let namespace = claims[Self.legacyPrefix + "namespace"]?.string,
                let name = claims[Self.legacyPrefix + "service-account.name"]?.string,
                let uid = claims[Self.legacyPrefix + "service-account.uid"]?.string,
                let secret = claims[Self.legacyPrefix + "secret.name"]?.string
            else { return nil }
            self.init(account: ServiceAccountName(namespace: namespace, name: name), uid: uid, isLegacy: true)
            self.secret = Bound(resource: "secrets", name: secret, uid: "")
        default: return nil
        }
    }

    private static func bound(_ resource: String, _ claim: JSON?) -> Bound? {
        guard let name = claim?["name"]?.string, let uid = claim?["uid"]?.string else { return nil }
        return Bound(resource: resource, name: name, uid: uid)
    }

    var json: JSON {
        guard !isLegacy else {
            return [
                "iss": .string(Self.legacyIssuer),
                "kubernetes.io/serviceaccount/namespace": .string(account.namespace),
                "kubernetes.io/serviceaccount/secret.name": .string(secret?.name ?? ""),
                "kubernetes.io/serviceaccount/service-account.name": .string(account.name),
                "kubernetes.io/serviceaccount/service-account.uid": .string(uid), "sub": .string(account.user),
            ]
        }
        var kubernetes: JSON = ["namespace": .string(account.namespace)]
        for (claim, bound) in [("node", node), ("pod", pod), ("secret", secret)] {
            if let bound { kubernetes[claim] = ["name": .string(bound.name), "uid": .string(bound.uid)] }
        }
        kubernetes["serviceaccount"] = ["name": .string(account.name), "uid": .string(uid)]
        if let warnAfter { kubernetes["warnafter"] = .int(warnAfter) }
        return [
            "aud": .array(audiences.map { .string($0) }), "exp": .int(expires ?? 0), "iat": .int(starts),
            "iss": .string(ServiceAccountTokens.issuer), "jti": .string(id), "kubernetes.io": kubernetes, "nbf": .int(starts),
            "sub": .string(account.user),
        ]
    }

    /// The account as a user.
    var user: UserInfo {
        var extra: [String: [String]] = [:]
        if !id.isEmpty { extra["authentication.kubernetes.io/credential-id"] = ["JTI=" + id] }
        if let pod {
            extra["authentication.kubernetes.io/pod-name"] = [pod.name]
            extra["authentication.kubernetes.io/pod-uid"] = [pod.uid]
        }
        if let node {
            extra["authentication.kubernetes.io/node-name"] = [node.name]
            extra["authentication.kubernetes.io/node-uid"] = [node.uid]
        }
        return UserInfo(name: account.user, uid: uid, groups: account.groups + ["system:authenticated"], extra: extra)
    }
}
