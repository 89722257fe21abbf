package import API
package import HTTP
package import Machinery

/// Finds out who sent a request: a client certificate of the cluster's authority, or a bearer token that the cluster signed.
///
/// Without either a request is anonymous; with a bad token it is refused. Certificates were checked in the TLS handshake.
package struct Authenticator: Sendable {
    private let tokens: ServiceAccountTokens
    private let now: @Sendable () -> Time

    package init(tokens: ServiceAccountTokens, now: @escaping @Sendable () -> Time) {
        self.tokens = tokens
        self.now = now
    }

    /// Throws ``APIStatus/unauthorized``.
    package func user(of request: HTTPRequest) throws(APIStatus) -> UserInfo {
        if let peer = request.peer, let name = peer.commonName {
            return UserInfo(name: name, groups: peer.organizations + ["system:authenticated"])
        }
        guard let header = request.headers["authorization"] else { return .anonymous }
        let parts: [Substring] = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw .unauthorized }
        guard let user = tokens.user(of: String(parts[1]), at: now()) else { throw .unauthorized }
        return user
    }
}
