import Crypto
import CryptoExtras
import SwiftASN1
import X509

/// A private key, made to be certified.
package struct CertificateKey: Sendable {
    /// PKCS #8; ends with a line break, so that certificates may follow.
    package let pem: String
    /// A PKCS #10 request for nobody, signed with the key: it says which key it is. DER.
    package let request: [UInt8]

    /// The kinds that are made: `RSA3072`, `RSA4096`, `ECDSAP256`, `ECDSAP384`, `ECDSAP521` and `ED25519`. nil for others.
    package init?(kind: String) throws {
        let key: Certificate.PrivateKey
        let algorithm: Certificate.SignatureAlgorithm
        var rsa: _RSA.Signing.PrivateKey?
        switch kind {
        case "RSA3072", "RSA4096":
            let made = try _RSA.Signing.PrivateKey(keySize: kind == "RSA3072" ? .bits3072 : .bits4096)
            rsa = made
            (key, algorithm) = (Certificate.PrivateKey(made), .sha256WithRSAEncryption)
        case "ECDSAP256": (key, algorithm) = (Certificate.PrivateKey(P256.Signing.PrivateKey()), .ecdsaWithSHA256)
        case "ECDSAP384": (key, algorithm) = (Certificate.PrivateKey(P384.Signing.PrivateKey()), .ecdsaWithSHA384)
        case "ECDSAP521": (key, algorithm) = (Certificate.PrivateKey(P521.Signing.PrivateKey()), .ecdsaWithSHA512)
        case "ED25519": (key, algorithm) = (Certificate.PrivateKey(Curve25519.Signing.PrivateKey()), .ed25519)
        default: return nil
        }
        let request = try CertificateSigningRequest(
            version: .v1, subject: DistinguishedName(), privateKey: key, attributes: CertificateSigningRequest.Attributes(),
            signatureAlgorithm: algorithm)
        var serializer = DER.Serializer()
        try serializer.serialize(request)
        self.request = serializer.serializedBytes
        // The other kinds are written so in any case.
        pem = try (rsa?.pkcs8PEMRepresentation ?? key.serializeAsPEM().pemString) + "\n"
    }
}
