import Synchronization

/// One hop of a request: from a client through the proxy of a Service to an endpoint.
package struct MeshSpan: Sendable {
    package var trace: String
    package var span: String
    /// Empty for the first hop.
    package var parent: String
    package var client: String
    package var endpoint: String
    package var method: String
    package var path: String
    /// 0 when nothing answered.
    package var status: Int
    package var began: Int64
    package var microseconds: Int64
}

/// The last hops of each Service, in memory.
final class MeshTraces: Sendable {
    /// Of one Service.
    private static let most = 1000
    private let spans = Mutex<[String: [MeshSpan]]>([:])

    func add(_ span: MeshSpan, of service: String) {
        spans.withLock { spans in
            spans[service, default: []].append(span)
            if spans[service, default: []].count > Self.most * 2 { spans[service]?.removeFirst(Self.most) }
        }
    }

    /// The newest last.
    func list(_ service: String) -> [MeshSpan] { spans.withLock { $0[service].map { Array($0.suffix(Self.most)) } ?? [] } }

    func forget(_ service: String) { spans.withLock { $0[service] = nil } }
}
