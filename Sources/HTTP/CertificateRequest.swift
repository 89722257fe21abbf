import SwiftASN1
import X509

/// A request for a certificate: PKCS #10, as PEM text.
package struct CertificateRequest: Sendable {
    /// Each `O` of the subject in order: Kubernetes' groups.
    package let organizations: [String]

    /// nil for a text that is no certificate request.
    package init?(pem: String) {
        guard let request = try? CertificateSigningRequest(pemEncoded: pem) else { return nil }
        var organizations: [String] = []
        for relativeName: RelativeDistinguishedName in request.subject {
            for attribute: RelativeDistinguishedName.Attribute in relativeName where attribute.type == .RDNAttributeType.organizationName {
                organizations.append(String(describing: attribute.value))
            }
        }
        self.organizations = organizations
    }
}
