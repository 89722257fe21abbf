import Crypto
import FoundationEssentials
import NIOSSL
import SwiftASN1
import X509

/// Who a client proved to be in the TLS handshake: the certificate was verified against the server's client CA.
///
/// Read once for each connection and shared by its requests.
package final class PeerCertificate: Sendable {
    /// `CN` of the subject: Kubernetes' user name. The last one when there are several; nil without one.
    package let commonName: String?
    /// Each `O` of the subject in order: Kubernetes' groups.
    package let organizations: [String]
    /// The certificate itself, DER.
    package let der: [UInt8]
    /// When it ends, in seconds since 1970.
    package let notAfter: Double
    /// SHA-256 of the certificate in small hexadecimal digits.
    package let fingerprint: String

    package init(commonName: String?, organizations: [String], der: [UInt8] = [], notAfter: Double = .infinity) {
        fingerprint = Self.hexadecimal(SHA256.hash(data: der))
        self.commonName = commonName
        self.organizations = organizations
        self.der = der
        self.notAfter = notAfter
    }

    private static func hexadecimal(_ digest: SHA256.Digest) -> String {
        let digits: [UInt8] = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte: UInt8 in digest { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }

    /// Throws when the bytes are no certificate (BoringSSL already took them for one, so this is rare).
    convenience init(_ certificate: NIOSSLCertificate) throws {
        let der: [UInt8] = try certificate.toDERBytes()
        let parsed: Certificate = try Certificate(derEncoded: der)
        var commonName: String?
        var organizations: [String] = []
        for relativeName: RelativeDistinguishedName in parsed.subject {
            for attribute: RelativeDistinguishedName.Attribute in relativeName {
                if attribute.type == .RDNAttributeType.commonName {
                    commonName = String(describing: attribute.value)
                } else if attribute.type == .RDNAttributeType.organizationName {
                    organizations.append(String(describing: attribute.value))
                }
            }
        }
        self.init(
            commonName: commonName, organizations: organizations, der: der, notAfter: parsed.notValidAfter.timeIntervalSince1970)
    }
}
