import Crypto
import FoundationEssentials
import Machinery
import Synchronization

/// Signs and reads JSON web tokens with a P-256 key of the cluster (ES256).
///
/// Source: RFC 7515, RFC 7517, RFC 7519; the key's id as pkg/serviceaccount makes it.
struct JSONWebToken: Sendable {
    private let key: P256.Signing.PrivateKey
    /// `{"alg":"ES256","kid":"…"}` in base64url.
    private let header: String
    /// Names the key in headers and in the key set.
    let keyID: String
    private let known = KnownTokens()

    /// Throws when the PEM text holds no private key on P-256.
    init(keyPEM: String) throws {
        key = try P256.Signing.PrivateKey(pemRepresentation: keyPEM)
        keyID = Self.encode(Array(SHA256.hash(data: key.publicKey.derRepresentation)))
        header = Self.encode((["alg": "ES256", "kid": .string(keyID)] as JSON).serialized())
    }

    func signed(_ claims: JSON) throws -> String {
        let signed: String = header + "." + Self.encode(claims.serialized())
        return signed + "." + Self.encode(Array(try key.signature(for: Data(signed.utf8)).rawRepresentation))
    }

    /// The claims of a token that the key signed; nil for anything else.
    func claims(of token: String) -> JSON? {
        if let claims = known[token] { return claims }
        guard let claims = checkedClaims(of: token) else { return nil }
        known[token] = claims
        return claims
    }

    private func checkedClaims(of token: String) -> JSON? {
        let parts: [Substring] = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let signature = Self.decode(parts[2]), let body = Self.decode(parts[1]),
            let ecdsa = try? P256.Signing.ECDSASignature(rawRepresentation: Data(signature)),
            key.publicKey.isValidSignature(ecdsa, for: Data(token.utf8.dropLast(parts[2].utf8.count + 1)))
        else { return nil }
        return try? JSON(parsing: body)
    }

    /// The public half as a JSON web key set.
    var keySet: JSON {
        let point: [UInt8] = Array(key.publicKey.rawRepresentation)
        return [
            "keys": [
                [
                    "use": "sig", "kty": "EC", "kid": .string(keyID), "crv": "P-256", "alg": "ES256",
                    "x": .string(Self.encode(Array(point.prefix(32)))), "y": .string(Self.encode(Array(point.suffix(32)))),
                ]
            ]
        ]
    }

    private static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = Array(Base64Text.encode(bytes).utf8)
        while text.last == UInt8(ascii: "=") { text.removeLast() }
        for index in text.indices {
            if text[index] == UInt8(ascii: "+") { text[index] = UInt8(ascii: "-") }
            if text[index] == UInt8(ascii: "/") { text[index] = UInt8(ascii: "_") }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func decode(_ text: Substring) -> [UInt8]? {
        var bytes: [UInt8] = Array(text.utf8)
        for index in bytes.indices {
            if bytes[index] == UInt8(ascii: "-") { bytes[index] = UInt8(ascii: "+") }
            if bytes[index] == UInt8(ascii: "_") { bytes[index] = UInt8(ascii: "/") }
        }
        while bytes.count % 4 != 0 { bytes.append(UInt8(ascii: "=")) }
        return Base64Text.decode(String(decoding: bytes, as: UTF8.self))
    }
}

/// The claims of tokens whose signature was checked before: that check costs more than all the rest of a small request, and a client
/// sends the same token each time. Whether the claims still count is asked each time anew.
private final class KnownTokens: Sendable {
    private static let most = 1000
    private let claims = Mutex<[String: JSON]>([:])

    subscript(token: String) -> JSON? {
        get { claims.withLock { $0[token] } }
        set {
            claims.withLock { claims in
                if claims.count >= Self.most { claims.removeAll(keepingCapacity: true) }
                claims[token] = newValue
            }
        }
    }
}
