/// One request as the server's handler gets it: complete, with its body read. A class, as many closures hold it on its way.
package final class HTTPRequest: Sendable {
    /// Method in capitals as sent: `GET`, `PATCH`.
    package let method: String
    /// Path as sent, percent-encoded, without query; begins with `/` (but `*` of `OPTIONS *`).
    package let path: String
    /// What follows the first `?`, still percent-encoded; nil without `?`.
    package let query: String?
    package let headers: HTTPHeaders
    /// The whole body; empty without one. Never longer than ``HTTPLimits/bodySize``.
    package let body: [UInt8]
    /// Who the client proved to be with a certificate; nil without TLS or without a client certificate.
    package let peer: PeerCertificate?
    /// IP address of the client, without port: `127.0.0.1`, `::1`.
    package let remoteAddress: String
    /// `1.0`, `1.1` or `2`.
    package let version: String
    /// Port that the client connected to; 0 where that is not known.
    package let localPort: Int
    /// Whether it came over TLS.
    package let isSecure: Bool

    package init(
        method: String, path: String, query: String? = nil, headers: HTTPHeaders = [:], body: [UInt8] = [],
        peer: PeerCertificate? = nil, remoteAddress: String = "127.0.0.1", version: String = "1.1", localPort: Int = 0,
        isSecure: Bool = false
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.peer = peer
        self.remoteAddress = remoteAddress
        self.version = version
        self.localPort = localPort
        self.isSecure = isSecure
    }
}

/// A whole answer: what the client got, or what a server sends at once.
package struct HTTPResponse: Sendable {
    package var status: Int
    package var headers: HTTPHeaders
    package var body: [UInt8]

    package init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// Handles one request. Called on an event loop: it must not block, and may answer at once or later from any thread.
package typealias HTTPHandler = @Sendable (HTTPRequest, HTTPExchange) -> Void
