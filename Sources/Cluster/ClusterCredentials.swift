import APIServer
import FoundationEssentials
import Glibc

/// The keys and certificates of a cluster, made at the first start and renewed when they run out.
package struct ClusterCredentials: Sendable {
    package let caPEM: String
    let authority: CertificateAuthority
    let server: IssuedCertificate
    /// Signs the certificate by which extension API servers know this one, and nothing else.
    let frontProxyAuthority: CertificateAuthority
    let frontProxy: IssuedCertificate
    package let admin: IssuedCertificate
    /// Signs service account tokens.
    let tokenKeyPEM: String

    /// Reads what is there and makes what is missing or runs out within 30 days.
    init(_ profile: ClusterProfile) throws(ClusterError) {
        let folder: String = profile.pkiFolder
        do {
            let authority: CertificateAuthority = try Self.authority(folder + "/ca", "kubernetes")
            self.authority = authority
            caPEM = authority.certificatePEM
            let names: [String] = KubernetesCertificates.serverNames()
            let addresses: [String] = KubernetesCertificates.serverAddresses(
                serviceIP: ClusterAddresses.api, others: [ClusterAddresses.gateway])
            server = try Self.issued(folder + "/apiserver", by: authority, if: { try $0.covers(names: names, addresses: addresses) }) {
                try authority.issueServer(names: names, addresses: addresses)
            }
            admin = try Self.issued(folder + "/admin", by: authority) { try authority.issue(KubernetesCertificates.admin) }
            frontProxyAuthority = try Self.authority(folder + "/front-proxy-ca", "front-proxy-ca")
            frontProxy = try Self.issued(folder + "/front-proxy-client", by: frontProxyAuthority) { [frontProxyAuthority] in
                try frontProxyAuthority.issueClient(commonName: "front-proxy-client", organizations: [])
            }
            if let key = Self.text(folder + "/sa.key") {
                tokenKeyPEM = key
            } else {
                tokenKeyPEM = ServiceAccountTokens.newKeyPEM()
                try Self.write(tokenKeyPEM, folder + "/sa.key")
            }
        } catch let error as ClusterError {
            throw error
        } catch {
            throw ClusterError("the certificates in \(folder) can't be used: \(error)")
        }
    }

    /// Reads the administrator's certificate of a cluster that has been started before.
    package static func admin(_ profile: ClusterProfile) throws(ClusterError) -> (caPEM: String, certificatePEM: String, keyPEM: String) {
        guard let ca = text(profile.pkiFolder + "/ca.crt"), let certificate = text(profile.pkiFolder + "/admin.crt"),
            let key = text(profile.pkiFolder + "/admin.key")
        else { throw ClusterError("cluster \(profile.name) has no certificates in \(profile.pkiFolder). Start it: swkube start") }
        return (ca, certificate, key)
    }

    private static func authority(_ path: String, _ name: String) throws -> CertificateAuthority {
        if let certificate = text(path + ".crt"), let key = text(path + ".key") {
            return try CertificateAuthority(certificatePEM: certificate, keyPEM: key)
        }
        let authority = try CertificateAuthority.generate(commonName: name)
        try write(authority.keyPEM, path + ".key")
        try write(authority.certificatePEM, path + ".crt")
        return authority
    }

    private static func issued(
        _ path: String, by authority: CertificateAuthority,
        if isGood: (IssuedCertificate) throws -> Bool = { _ in true }, _ issue: () throws -> IssuedCertificate
    ) throws -> IssuedCertificate {
        if let certificate = text(path + ".crt"), let key = text(path + ".key"),
            let found = try? IssuedCertificate(certificatePEM: certificate, keyPEM: key),
            authority.issued(found), !found.expires(within: .seconds(30 * 24 * 3600)), try isGood(found)
        {
            return found
        }
        let fresh: IssuedCertificate = try issue()
        try write(fresh.keyPEM, path + ".key")
        try write(fresh.certificatePEM, path + ".crt")
        return fresh
    }

    private static func text(_ path: String) -> String? {
        (try? PrivateFile.read(path)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The last line ends too: tools that read PEM files line by line ask for it.
    private static func write(_ text: String, _ path: String) throws(ClusterError) {
        try PrivateFile.write(Array((text.hasSuffix("\n") ? text : text + "\n").utf8), to: path)
    }
}
