import API
import Crypto
import FoundationEssentials
package import Machinery
import Store

/// Makes and checks the tokens of service accounts: JSON web tokens, signed with ES256 by a key of the cluster.
///
/// A token counts only while its service account, and the pod or secret that it is bound to, are there with the same uid.
/// Source: RFC 7519; KEP-1205.
package struct ServiceAccountTokens: Sendable {
    package static let issuer = "https://kubernetes.default.svc.cluster.local"

    private let key: P256.Signing.PrivateKey
    private let isAlive: @Sendable (_ resource: String, _ namespace: String, _ name: String, _ uid: String) -> Bool

    /// - Parameter keyPEM: a P-256 private key.
    /// - Parameter isAlive: whether the object of the core group exists and is not being deleted.
    package init(
        keyPEM: String, isAlive: @escaping @Sendable (_ resource: String, _ namespace: String, _ name: String, _ uid: String) -> Bool
    ) throws {
        key = try P256.Signing.PrivateKey(pemRepresentation: keyPEM)
        self.isAlive = isAlive
    }

    /// The PEM text of a new key.
    package static func newKeyPEM() -> String { P256.Signing.PrivateKey().pemRepresentation }

    /// An object that a token is bound to.
    package struct Binding: Sendable {
        /// `Pod`
        package let kind: String
        package let name: String
        package let uid: String

        package init(kind: String, name: String, uid: String) {
            self.kind = kind
            self.name = name
            self.uid = uid
        }
    }

    package func token(
        namespace: String, account: String, uid: String, audiences: [String], boundTo binding: Binding?, issued: Time, expires: Time
    ) throws -> String {
        var kubernetes: JSON = ["namespace": .string(namespace), "serviceaccount": ["name": .string(account), "uid": .string(uid)]]
        if let binding { kubernetes[binding.kind.lowercased()] = ["name": .string(binding.name), "uid": .string(binding.uid)] }
        let claims: JSON = [
            "aud": .array(audiences.map { .string($0) }), "exp": .int(expires.seconds), "iat": .int(issued.seconds),
            "iss": .string(Self.issuer), "jti": .string(UUID().uuidString.lowercased()), "kubernetes.io": kubernetes,
            "nbf": .int(issued.seconds), "sub": .string("system:serviceaccount:\(namespace):\(account)"),
        ]
        let header: JSON = ["alg": "ES256", "typ": "JWT"]
        let signed: String = Self.encode(header.serialized()) + "." + Self.encode(claims.serialized())
        let signature = try key.signature(for: Data(signed.utf8))
        return signed + "." + Self.encode(Array(signature.rawRepresentation))
    }

    /// nil for a token that is malformed, not ours, expired, or whose objects are gone.
    package func user(of token: String, at now: Time) -> UserInfo? {
        let parts: [Substring] = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let signature = Self.decode(parts[2]), let body = Self.decode(parts[1]),
            let ecdsa = try? P256.Signing.ECDSASignature(rawRepresentation: Data(signature)),
            key.publicKey.isValidSignature(ecdsa, for: Data((parts[0] + "." + parts[1]).utf8)),
            let claims = try? JSON(parsing: body),
            let expires = claims["exp"]?.int, let starts = claims["nbf"]?.int, starts <= now.seconds, now.seconds < expires,
            claims["aud"]?.array?.contains(.string(Self.issuer)) == true,
            let namespace = claims[["kubernetes.io", "namespace"]]?.string,
            let account = claims[["kubernetes.io", "serviceaccount", "name"]]?.string,
            let uid = claims[["kubernetes.io", "serviceaccount", "uid"]]?.string,
            isAlive("serviceaccounts", namespace, account, uid)
        else { return nil }
        var extra: [String: [String]] = [:]
        for (claim, resource) in [("pod", "pods"), ("secret", "secrets")] {
            guard let bound = claims[["kubernetes.io", claim]], let name = bound["name"]?.string, let uid = bound["uid"]?.string else {
                continue
            }
            guard isAlive(resource, namespace, name, uid) else { return nil }
            if claim == "pod" {
                extra["authentication.kubernetes.io/pod-name"] = [name]
                extra["authentication.kubernetes.io/pod-uid"] = [uid]
            }
        }
        return UserInfo(
            name: "system:serviceaccount:\(namespace):\(account)", uid: uid,
            groups: ["system:serviceaccounts", "system:serviceaccounts:\(namespace)", "system:authenticated"], extra: extra)
    }

    private static func encode(_ bytes: [UInt8]) -> String {
        String(
            Data(bytes).base64EncodedString().compactMap { character -> Character? in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            })
    }

    private static func decode(_ text: Substring) -> [UInt8]? {
        var standard: String = String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        standard += String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4)
        return Data(base64Encoded: standard).map { Array($0) }
    }
}
