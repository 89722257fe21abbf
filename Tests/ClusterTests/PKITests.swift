import Cluster
import Controllers
import SwiftASN1
import Testing
import X509

/// The cluster's certificates. How TLS libraries take them is in `HTTPTests`.
@Suite struct PKITests {
    @Test func `an authority survives being stored`() throws {
        let made: CertificateAuthority = try CertificateAuthority.generate()
        let loaded = try CertificateAuthority(certificatePEM: made.certificatePEM, keyPEM: made.keyPEM)
        let leaf: IssuedCertificate = try loaded.issue(KubernetesCertificates.admin)
        #expect(made.issued(leaf))
        #expect(made.certificatePEM == loaded.certificatePEM)
    }

    @Test func `an authority knows its own certificates only`() throws {
        let leaf: IssuedCertificate = try CertificateAuthority.generate().issue(KubernetesCertificates.scheduler)
        #expect(try !CertificateAuthority.generate().issued(leaf))
    }

    @Test func `a certificate and the key of another are refused`() throws {
        let one: CertificateAuthority = try CertificateAuthority.generate()
        let other: CertificateAuthority = try CertificateAuthority.generate()
        #expect(throws: CertificateProblem.notAPair("the cluster's CA")) {
            _ = try CertificateAuthority(certificatePEM: one.certificatePEM, keyPEM: other.keyPEM)
        }
    }

    @Test(arguments: [("", ""), ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "x")])
    func `a text that is no certificate is named`(certificate: String, key: String) throws {
        let problem: CertificateProblem = try #require(throws: CertificateProblem.self) {
            _ = try CertificateAuthority(certificatePEM: certificate, keyPEM: key)
        }
        #expect(problem.description.hasPrefix("cannot read the cluster's CA ("))
    }

    @Test func `a server's certificate covers its names and addresses and no others`() throws {
        let names: [String] = KubernetesCertificates.serverNames()
        let addresses: [String] = KubernetesCertificates.serverAddresses(serviceIP: "10.96.0.1", others: ["fd00::1", "127.0.0.1"])
        let made: IssuedCertificate = try CertificateAuthority.generate().issueServer(names: names, addresses: addresses)
        let server = try IssuedCertificate(certificatePEM: made.certificatePEM, keyPEM: made.keyPEM)
        #expect(try server.covers(names: names, addresses: addresses))
        #expect(try !server.covers(names: ["elsewhere"], addresses: []))
        #expect(try !server.covers(names: [], addresses: ["10.96.0.2"]))
    }

    @Test func `an address that is none is named`() throws {
        let authority: CertificateAuthority = try CertificateAuthority.generate()
        #expect(throws: CertificateProblem.notAnAddress("10.96.0")) {
            _ = try authority.issueServer(names: [], addresses: ["10.96.0"])
        }
    }

    @Test func `the end of a certificate is seen in time`() throws {
        let authority: CertificateAuthority = try CertificateAuthority.generate()
        let leaf: IssuedCertificate = try authority.issueClient(commonName: "x", organizations: [], validity: .seconds(3600))
        #expect(leaf.expires(within: .seconds(3700)))
        #expect(!leaf.expires(within: .seconds(3500)))
        #expect(!authority.expires(within: .years(9)))
        #expect(authority.expires(within: .years(11)))
    }

    @Test func `certificates carry what strict verifiers ask for`() throws {
        let authority: CertificateAuthority = try CertificateAuthority.generate()
        let ca = try Certificate(pemEncoded: authority.certificatePEM)
        let leaf = try Certificate(pemEncoded: authority.issueServer(names: ["a"], addresses: []).certificatePEM)
        #expect(try ca.extensions.keyUsage?.keyCertSign == true)
        #expect(try leaf.extensions.keyUsage?.digitalSignature == true)
        #expect(try leaf.extensions.extendedKeyUsage?.contains(.serverAuth) == true)
        let issuerKey = try #require(try ca.extensions.subjectKeyIdentifier?.keyIdentifier)
        #expect(try leaf.extensions.authorityKeyIdentifier?.keyIdentifier == issuerKey)
        #expect(try leaf.extensions.subjectKeyIdentifier != nil)
        #expect(ca.serialNumber != leaf.serialNumber)
    }

    /// Made by OpenSSL: O = system:nodes, CN = system:node:a, for a.example and 192.0.2.1, signed with its own P-256 key.
    private static let request = """
        -----BEGIN CERTIFICATE REQUEST-----
        MIIBGDCBvgIBADAvMRUwEwYDVQQKDAxzeXN0ZW06bm9kZXMxFjAUBgNVBAMMDXN5
        c3RlbTpub2RlOmEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQUGmW9S/b9I7nL
        eDKUQisq6mJEJR6VH6gQuE7BUi3txsbR5pUpxxFyMZQVl90Px62U+OejrudcnrdO
        znR/OhxWoC0wKwYJKoZIhvcNAQkOMR4wHDAaBgNVHREEEzARgglhLmV4YW1wbGWH
        BMAAAgEwCgYIKoZIzj0EAwIDSQAwRgIhALS1Cu8iPZi+9LD4wY8aHodgxvoZzobJ
        rSITIpGQQXhQAiEApdyOkPQc1rTPcwGMqMruA3nGJnypqfR8j8yPwGLvmWI=
        -----END CERTIFICATE REQUEST-----
        """

    @Test func `a request that comes through the API is read and signed`() throws {
        let authority: CertificateAuthority = try CertificateAuthority.generate()
        let signer = ClusterSigner(authority)
        let wish = try signer.read(Self.request)
        #expect(wish.commonName == "system:node:a")
        #expect(wish.organizations == ["system:nodes"])
        #expect(wish.dnsNames == ["a.example"])
        #expect(wish.addresses == ["192.0.2.1"])
        let pem: String = try signer.sign(Self.request, usages: ["server auth", "digital signature"], validity: .seconds(3600))
        let issued = try IssuedCertificate(certificatePEM: pem, keyPEM: "")
        #expect(authority.issued(issued))
        #expect(try issued.covers(names: ["a.example"], addresses: ["192.0.2.1"]))
        let leaf = try Certificate(pemEncoded: pem)
        #expect(try leaf.extensions.keyUsage == KeyUsage(digitalSignature: true))
        // An extension that allows nothing is left out: OpenSSL takes no certificate with one.
        let bare = try Certificate(pemEncoded: signer.sign(Self.request, usages: ["client auth"], validity: .seconds(3600)))
        #expect(try bare.extensions.keyUsage == nil)
    }

    @Test func `a request that was changed after it was signed is refused`() throws {
        let changed: String = Self.request.replacingFirst("BAMMDXN5", with: "BAMMDXN6")
        #expect(throws: (any Error).self) { try ClusterSigner(CertificateAuthority.generate()).read(changed) }
    }
}

extension String {
    fileprivate func replacingFirst(_ part: String, with other: String) -> String {
        guard let range = firstRange(of: part) else { return self }
        return replacingCharacters(range, with: other)
    }

    private func replacingCharacters(_ range: Range<Index>, with other: String) -> String {
        String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
    }
}
