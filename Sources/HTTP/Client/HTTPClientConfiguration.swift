import NIOCore
import NIOSSL

/// Where a client's server is, and how both prove who they are.
package struct HTTPClientConfiguration: Sendable {
    /// What HTTPS needs, as PEM text.
    package struct TLS: Sendable {
        /// CA of the server's certificate; nil trusts those of the system.
        package var caPEM: String?
        /// Name that the server's certificate must bear; nil takes the host's name, or the address connected to.
        package var serverName: String?
        /// Takes any certificate of the server. Only where the user asks for it.
        package var insecureSkipVerify: Bool
        /// The client's own certificate (chain) and key; both or none.
        package var certificatePEM: String?
        package var keyPEM: String?

        package init(
            caPEM: String? = nil, serverName: String? = nil, insecureSkipVerify: Bool = false, certificatePEM: String? = nil,
            keyPEM: String? = nil
        ) {
            self.caPEM = caPEM
            self.serverName = serverName
            self.insecureSkipVerify = insecureSkipVerify
            self.certificatePEM = certificatePEM
            self.keyPEM = keyPEM
        }
    }

    /// Name or address without brackets.
    package var host: String
    package var port: Int
    /// nil speaks plain HTTP.
    package var tls: TLS?
    /// For the TCP connection alone.
    package var connectTimeout: Duration
    /// For TLS on it. The default is that of Kubernetes' clients.
    package var handshakeTimeout: Duration = .seconds(10)
    /// Makes a connection in place of this client, which takes over the socket. Host and port then stand in headers and messages only.
    package var dial: (@Sendable () async throws -> CInt)?
    /// Silence after which the connection is probed, and time between probes; nil leaves it to the system, which waits hours.
    package var keepAlive: Duration?
    /// A connected socket for the first connection, taken over by the client; nil connects.
    package var socket: Int32?

    package init(host: String, port: Int, tls: TLS?, connectTimeout: Duration = .seconds(10)) {
        self.host = host
        self.port = port
        self.tls = tls
        self.connectTimeout = connectTimeout
    }

    /// `https://127.0.0.1:6443`, for messages.
    package var address: String {
        "\(tls == nil ? "http" : "https")://\(authority)"
    }

    /// Name that the server's certificate must bear.
    var expectedName: String { tls?.serverName ?? host }

    /// Value of the `Host` header.
    var authority: String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

extension HTTPClientConfiguration.TLS {
    /// Throws ``HTTPError/configuration(_:)`` when a PEM text cannot be read.
    func context() throws -> NIOSSLContext {
        var configuration: TLSConfiguration = .makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if let caPEM { configuration.trustRoots = .certificates(try PEM.certificates(caPEM, of: "the certificate authority")) }
        if insecureSkipVerify { configuration.certificateVerification = .none }
        switch (certificatePEM, keyPEM) {
        case (nil, nil): break
        case (let certificate?, let key?):
            let chain: [NIOSSLCertificate] = try PEM.certificates(certificate, of: "the client's certificate")
            configuration.certificateChain = chain.map { .certificate($0) }
            configuration.privateKey = .privateKey(try PEM.privateKey(key, of: "the client's private key"))
        case (_?, nil): throw HTTPError.configuration("a client certificate needs its private key too")
        case (nil, _?): throw HTTPError.configuration("a client's private key needs its certificate too")
        }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw HTTPError.configuration("certificate and private key of the client do not fit together (\(error))")
        }
    }

    /// The TLS handler of one connection to this host.
    func handler(context: NIOSSLContext, host: String) throws -> NIOSSLClientHandler {
        let name: String = serverName ?? host
        // Addresses are not sent as a server name (RFC 6066); the certificate is then checked for the address itself.
        let isAddress: Bool = (try? SocketAddress(ipAddress: name, port: 0)) != nil
        do {
            return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : name)
        } catch {
            throw HTTPError.configuration("\(name) cannot be a TLS server name (\(error))")
        }
    }
}
