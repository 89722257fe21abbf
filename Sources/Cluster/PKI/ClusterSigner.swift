package import Controllers
import Crypto
import FoundationEssentials
package import Machinery
import SwiftASN1
import X509

/// Signs requests that come through the API with the cluster's authority.
package struct ClusterSigner: CertificateSigner {
    private let authority: CertificateAuthority

    package init(_ authority: CertificateAuthority) { self.authority = authority }

    package func read(_ pem: String) throws -> CertificateRequest {
        let request: CertificateSigningRequest = try parse(pem)
        var commonName: String = ""
        var organizations: [String] = []
        for attribute in request.subject.lazy.flatMap({ $0 }) {
            if attribute.type == .RDNAttributeType.commonName { commonName = attribute.value.description }
            if attribute.type == .RDNAttributeType.organizationName { organizations.append(attribute.value.description) }
        }
        var names: [String] = []
        var addresses: [String] = []
        var others: Int = 0
        for alternative in try alternatives(request) {
            switch alternative {
            case .dnsName(let name): names.append(name)
            case .ipAddress(let octets): addresses.append(octets.bytes.map { String($0) }.joined(separator: "."))
            default: others += 1
            }
        }
        return CertificateRequest(
            commonName: commonName, organizations: organizations, dnsNames: names, addresses: addresses, otherNames: others)
    }

    package func sign(_ pem: String, usages: [String], validity: Duration) throws -> String {
        let request: CertificateSigningRequest = try parse(pem)
        return try authority.sign(request, alternatives: try alternatives(request), usages: Set(usages), validity: validity)
    }

    package func end(of pem: String) -> Time? {
        (try? Certificate(pemEncoded: pem)).map { Time(seconds: Int64($0.notValidAfter.timeIntervalSince1970)) }
    }

    private func parse(_ pem: String) throws -> CertificateSigningRequest {
        let request = try CertificateSigningRequest(pemEncoded: pem)
        guard request.publicKey.isValidSignature(request.signature, for: request) else {
            throw CertificateProblem.notAPair("the certificate request")
        }
        return request
    }

    private func alternatives(_ request: CertificateSigningRequest) throws -> [GeneralName] {
        guard let extensions = try request.attributes.extensionRequest?.extensions else { return [] }
        return try extensions.subjectAlternativeNames.map { Array($0) } ?? []
    }
}

extension CertificateAuthority {
    /// Issues a certificate for the key of a request; the rest of the request is the caller's to have checked.
    func sign(
        _ request: CertificateSigningRequest, alternatives: [GeneralName], usages: Set<String>, validity: Duration
    ) throws -> String {
        var purposes: [ExtendedKeyUsage.Usage] = []
        if usages.contains("client auth") { purposes.append(.clientAuth) }
        if usages.contains("server auth") { purposes.append(.serverAuth) }
        let signs: Bool = usages.contains("digital signature")
        let enciphers: Bool = usages.contains("key encipherment")
        let extended = try ExtendedKeyUsage(purposes)
        let extensions: Certificate.Extensions = try Certificate.Extensions {
            Critical(BasicConstraints.notCertificateAuthority)
            // An extension that allows nothing would be malformed.
            if signs || enciphers { Critical(KeyUsage(digitalSignature: signs, keyEncipherment: enciphers)) }
            extended
            SubjectKeyIdentifier(hash: request.publicKey)
            AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: certificate.publicKey).keyIdentifier)
            if !alternatives.isEmpty { SubjectAlternativeNames(alternatives) }
        }
        let now = Date()
        let leaf = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: request.publicKey,
            notValidBefore: now.addingTimeInterval(-300), notValidAfter: now.addingTimeInterval(validity.inSeconds),
            issuer: certificate.subject, subject: request.subject, signatureAlgorithm: .ecdsaWithSHA256, extensions: extensions,
            issuerPrivateKey: Certificate.PrivateKey(key))
        return try leaf.serializeAsPEM().pemString + "\n"
    }
}
