import HTTP
import Synchronization

/// Clients of the backends that were asked last, with their connections.
final class ProxyClients: Sendable {
    private struct Kept {
        let client: HTTPClient
        var lastUse: ContinuousClock.Instant
    }

    private static let most = 16
    private let dial: Dial?
    private let kept = Mutex<[ProxyBackend: Kept]>([:])

    init(dial: Dial?) { self.dial = dial }

    /// The client of a backend. A pod is reached within its own network, wherever the API server's process is.
    func client(of backend: ProxyBackend, _ node: (any NodeDoor)?) -> HTTPClient {
        kept.withLock { kept in
            if let known = kept[backend] {
                kept[backend]?.lastUse = .now
                return known.client
            }
            if kept.count >= Self.most, let oldest = kept.min(by: { $0.value.lastUse < $1.value.lastUse })?.key { kept[oldest] = nil }
            // As upstream: what a pod shows as its certificate is not looked at.
            var configuration = HTTPClientConfiguration(
                host: backend.host, port: backend.port, tls: backend.isTLS ? .init(insecureSkipVerify: true) : nil)
            if let pod = backend.pod, let node {
                configuration.dial = { try await node.socket(to: backend.port, of: pod) }
            } else if let dial {
                let limit: Duration = configuration.connectTimeout
                configuration.dial = { try await dial(backend.host, backend.port, limit) }
            }
            let client = HTTPClient(configuration)
            kept[backend] = Kept(client: client, lastUse: .now)
            return client
        }
    }
}
