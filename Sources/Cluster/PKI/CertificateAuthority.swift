import Crypto
import FoundationEssentials
import SwiftASN1
import X509

/// The cluster's private certificate authority: a P-256 key that signs the certificates of servers and clients.
///
/// Validity is measured with the computer's time and not with the cluster's clock: TLS libraries know no other, and a user who
/// turns the cluster's clock must not lose the way in. Texts are PEM; who stores keys gives their files mode 0600.
package struct CertificateAuthority: Sendable {
    /// The authority's certificate, which clients trust.
    package let certificatePEM: String
    /// The authority's key, PKCS#8.
    package let keyPEM: String
    let certificate: Certificate
    let key: P256.Signing.PrivateKey

    /// Makes a new authority, valid for `validity`. The name is the one that kubeadm gives.
    package static func generate(commonName: String = "kubernetes", validity: Duration = .years(10)) throws -> CertificateAuthority {
        let key = P256.Signing.PrivateKey()
        let name: DistinguishedName = try DistinguishedName { CommonName(commonName) }
        let extensions: Certificate.Extensions = try Certificate.Extensions {
            Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
            Critical(KeyUsage(digitalSignature: true, keyEncipherment: true, keyCertSign: true))
            SubjectKeyIdentifier(hash: Certificate.PublicKey(key.publicKey))
        }
        let certificate: Certificate = try sign(
            subject: name, publicKey: key.publicKey, issuer: name, issuerKey: key, validity: validity, extensions: extensions)
        return CertificateAuthority(certificate: certificate, key: key, certificatePEM: try certificate.serializeAsPEM().pemString)
    }

    /// An authority that was stored before. Throws ``CertificateProblem`` when a text cannot be read or the two are not a pair.
    package init(certificatePEM: String, keyPEM: String) throws {
        let certificate: Certificate = try IssuedCertificate.parse(certificatePEM, of: "the cluster's CA")
        let key: P256.Signing.PrivateKey
        do {
            key = try P256.Signing.PrivateKey(pemRepresentation: keyPEM)
        } catch {
            throw CertificateProblem.unreadable("the key of the cluster's CA", reason: String(describing: error))
        }
        guard certificate.publicKey == Certificate.PublicKey(key.publicKey) else { throw CertificateProblem.notAPair("the cluster's CA") }
        self.init(certificate: certificate, key: key, certificatePEM: certificatePEM)
    }

    private init(certificate: Certificate, key: P256.Signing.PrivateKey, certificatePEM: String) {
        self.certificate = certificate
        self.key = key
        self.certificatePEM = certificatePEM
        self.keyPEM = key.pemRepresentation
    }

    /// Issues the certificate of a server that is reached under these DNS names and IP addresses.
    ///
    /// Throws ``CertificateProblem/notAnAddress(_:)`` for an address that is none.
    package func issueServer(
        commonName: String = "kube-apiserver", names: [String], addresses: [String], validity: Duration = .years(1)
    ) throws -> IssuedCertificate {
        let alternatives: [GeneralName] =
            try names.map { .dnsName($0) } + addresses.map { .ipAddress(ASN1OctetString(contentBytes: try IPAddressBytes.parse($0)[...])) }
        return try issue(
            subject: DistinguishedName { CommonName(commonName) }, usage: .serverAuth, alternatives: alternatives, validity: validity)
    }

    /// Issues the certificate of a client: `commonName` is its Kubernetes user, `organizations` are its groups.
    package func issueClient(
        commonName: String, organizations: [String], validity: Duration = .years(1)
    ) throws -> IssuedCertificate {
        let subject: DistinguishedName = try DistinguishedName {
            for organization: String in organizations { OrganizationName(organization) }
            CommonName(commonName)
        }
        return try issue(subject: subject, usage: .clientAuth, alternatives: [], validity: validity)
    }

    /// Whether this authority signed the certificate.
    package func issued(_ other: IssuedCertificate) -> Bool {
        let leaf: Certificate = other.certificate
        return leaf.issuer == certificate.subject && certificate.publicKey.isValidSignature(leaf.signature, for: leaf)
    }

    /// Whether the authority's own certificate ends within this time, or has ended.
    package func expires(within time: Duration) -> Bool {
        IssuedCertificate.expires(certificate, within: time)
    }

    // MARK: - Details

    private func issue(
        subject: DistinguishedName, usage: ExtendedKeyUsage.Usage, alternatives: [GeneralName], validity: Duration
    ) throws -> IssuedCertificate {
        let leafKey = P256.Signing.PrivateKey()
        // Strict verifiers (Python 3.13) ask for all of these; the two identifiers tie the certificate to its issuer.
        let extensions: Certificate.Extensions = try Certificate.Extensions {
            Critical(BasicConstraints.notCertificateAuthority)
            Critical(KeyUsage(digitalSignature: true, keyEncipherment: true))
            try ExtendedKeyUsage([usage])
            SubjectKeyIdentifier(hash: Certificate.PublicKey(leafKey.publicKey))
            AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: certificate.publicKey).keyIdentifier)
            if !alternatives.isEmpty { SubjectAlternativeNames(alternatives) }
        }
        let leaf: Certificate = try Self.sign(
            subject: subject, publicKey: leafKey.publicKey, issuer: certificate.subject, issuerKey: key, validity: validity,
            extensions: extensions)
        return IssuedCertificate(
            certificate: leaf, certificatePEM: try leaf.serializeAsPEM().pemString, keyPEM: leafKey.pemRepresentation)
    }

    /// Begins five minutes ago, so that a guest whose time lags a little takes the certificate too.
    private static func sign(
        subject: DistinguishedName, publicKey: P256.Signing.PublicKey, issuer: DistinguishedName, issuerKey: P256.Signing.PrivateKey,
        validity: Duration, extensions: Certificate.Extensions
    ) throws -> Certificate {
        let now = Date()
        return try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: Certificate.PublicKey(publicKey),
            notValidBefore: now.addingTimeInterval(-300), notValidAfter: now.addingTimeInterval(validity.inSeconds), issuer: issuer,
            subject: subject, signatureAlgorithm: .ecdsaWithSHA256, extensions: extensions,
            issuerPrivateKey: Certificate.PrivateKey(issuerKey))
    }
}

extension Duration {
    /// Years of 365 days.
    package static func years(_ count: Int) -> Duration { .seconds(count * 365 * 24 * 3600) }

    /// Whole and part seconds.
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
