import FoundationEssentials
import Glibc
import NIOSSL
import SwiftASN1
import X509

/// Why a server's certificate was not taken, in words. BoringSSL says only that it failed, so the certificate itself is asked.
enum CertificateRefusal {
    /// The certificate is good, but for another name.
    static func names(_ certificate: NIOSSLCertificate?) -> String {
        let names: [String] = certificate.flatMap(parsed).flatMap(alternativeNames) ?? []
        guard !names.isEmpty else { return "tls: the server's certificate is not valid for this name" }
        return "tls: the server's certificate is valid for \(names.joined(separator: ", ")), not for this name"
    }

    /// The handshake failed; without a certificate the other side may speak no TLS at all.
    static func handshake(_ reason: BoringSSLError, peer: NIOSSLCertificate?) -> String {
        guard let certificate = peer.flatMap(parsed) else {
            // BoringSSL tells its errors as text only.
            if "\(reason)".contains("WRONG_VERSION_NUMBER") || "\(reason)".contains("HTTP_REQUEST") {
                return "tls: first record does not look like a TLS handshake; a server of plain HTTP is written as http://"
            }
            return "tls: the handshake failed (\(reason))"
        }
        let now = Double(time(nil))
        if certificate.notValidAfter.timeIntervalSince1970 < now {
            return "\(failure): certificate has expired or is not yet valid (it ended \(certificate.notValidAfter))"
        }
        if certificate.notValidBefore.timeIntervalSince1970 > now {
            return "\(failure): certificate has expired or is not yet valid (it begins \(certificate.notValidBefore))"
        }
        return "\(failure): certificate signed by unknown authority (\(certificate.issuer))"
    }

    /// kubectl's words.
    private static let failure: String = "tls: failed to verify certificate: x509"

    private static func parsed(_ certificate: NIOSSLCertificate) -> Certificate? {
        // A certificate that cannot be read leaves the general sentence.
        guard let bytes = try? certificate.toDERBytes() else { return nil }
        return try? Certificate(derEncoded: bytes)
    }

    private static func alternativeNames(_ certificate: Certificate) -> [String]? {
        guard let names = try? certificate.extensions.subjectAlternativeNames else { return nil }
        return names.compactMap { name in
            switch name {
            case .dnsName(let name): return name
            case .ipAddress(let octets): return address(Array(octets.bytes))
            default: return nil
            }
        }
    }

    private static func address(_ bytes: [UInt8]) -> String? {
        if bytes.count == 4 { return bytes.map { String($0) }.joined(separator: ".") }
        guard bytes.count == 16 else { return nil }
        return stride(from: 0, to: 16, by: 2).map { String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16) }.joined(separator: ":")
    }
}

/// The certificate that a client shows, when a server does not take it.
package enum OwnCertificate {
    /// When it ended; nil while it is good, and where the text cannot be read.
    package static func end(_ pem: String) -> String? {
        guard let certificate = try? Certificate(pemEncoded: pem) else { return nil }
        return certificate.notValidAfter.timeIntervalSince1970 < Double(time(nil)) ? "\(certificate.notValidAfter)" : nil
    }
}
