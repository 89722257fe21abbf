import FoundationEssentials
import SwiftASN1
import X509

/// A certificate of a server or a client with its key, as PEM texts.
package struct IssuedCertificate: Sendable {
    package let certificatePEM: String
    /// PKCS#8.
    package let keyPEM: String
    let certificate: Certificate

    init(certificate: Certificate, certificatePEM: String, keyPEM: String) {
        self.certificate = certificate
        self.certificatePEM = certificatePEM
        self.keyPEM = keyPEM
    }

    /// A certificate that was stored before. Throws ``CertificateProblem/unreadable(_:reason:)``.
    package init(certificatePEM: String, keyPEM: String) throws {
        self.init(certificate: try Self.parse(certificatePEM, of: "the certificate"), certificatePEM: certificatePEM, keyPEM: keyPEM)
    }

    /// Whether it ends within this time, or has ended: then it is time to issue another.
    package func expires(within time: Duration) -> Bool {
        Self.expires(certificate, within: time)
    }

    /// Whether it is valid for all these DNS names and IP addresses; a server whose addresses changed needs another.
    package func covers(names: [String], addresses: [String]) throws -> Bool {
        let alternatives: [GeneralName] = try certificate.extensions.subjectAlternativeNames.map { Array($0) } ?? []
        return try names.allSatisfy { alternatives.contains(.dnsName($0)) }
            && addresses.allSatisfy { alternatives.contains(.ipAddress(ASN1OctetString(contentBytes: try IPAddressBytes.parse($0)[...]))) }
    }

    static func expires(_ certificate: Certificate, within time: Duration) -> Bool {
        certificate.notValidAfter.timeIntervalSinceNow < time.inSeconds
    }

    static func parse(_ text: String, of what: String) throws -> Certificate {
        do {
            return try Certificate(pemEncoded: text)
        } catch {
            throw CertificateProblem.unreadable(what, reason: String(describing: error))
        }
    }
}

/// What can be wrong with certificates that are loaded or asked for.
package enum CertificateProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// The text is no PEM certificate or key.
    case unreadable(String, reason: String)
    /// Certificate and key belong to different pairs.
    case notAPair(String)
    /// Not an IPv4 or IPv6 address.
    case notAnAddress(String)

    package var description: String {
        switch self {
        case .unreadable(let what, let reason): "cannot read \(what) (\(reason)); restore the file or delete it to get a new one"
        case .notAPair(let what): "certificate and key of \(what) do not belong together; restore both files or delete both to get new ones"
        case .notAnAddress(let text): "\(text) is no IP address; give one like 10.96.0.1 or fd00::1"
        }
    }
}
