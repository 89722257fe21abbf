import API
import HTTP
import Machinery

/// Finds out who sent a request: a client certificate of the cluster's authority, or a bearer token that the cluster signed, was given in
/// its file of tokens, or keeps as a bootstrap token.
///
/// Without either a request is anonymous; with a bad token it is refused. Certificates were checked in the TLS handshake.
struct Authenticator: Sendable {
    private let tokens: ServiceAccountTokens
    private let known: StaticTokens
    private let bootstrap: BootstrapTokens
    private let lifetimes: CertificateLifetimes
    private let now: @Sendable () -> Time

    init(
        tokens: ServiceAccountTokens, known: StaticTokens, bootstrap: BootstrapTokens, lifetimes: CertificateLifetimes,
        now: @escaping @Sendable () -> Time
    ) {
        self.tokens = tokens
        self.known = known
        self.bootstrap = bootstrap
        self.lifetimes = lifetimes
        self.now = now
    }

    /// Throws ``APIStatus/unauthorized``.
    ///
    /// - Parameter notes: gets what the use of a token tells, also of one that is refused.
    func user(of request: HTTPRequest, _ notes: inout TokenNotes) throws(APIStatus) -> UserInfo {
        if let peer = request.peer, let name = peer.commonName {
            lifetimes.observe(peer, at: now())
            return UserInfo(
                name: name, groups: peer.organizations + ["system:authenticated"],
                extra: ["authentication.kubernetes.io/credential-id": ["X509SHA256=" + peer.fingerprint]])
        }
        guard let token = try Self.token(of: request) else { return .anonymous }
        do {
            return try owner(of: token, audiences: [], &notes).user
        } catch {
            throw .unauthorized
        }
    }

    /// The bearer token of a request. Credentials of another kind are nobody's.
    private static func token(of request: HTTPRequest) throws(APIStatus) -> String? {
        guard let header = request.headers["authorization"] else { return try WebSocketToken.of(request) }
        let parts: [Substring] = header.split(separator: " ", maxSplits: 1)
        return parts.count == 2 && parts[0].lowercased() == "bearer" ? String(parts[1]) : nil
    }

    /// Whose a token is. - Parameter audiences: for whom it has to be good, any of these; the API server if empty.
    func owner(of token: String, audiences: [String], _ notes: inout TokenNotes) throws(TokenError) -> TokenOwner {
        // Tokens of the file and those of machines that join are for the API server.
        if let user = known.user(of: token) ?? bootstrap.user(of: token, at: now()),
            audiences.isEmpty || audiences.contains(ServiceAccountTokens.issuer)
        {
            return TokenOwner(user: user, audiences: [ServiceAccountTokens.issuer])
        }
        return try tokens.owner(of: token, audiences: audiences, at: now(), &notes)
    }
}

/// As whom a request acts.
struct Identities: Sendable {
    let user: UserInfo
    /// Who sent it, where that is somebody else, who may impersonate the user.
    var sender: UserInfo?
    /// The verb that allowed it; empty for the old `impersonate` and where nobody acts for another.
    var constraint = ""
}

extension APIServer {
    /// As whom a request of a known sender acts. Throws ``APIStatus`` (400, 403).
    func identities(of sender: UserInfo, in request: HTTPRequest, for target: Route.Target) throws(APIStatus) -> Identities {
        guard let impersonation = try Impersonation(request.headers) else { return Identities(user: sender) }
        let (user, mode) = try impersonation.user(for: sender, doing: Attributes(target, method: request.method), authorizer)
        return Identities(user: user, sender: sender, constraint: mode == .legacy ? "" : mode.verb)
    }

    /// As whom a request acts. Throws ``APIStatus`` (400, 401, 403).
    func user(of request: HTTPRequest) throws(APIStatus) -> UserInfo {
        let target: Route.Target = try Route.target(method: request.method, path: request.path, query: request.query)
        var notes = TokenNotes()
        return try identities(of: authenticator.user(of: request, &notes), in: request, for: target).user
    }
}
