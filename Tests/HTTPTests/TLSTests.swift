import Cluster
import HTTP
import TestSupport
import Testing

/// Who proves what to whom.
@Suite struct TLSTests {
    @Test func `a client certificate gives the request its user and groups`() async throws {
        let certificates = try TestCertificates()
        try await withServer(tls: certificates.tls) { server in
            let client: HTTPClient = client(
                of: server,
                tls: .init(
                    caPEM: certificates.authority.certificatePEM, certificatePEM: certificates.admin.certificatePEM,
                    keyPEM: certificates.admin.keyPEM))
            for _ in 1...2 {
                let answer: HTTPResponse = try await client.send(HTTPClientRequest(target: "/x"))
                #expect(answer.text == "GET /x HTTP/1.1 body 0 kubernetes-admin of system:masters")
            }
        }
    }

    @Test func `a client may come without a certificate`() async throws {
        let certificates = try TestCertificates()
        try await withServer(tls: certificates.tls) { server in
            let client: HTTPClient = client(of: server, tls: .init(caPEM: certificates.authority.certificatePEM), host: "localhost")
            let answer: HTTPResponse = try await client.send(HTTPClientRequest(target: "/x"))
            #expect(answer.text == "GET /x HTTP/1.1 body 0")
        }
    }

    @Test func `a certificate of a foreign authority is refused`() async throws {
        let certificates = try TestCertificates()
        let foreign: IssuedCertificate = try CertificateAuthority.generate().issue(KubernetesCertificates.admin)
        try await withServer(tls: certificates.tls) { server in
            let client: HTTPClient = client(
                of: server,
                tls: .init(
                    caPEM: certificates.authority.certificatePEM, certificatePEM: foreign.certificatePEM, keyPEM: foreign.keyPEM))
            await #expect(throws: HTTPError.self) { _ = try await client.send(HTTPClientRequest(target: "/x")) }
        }
    }

    @Test func `a server of a foreign authority is not trusted`() async throws {
        let certificates = try TestCertificates()
        let other: CertificateAuthority = try CertificateAuthority.generate()
        try await withServer(tls: certificates.tls) { server in
            let client: HTTPClient = client(of: server, tls: .init(caPEM: other.certificatePEM))
            let error: HTTPError = try await #require(throws: HTTPError.self) { _ = try await client.send(HTTPClientRequest(target: "/x")) }
            #expect(error.description.contains("x509: certificate signed by unknown authority"))
            guard case .tls = error else { throw error }
        }
    }

    @Test func `a certificate that ended is named as that`() async throws {
        let certificates = try TestCertificates(serverValidity: .seconds(-10))
        try await withServer(tls: certificates.tls) { server in
            let client: HTTPClient = client(of: server, tls: .init(caPEM: certificates.authority.certificatePEM))
            let error: HTTPError = try await #require(throws: HTTPError.self) { _ = try await client.send(HTTPClientRequest(target: "/x")) }
            #expect(error.description.contains("x509: certificate has expired or is not yet valid"))
        }
    }

    @Test func `a certificate for another name is named as that`() async throws {
        let authority: CertificateAuthority = try CertificateAuthority.generate()
        let other: IssuedCertificate = try authority.issueServer(names: ["kubernetes"], addresses: ["10.96.0.1"])
        let tls = TLSServerConfiguration(certificateChainPEM: other.certificatePEM, privateKeyPEM: other.keyPEM)
        try await withServer(tls: tls) { server in
            let client: HTTPClient = client(of: server, tls: .init(caPEM: authority.certificatePEM))
            let error: HTTPError = try await #require(throws: HTTPError.self) { _ = try await client.send(HTTPClientRequest(target: "/x")) }
            #expect(error.description.contains("x509: certificate is valid for 10.96.0.1, not 127.0.0.1"))
        }
    }

    @Test(arguments: [
        ("kubernetes", ""), ("a.example", ""), ("10.96.0.1", ""), ("nope", "kubernetes, *.example, not nope"),
        ("a.b.example", "kubernetes, *.example, not a.b.example"), ("10.96.0.2", "10.96.0.1, 127.0.0.1, not 10.96.0.2"),
    ])
    func `a name that is asked for has to be the certificate's`(_ name: String, _ refusal: String) async throws {
        let authority: CertificateAuthority = try CertificateAuthority.generate()
        let issued: IssuedCertificate = try authority.issueServer(
            names: ["kubernetes", "*.example"], addresses: ["10.96.0.1", "127.0.0.1"])
        let tls = TLSServerConfiguration(certificateChainPEM: issued.certificatePEM, privateKeyPEM: issued.keyPEM)
        try await withServer(tls: tls) { server in
            let client: HTTPClient = client(of: server, tls: .init(caPEM: authority.certificatePEM, serverName: name))
            guard !refusal.isEmpty else {
                let answer: HTTPResponse = try await client.send(HTTPClientRequest(target: "/x"))
                return #expect(answer.status == 200)
            }
            let error: HTTPError = try await #require(throws: HTTPError.self) { _ = try await client.send(HTTPClientRequest(target: "/x")) }
            #expect(error.description.hasSuffix("x509: certificate is valid for " + refusal))
        }
    }

    @Test func `verification can be left out where the user asks for it`() async throws {
        let certificates = try TestCertificates()
        try await withServer(tls: certificates.tls) { server in
            let client: HTTPClient = client(of: server, tls: .init(insecureSkipVerify: true))
            let answer: HTTPResponse = try await client.send(HTTPClientRequest(target: "/x"))
            #expect(answer.status == 200)
        }
    }

    @Test func `a server without TLS is not mistaken for one with it`() async throws {
        try await withServer { server in
            let client: HTTPClient = client(of: server, tls: .init(insecureSkipVerify: true))
            let error: HTTPError = try await #require(throws: HTTPError.self) { _ = try await client.send(HTTPClientRequest(target: "/x")) }
            guard case .tls = error else { throw error }
        }
    }

    @Test func `a server that takes the connection and never answers TLS is given up`() async throws {
        let port = try SilentPort()
        var configuration = HTTPClientConfiguration(host: "127.0.0.1", port: port.number, tls: .init())
        configuration.handshakeTimeout = .milliseconds(20)
        await #expect(throws: HTTPError.handshakeTimedOut("https://127.0.0.1:\(port.number)")) {
            _ = try await HTTPClient(configuration).send(HTTPClientRequest(target: "/x"))
        }
    }

    @Test func `a certificate needs its own key`() async throws {
        let certificates = try TestCertificates()
        let wrong = TLSServerConfiguration(
            certificateChainPEM: certificates.server.certificatePEM, privateKeyPEM: certificates.admin.keyPEM)
        let error: HTTPError = try await #require(throws: HTTPError.self) { _ = try await HTTPServer(tls: wrong, handler: describe) }
        guard case .configuration = error else { throw error }
    }
}
