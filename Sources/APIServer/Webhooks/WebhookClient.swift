import API
import Dispatch
import HTTP
import Machinery
import Store
import Synchronization

/// Posts JSON to webhooks and waits for what they say. Connections are kept and used again.
///
/// Blocks the calling thread: only for threads of the ``SlowLane``.
final class WebhookClient: Sendable {
    /// A server with the way to trust it.
    private struct Peer: Hashable {
        let host: String
        let port: Int
        let serverName: String
        let caPEM: String?
        /// Whether it is an endpoint of a Service, and so in the network of pods.
        let isInCluster: Bool
    }

    private struct Kept {
        let client: HTTPClient
        var lastUse: ContinuousClock.Instant
    }

    /// Webhooks come and go with their pods; the connections to those that are not asked any longer are let go.
    private static let peers = 32

    private let resolver: ServiceResolver
    private let clients = Mutex<[Peer: Kept]>([:])

    /// Opens connections to pods; nil connects from this process's own network.
    private let dial: Dial?

    init(store: any Store, dial: Dial?) {
        resolver = ServiceResolver(store: store)
        self.dial = dial
    }

    /// The answer to `body`, which must come as JSON with status 200 within `timeout` seconds.
    ///
    /// Throws ``WebhookFailure`` in upstream's words: `Post "https://hook.default.svc:443/?timeout=10s": context deadline exceeded`.
    func post(_ body: JSON, to target: WebhookAddress, timeout: Int) throws(WebhookFailure) -> JSON {
        try begin(body, to: target, timeout: timeout).wait()
    }

    /// Sends `body` and returns at once, so that several webhooks may think at the same time.
    ///
    /// - Parameter span: the request that it is done for.
    func begin(_ body: JSON, to target: WebhookAddress, timeout: Int, for span: RequestSpan? = nil) -> WebhookAnswer {
        let answer = WebhookAnswer(address: target.address(timeout: timeout))
        let (host, port): (String, Int)
        do throws(WebhookFailure) {
            switch target.place {
            case .url(let url): (host, port) = (url.host, url.port)
            case .service(let namespace, let name, let number):
                (host, port) = try resolver.endpoint(namespace: namespace, name: name, port: number)
            }
        } catch {
            answer.arrived(.failure(error))
            return answer
        }
        var request = HTTPClientRequest(
            method: "POST", target: target.target(timeout: timeout),
            headers: [
                "Host": target.authority, "Content-Type": "application/json", "Accept": "application/json, */*",
                "User-Agent": "kube-apiserver-admission",
            ], body: body.serialized(), timeout: .seconds(timeout))
        request.isRepeatable = true
        if let span { request.headers.set("traceparent", span.traceParent) }
        var isInCluster = false
        if case .service = target.place { isInCluster = true }
        let peer = Peer(host: host, port: port, serverName: target.serverName, caPEM: target.caPEM, isInCluster: isInCluster)
        client(peer).send(request) { result in
            answer.arrived(result.mapError { WebhookFailure(Self.words(for: $0, host: host, port: port)) })
        }
        return answer
    }

    private func client(_ peer: Peer) -> HTTPClient {
        clients.withLock { clients in
            if let kept = clients[peer] {
                clients[peer]?.lastUse = .now
                return kept.client
            }
            if clients.count >= Self.peers, let oldest = clients.min(by: { $0.value.lastUse < $1.value.lastUse }) {
                // Calls under way keep it; it shuts down with the last of them.
                clients[oldest.key] = nil
            }
            let tls = HTTPClientConfiguration.TLS(caPEM: peer.caPEM, serverName: peer.serverName)
            var configuration = HTTPClientConfiguration(host: peer.host, port: peer.port, tls: tls)
            if peer.isInCluster, let dial {
                configuration.dial = { [limit = configuration.connectTimeout] in try await dial(peer.host, peer.port, limit) }
            }
            let client = HTTPClient(configuration)
            clients[peer] = Kept(client: client, lastUse: .now)
            return client
        }
    }

    /// What failed on the way, as Go says it.
    private static func words(for error: any Error, host: String, port: Int) -> String {
        let place: String = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
        return switch error as? HTTPError {
        case .connectionRefused: "dial tcp \(place): connect: connection refused"
        case .unknownHost(let host): "dial tcp: lookup \(host): no such host"
        case .unreachable(_, let reason): "dial tcp \(place): \(reason)"
        case .timedOut: "context deadline exceeded"
        case .handshakeTimedOut: "net/http: TLS handshake timeout"
        case .tls(_, let problem): problem
        case .closed: "EOF"
        case .malformedAnswer: "malformed HTTP response"
        case .configuration(let problem): problem
        case .portInUse, .cannotListen, nil: "\(error)"
        }
    }
}

/// The answer of a webhook that was asked.
final class WebhookAnswer: Sendable {
    private static let sizeLimit = 3 * 1024 * 1024

    private let address: String
    private let result = Mutex<Result<HTTPResponse, WebhookFailure>?>(nil)
    private let arrival = DispatchSemaphore(value: 0)

    init(address: String) { self.address = address }

    func arrived(_ result: Result<HTTPResponse, WebhookFailure>) {
        self.result.withLock { $0 = result }
        arrival.signal()
    }

    /// Blocks until the answer is there or its time is over: the client gives up by itself. Called once.
    func wait() throws(WebhookFailure) -> JSON {
        arrival.wait()
        switch result.withLock({ $0 }) {
        case .success(let response): return try Self.json(response)
        case .failure(let failure): throw WebhookFailure("Post \"\(address)\": \(failure.description)")
        case nil: throw WebhookFailure("Post \"\(address)\": EOF")
        }
    }

    private static func json(_ response: HTTPResponse) throws(WebhookFailure) -> JSON {
        guard response.status == 200 else { throw refusal(response) }
        guard response.body.count <= sizeLimit else { throw WebhookFailure("the answer is larger than \(sizeLimit) bytes") }
        do {
            return try JSON(parsing: response.body)
        } catch {
            throw WebhookFailure("couldn't get version/kind; json parse error: \(error)")
        }
    }

    /// What a status other than 200 says. Source: `NewGenericServerResponse` of k8s.io/apimachinery.
    private static func refusal(_ response: HTTPResponse) -> WebhookFailure {
        let text: String = String(decoding: response.body.prefix(2048), as: UTF8.self)
        let shown: String = text.isEmpty ? "unknown" : text
        return switch response.status {
        case 400: WebhookFailure("the server rejected our request for an unknown reason")
        case 401: WebhookFailure("the server has asked for the client to provide credentials")
        case 403: WebhookFailure(text.isEmpty ? "unknown" : text)
        case 404: WebhookFailure("the server could not find the requested resource")
        case 405: WebhookFailure("the server does not allow this method on the requested resource")
        case 415: WebhookFailure("the body of the request was in an unknown format - accepted media types include: ")
        case 429: WebhookFailure("the server has received too many requests and has asked us to try again later")
        case 503: WebhookFailure("the server is currently unable to handle the request")
        case 504: WebhookFailure("the server was unable to return a response in the time allotted, but may still be processing the request")
        case 500...: WebhookFailure("an error on the server (\(JSON.quoted(shown))) has prevented the request from succeeding")
        default: WebhookFailure("the server responded with the status code \(response.status) but did not return more information")
        }
    }
}
