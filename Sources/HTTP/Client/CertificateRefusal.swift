import FoundationEssentials
import Glibc
import NIOSSL
import SwiftASN1
import X509

/// Why a server's certificate was not taken, in words. BoringSSL says only that it failed, so the certificate itself is asked.
enum CertificateRefusal {
    /// The certificate is good, but for another name.
    static func names(_ certificate: NIOSSLCertificate?, wanted: String) -> String {
        let isAddress: Bool = octets(wanted) != nil
        let names: [Name] = certificate.flatMap(parsed).map(alternativeNames) ?? []
        let near: [String] = names.filter { $0.isAddress == isAddress }.map(\.text)
        if near.isEmpty {
            return isAddress
                ? "\(failure): cannot validate certificate for \(wanted) because it doesn't contain any IP SANs"
                : "\(failure): certificate is not valid for any names, but wanted to match \(wanted)"
        }
        return "\(failure): certificate is valid for \(near.joined(separator: ", ")), not \(wanted)"
    }

    /// Whether the certificate bears a name or an address; `*.example` bears what stands for one label.
    static func bears(_ certificate: NIOSSLCertificate?, _ wanted: String) -> Bool {
        let names: [Name] = certificate.flatMap(parsed).map(alternativeNames) ?? []
        if let octets = octets(wanted) { return names.contains { $0.octets == octets } }
        let wanted: String = wanted.lowercased()
        return names.contains { name in
            guard !name.isAddress else { return false }
            let text: String = name.text.lowercased()
            return text == wanted || text.hasPrefix("*.") && wanted.drop { $0 != "." } == text.dropFirst() && wanted.first != "."
        }
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
        return "\(failure): certificate signed by unknown authority"
    }

    /// The server ended the session with an alert, mostly because it does not take the client's certificate. In Go's words.
    static func alert(_ error: BoringSSLError) -> String {
        // BoringSSL tells its errors as text only.
        let text: String = "\(error)"
        let alerts: [(String, String)] = [
            ("ALERT_UNKNOWN_CA", "unknown certificate authority"), ("ALERT_BAD_CERTIFICATE", "bad certificate"),
            ("ALERT_CERTIFICATE_EXPIRED", "expired certificate"), ("ALERT_CERTIFICATE_REQUIRED", "certificate required"),
            ("ALERT_CERTIFICATE_UNKNOWN", "unknown certificate"), ("ALERT_HANDSHAKE_FAILURE", "handshake failure"),
            ("ALERT_PROTOCOL_VERSION", "protocol version not supported"),
        ]
        if let alert = alerts.first(where: { text.contains($0.0) }) { return "remote error: tls: \(alert.1)" }
        return "the server ended the TLS session; it may not take the client's certificate (\(text))"
    }

    /// kubectl's words.
    private static let failure: String = "tls: failed to verify certificate: x509"

    private static func parsed(_ certificate: NIOSSLCertificate) -> Certificate? {
        // A certificate that cannot be read leaves the general sentence.
        guard let bytes = try? certificate.toDERBytes() else { return nil }
        return try? Certificate(derEncoded: bytes)
    }

    /// A name that a certificate bears.
    private struct Name {
        let text: String
        /// Of an address, in the order of the network.
        var octets: [UInt8]?
        var isAddress: Bool { octets != nil }
    }

    /// None where the certificate's list cannot be read.
    private static func alternativeNames(_ certificate: Certificate) -> [Name] {
        guard let names = try? certificate.extensions.subjectAlternativeNames else { return [] }
        return names.compactMap { name in
            switch name {
            case .dnsName(let name): return Name(text: name)
            case .ipAddress(let octets): return address(Array(octets.bytes)).map { Name(text: $0, octets: Array(octets.bytes)) }
            default: return nil
            }
        }
    }

    private static func address(_ bytes: [UInt8]) -> String? {
        if bytes.count == 4 { return bytes.map { String($0) }.joined(separator: ".") }
        guard bytes.count == 16 else { return nil }
        return stride(from: 0, to: 16, by: 2).map { String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16) }.joined(separator: ":")
    }

    /// Those of an address; nil for a name.
    private static func octets(_ text: String) -> [UInt8]? {
        var octets = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &octets) == 1 { return Array(octets.prefix(4)) }
        return inet_pton(AF_INET6, text, &octets) == 1 ? octets : nil
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
