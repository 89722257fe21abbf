import API
import Machinery
import Testing

/// ClusterTrustBundle and PodCertificateRequest. Source: pkg/apis/certificates/validation in v1.36.
struct CertificateKindTests {
    /// As much of a certificate as is looked at: that it is an authority's, or nobody's.
    private static func anchor(_ mark: UInt8, isAuthority: Bool = true) -> String {
        CertificatePEM.text(
            "CERTIFICATE",
            [0x30, 0x12, 0x04, 0x01, mark, 0x06, 0x03, 0x55, 0x1D, 0x13, 0x01, 0x01, 0xFF]
                + [0x04, 0x05, 0x30, 0x03, 0x01, 0x01, isAuthority ? 0xFF : 0])
    }

    private func bundle(_ name: String, signer: String = "", _ text: String) throws -> [String] {
        let spec: JSON = ["signerName": .string(signer), "trustBundle": .string(text)]
        let object: JSON = ["metadata": ["name": .string(name)], "spec": spec]
        return try Created(ClusterTrustBundle.self, String(decoding: object.serialized(), as: UTF8.self)).problems
    }

    @Test func `a bundle is named for its signer and holds authorities, each once`() throws {
        #expect(try bundle("roots", Self.anchor(1) + Self.anchor(2)) == [])
        #expect(try bundle("example.com:mesh:roots", signer: "example.com/mesh", Self.anchor(1)) == [])
        #expect(
            try bundle("a:b", Self.anchor(1)) == [
                #"metadata.name: Invalid value: "a:b": ClusterTrustBundle without signer name must not have ":" in its name"#
            ])
        #expect(
            try bundle("roots", signer: "example.com/mesh", Self.anchor(1)) == [
                "metadata.name: Invalid value: \"roots\": ClusterTrustBundle for signerName example.com/mesh must be named with prefix "
                    + "example.com:mesh:"
            ])
    }

    @Test(arguments: [
        ("", "at least one trust anchor must be provided"),
        (anchor(1, isAuthority: false), "entry 0 does not have the CA bit set"),
        (anchor(1) + CertificatePEM.text("PRIVATE KEY", [0x30, 1, 0]), "entry 1 has bad block type: PRIVATE KEY"),
        (CertificatePEM.text("CERTIFICATE", [1, 2, 3]), "entry 0 does not parse as X.509"),
        (anchor(1) + anchor(2) + anchor(1), "duplicate trust anchor (indices [0 2])"),
    ])
    func `a bundle that is none says why`(text: String, fault: String) throws {
        #expect(try bundle("roots", text) == ["spec.trustBundle: Invalid value: \"<value omitted>\": \(fault)"])
    }

    private func wish(_ changes: JSON) throws -> [String] {
        var spec: JSON = [
            "signerName": "example.com/mesh", "podName": "web", "podUID": "1", "serviceAccountName": "default", "serviceAccountUID": "2",
            "nodeName": "local", "nodeUID": "3", "stubPKCS10Request": .string(Base64Text.encode([0x30, 1, 0])),
        ]
        for member in changes.object ?? [:] { spec[member.key] = member.value }
        let object: JSON = ["metadata": ["name": "web", "namespace": "default"], "spec": spec]
        return try Created(PodCertificateRequest.self, String(decoding: object.serialized(), as: UTF8.self)).problems
    }

    @Test func `a pod's request says for whom, and for how long at most`() throws {
        #expect(try wish([:]) == [])
        #expect(
            try wish(["maxExpirationSeconds": 60]) == [
                "spec.maxExpirationSeconds: Invalid value: 60: must be in the range [3600, 7862400]"
            ])
        #expect(
            try wish(["signerName": "kubernetes.io/own", "maxExpirationSeconds": 100_000]) == [
                "spec.maxExpirationSeconds: Invalid value: 100000: must be in the range [3600, 86400]"
            ])
        #expect(
            try wish(["stubPKCS10Request": "eA=="]) == [
                "spec.stubPKCS10Request: Invalid value: \"eA==\": must be a valid PKCS#10 certificate request"
            ])
    }
}
