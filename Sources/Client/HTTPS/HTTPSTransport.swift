package import API
import HTTP
import Machinery

/// The door to a cluster behind HTTP or HTTPS: carries requests as Kubernetes has them on the wire.
package final class HTTPSTransport: Transport {
    package let access: ClusterAccess
    /// For one whole answer; nil waits without end. Watches and followed logs have none.
    private let timeout: Duration?
    private let userAgent: String
    let trace: (@Sendable (_ method: String, _ url: String, _ status: Int, _ took: Duration) -> Void)?
    let client: HTTPClient

    /// Connects when the first request is sent.
    ///
    /// - Parameter keepAlive: silence after which the connection is probed; nil leaves it to the system.
    /// - Parameter trace: told of each answer, for `-v=6`.
    package init(
        _ access: ClusterAccess, userAgent: String, timeout: Duration? = nil, keepAlive: Duration? = nil,
        trace: (@Sendable (_ method: String, _ url: String, _ status: Int, _ took: Duration) -> Void)? = nil
    ) {
        self.access = access
        self.timeout = timeout
        self.userAgent = userAgent
        self.trace = trace
        var tls: HTTPClientConfiguration.TLS?
        if access.server.isTLS {
            tls = HTTPClientConfiguration.TLS(
                caPEM: access.caPEM, serverName: access.serverName, insecureSkipVerify: access.insecureSkipVerify,
                certificatePEM: access.certificatePEM, keyPEM: access.keyPEM)
        }
        var configuration = HTTPClientConfiguration(host: access.server.host, port: access.server.port, tls: tls)
        // One that can't be read was refused when the access was made.
        if let proxy = access.proxyURL.flatMap({ try? ProxyDial($0) }) {
            configuration.dial = { [server = access.server] in try await proxy.connect(to: server) }
        }
        configuration.keepAlive = keepAlive
        client = HTTPClient(configuration)
    }

    package func send(_ request: APIRequest) async throws -> APIResponse {
        try await exchange(try httpRequest(request))
    }

    package func raw(_ path: String, accept: String) async throws -> APIResponse {
        try await exchange(httpRequest(method: "GET", target: path, accept: accept))
    }

    package func document(_ path: String, accept: String, unless etag: String?) async throws -> (bytes: [UInt8], etag: String?)? {
        var request: HTTPClientRequest = httpRequest(method: "GET", target: path, accept: accept)
        if let etag { request.headers.set("If-None-Match", etag) }
        let response: HTTPResponse = try await answer(request)
        if response.status == 304, etag != nil { return nil }
        guard (200..<300).contains(response.status) else { throw Self.failure(response) }
        return (response.body, response.headers["ETag"])
    }

    package func raw(_ method: String, _ path: String, _ body: [UInt8]) async throws -> APIResponse {
        var http: HTTPClientRequest = httpRequest(method: method, target: path, accept: "application/json, */*")
        if !body.isEmpty {
            http.body = body
            http.headers.set("Content-Type", "application/json")
        }
        return try await exchange(http)
    }

    package func stream(_ request: APIRequest) async throws -> AsyncThrowingStream<[UInt8], any Error> {
        var http: HTTPClientRequest = try httpRequest(request)
        http.timeout = nil
        let start: ContinuousClock.Instant = .now
        do {
            let (status, headers, body): (Int, HTTPHeaders, HTTPBody) = try await client.stream(http)
            trace?(http.method, url(http), status, ContinuousClock.now - start)
            guard status < 300 else {
                var bytes: [UInt8] = []
                for try await piece in body { bytes += piece }
                throw Self.failure(HTTPResponse(status: status, headers: headers, body: bytes))
            }
            return AsyncThrowingStream { continuation in
                let task = Task {
                    do {
                        for try await piece in body { continuation.yield(piece) }
                        continuation.finish()
                    } catch {
                        continuation.finish(throwing: self.explained(error))
                    }
                }
                // As in client-go, the limit of one answer ends a watch, too.
                let end: Task<Void, Never>? = self.timeout.map { limit in
                    Task {
                        do { try await Task.sleep(for: limit) } catch { return }
                        continuation.finish()
                        task.cancel()
                    }
                }
                continuation.onTermination = { _ in
                    task.cancel()
                    end?.cancel()
                }
            }
        } catch {
            throw explained(error)
        }
    }

    /// Closes the connections.
    package func shutdown() { client.shutdown() }

    private func exchange(_ request: HTTPClientRequest) async throws -> APIResponse {
        let response: HTTPResponse = try await answer(request)
        guard (200..<300).contains(response.status) else { throw Self.failure(response) }
        return APIResponse(
            code: response.status, body: response.body, warnings: Self.warnings(response))
    }

    /// Whatever its status.
    private func answer(_ request: HTTPClientRequest) async throws -> HTTPResponse {
        let start: ContinuousClock.Instant = .now
        let response: HTTPResponse
        do { response = try await client.send(request) } catch { throw explained(error) }
        trace?(request.method, url(request), response.status, ContinuousClock.now - start)
        return response
    }

    private func httpRequest(_ request: APIRequest) throws(PathSegmentError) -> HTTPClientRequest {
        try request.checkPath()
        var http: HTTPClientRequest = httpRequest(
            method: request.method, target: request.path + (request.query.map { "?" + $0 } ?? ""),
            accept: request.subresource == "log" ? "*/*" : request.representation.rawValue)
        if !request.body.isEmpty {
            http.body = request.body
            http.headers.set("Content-Type", request.contentType.rawValue)
        }
        return http
    }

    func httpRequest(method: String, target: String, accept: String) -> HTTPClientRequest {
        var headers: HTTPHeaders = ["Accept": accept, "User-Agent": userAgent]
        if let authorization = access.authorization { headers.set("Authorization", authorization) }
        if let user = access.impersonatedUser { headers.set("Impersonate-User", user) }
        if let uid = access.impersonatedUID { headers.set("Impersonate-Uid", uid) }
        for group in access.impersonatedGroups { headers.add("Impersonate-Group", group) }
        for extra in access.impersonatedExtra { headers.add("Impersonate-Extra-" + PercentEncoding.encode(extra.key), extra.value) }
        return HTTPClientRequest(method: method, target: access.server.path + target, headers: headers, timeout: timeout)
    }

    func url(_ request: HTTPClientRequest) -> String {
        (access.server.isTLS ? "https://" : "http://") + access.server.hostAndPort + request.target
    }

    /// The `Status` of the answer; one of our own for servers (or proxies) that answer otherwise.
    static func failure(_ response: HTTPResponse) -> APIStatus {
        var status: APIStatus = refusal(response)
        status.warnings = warnings(response)
        return status
    }

    private static func warnings(_ response: HTTPResponse) -> [String] { response.headers.all("Warning").flatMap(WarningHeader.texts) }

    private static func refusal(_ response: HTTPResponse) -> APIStatus {
        if let json = try? JSON(parsing: response.body), let status = APIStatus(json) { return status }
        var text: String = String(decoding: response.body.prefix(1024), as: UTF8.self)
        if text.drop(while: \.isWhitespace).hasPrefix("<") {
            text = "HTTP \(response.status) with a page; Kubernetes API servers send none"
        }
        if let place = response.headers["Location"], response.status < 400 { text = "HTTP \(response.status), which sends us to \(place)" }
        switch response.status {
        case 401: return .unauthorized
        case 404: return .pathNotFound
        default: return APIStatus(code: response.status, reason: "", message: text.isEmpty ? "HTTP \(response.status)" : text)
        }
    }

    /// Errors of the way, as sentences that say what to do.
    func explained(_ error: any Error) -> any Error {
        guard let error = error as? HTTPError else { return error }
        switch error {
        case .connectionRefused:
            return TransportError(
                .refused, "cannot reach \(access.server) (connection refused). Start the cluster: swkube start",
                address: access.server.hostAndPort)
        case .timedOut:
            return TransportError(.timedOut, "\(access.server) did not answer in time", address: access.server.hostAndPort)
        case .handshakeTimedOut:
            return TransportError(.timedOut, "net/http: TLS handshake timeout", address: access.server.hostAndPort)
        case .unknownHost(let host):
            return TransportError(.broken, "dial tcp: lookup \(host): no such host", address: access.server.hostAndPort)
        case .tls(_, let problem):
            let expired: String? = access.certificatePEM.flatMap(OwnCertificate.end).map { end in
                "\(access.server): the client's own certificate has expired (it ended \(end)); get a new one"
            }
            return TransportError(.untrusted, expired ?? problem, address: access.server.hostAndPort)
        case .configuration: return TransportError(.untrusted, error.description, address: access.server.hostAndPort)
        case .unreachable, .closed, .malformedAnswer, .portInUse, .cannotListen:
            return TransportError(.broken, error.description, address: access.server.hostAndPort)
        }
    }
}
