package import API
import HTTP
import Machinery

/// Requests from inside the process, also for what another API server serves behind this one. Those from outside go the way of
/// ``ExtensionProxy``.
extension APIServer {
    /// Answers a request from inside the process.
    package func answer(
        _ request: APIRequest, as user: UserInfo, later: (@Sendable (@escaping @Sendable () -> Void) -> Void)? = nil,
        _ reply: @escaping Reply
    ) {
        let resource: GroupVersionResource = request.resource
        guard let other = aggregation.server(group: resource.group, version: resource.version) else {
            return perform(request, as: user, later: later, reply)
        }
        ask(other, request, as: user, reply)
    }

    /// Authorizes the request, carries it to the extension server, answers what that answers.
    private func ask(_ server: ExtensionServer, _ request: APIRequest, as user: UserInfo, _ reply: @escaping Reply) {
        do throws(APIStatus) {
            try authorizer.authorize(user, .resource(request), method: request.method)
        } catch {
            return reply(.failure(error))
        }
        let isStream: Bool = RequestLabels(request).isLongRunning
        var headers: HTTPHeaders = ["Host": server.serverName, "Accept": request.representation.rawValue]
        if !request.body.isEmpty { headers.set("Content-Type", request.contentType.rawValue) }
        FrontProxy.add(user, to: &headers)
        let http = HTTPClientRequest(
            method: request.method, target: request.path + (request.query.map { "?" + $0 } ?? ""), headers: headers, body: request.body,
            timeout: isStream ? nil : ExtensionProxy.limit)
        Task {
            do {
                let client: HTTPClient = try aggregation.client(of: server).client
                let (code, _, body): (Int, HTTPHeaders, HTTPBody) = try await client.stream(http)
                if isStream, code < 300 { return reply(.success(.stream(Self.pieces(of: body)))) }
                var bytes: [UInt8] = []
                for try await part in body { bytes += part }
                guard code < 300 else {
                    let status: APIStatus? = (try? JSON(parsing: bytes)).flatMap { APIStatus($0) }
                    return reply(.failure(status ?? (code == 404 ? .pathNotFound : server.isUnreachable("HTTP \(code)"))))
                }
                reply(.success(.bytes(bytes, code: code)))
            } catch {
                reply(.failure(server.isUnreachable("\(error)")))
            }
        }
    }

    private static func pieces(of body: HTTPBody) -> AsyncThrowingStream<[UInt8], any Error> {
        AsyncThrowingStream { continuation in
            let task = Task {
                do {
                    for try await part in body { continuation.yield(part) }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}

extension ExtensionServer {
    /// Source: `proxyHandler` of k8s.io/kube-aggregator/pkg/apiserver.
    func isUnreachable(_ why: String) -> APIStatus {
        APIStatus(code: 503, reason: "ServiceUnavailable", message: "error trying to reach service: \(service).\(namespace): \(why)")
    }
}
