import NIOHTTP2
import NIOSSL

/// What a server needs for HTTPS, as PEM text.
///
/// TLS 1.2 or newer, HTTP/2 and HTTP/1.1 by ALPN. A client may come without a certificate; one that brings a certificate
/// which ``clientCAPEM`` did not sign is refused in the handshake.
package struct TLSServerConfiguration: Sendable {
    /// The server's certificate, then those that lead to its CA.
    package var certificateChainPEM: String
    package var privateKeyPEM: String
    /// CA (or several) whose client certificates are taken; nil asks clients for none.
    package var clientCAPEM: String?

    package init(certificateChainPEM: String, privateKeyPEM: String, clientCAPEM: String? = nil) {
        self.certificateChainPEM = certificateChainPEM
        self.privateKeyPEM = privateKeyPEM
        self.clientCAPEM = clientCAPEM
    }

    /// Why it cannot be used; nil when it can.
    package var problem: String? {
        do {
            _ = try context()
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Throws ``HTTPError/configuration(_:)`` when a PEM text cannot be read or key and certificate are not a pair.
    func context() throws -> NIOSSLContext {
        let chain: [NIOSSLCertificate] = try PEM.certificates(certificateChainPEM, of: "the server's certificate")
        let key: NIOSSLPrivateKey = try PEM.privateKey(privateKeyPEM, of: "the server's private key")
        var configuration: TLSConfiguration = .makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = NIOHTTP2SupportedALPNProtocols
        if let clientCAPEM {
            configuration.certificateVerification = .optionalVerification
            configuration.trustRoots = .certificates(try PEM.certificates(clientCAPEM, of: "the CA of client certificates"))
            // Clients with several certificates choose by this list, and Go's keep a foreign one to themselves.
            configuration.sendCANameList = true
        }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw HTTPError.configuration("certificate and private key of the server do not fit together (\(error))")
        }
    }
}

/// Reading of PEM texts, with errors that name which text it was.
enum PEM {
    static func certificates(_ text: String, of what: String) throws -> [NIOSSLCertificate] {
        do {
            let certificates: [NIOSSLCertificate] = try NIOSSLCertificate.fromPEMBytes(Array(text.utf8))
            if !certificates.isEmpty { return certificates }
        } catch {
            throw HTTPError.configuration("cannot read \(what): no PEM certificate (\(error))")
        }
        throw HTTPError.configuration("cannot read \(what): the text holds no PEM certificate")
    }

    static func privateKey(_ text: String, of what: String) throws -> NIOSSLPrivateKey {
        do {
            return try NIOSSLPrivateKey(bytes: Array(text.utf8), format: .pem)
        } catch {
            throw HTTPError.configuration("cannot read \(what): no PEM private key (\(error))")
        }
    }
}
