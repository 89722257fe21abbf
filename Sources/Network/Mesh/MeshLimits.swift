import Synchronization

/// Lets so many requests a second through, and as many at once after a silence.
struct MeshLimiter: Sendable {
    private let rate: Double
    private var tokens: Double
    private var last: ContinuousClock.Instant

    init(rate: Int, now: ContinuousClock.Instant) {
        self.rate = Double(rate)
        tokens = Double(rate)
        last = now
    }

    mutating func takes(_ now: ContinuousClock.Instant) -> Bool {
        tokens = min(rate, tokens + rate * (last.duration(to: now) / .seconds(1)))
        last = now
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}

/// Which endpoints are out because they failed so often in a row. An endpoint that comes back is out again with its first failure, until
/// it has answered well once.
struct MeshBreaker<Endpoint: Hashable & Sendable>: Sendable {
    private struct Record: Sendable {
        var failures = 0
        var out: ContinuousClock.Instant?
    }

    private let most: Int
    private let coolDown: Duration
    private var records: [Endpoint: Record] = [:]

    init(most: Int, coolDown: Duration) {
        self.most = most
        self.coolDown = coolDown
    }

    mutating func note(_ endpoint: Endpoint, isGood: Bool, _ now: ContinuousClock.Instant) {
        guard !isGood else {
            records[endpoint] = nil
            return
        }
        var record: Record = records[endpoint] ?? Record()
        record.failures += 1
        if record.failures >= most { record.out = now.advanced(by: coolDown) }
        records[endpoint] = record
    }

    func isOut(_ endpoint: Endpoint, _ now: ContinuousClock.Instant) -> Bool { records[endpoint]?.out.map { $0 > now } ?? false }
}

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

/// The context of a trace as requests carry it: `00-TRACE-PARENT-FLAGS`. Source: W3C Trace Context.
struct TraceContext: Sendable, Equatable {
    let trace: String
    let parent: String
    let flags: String

    /// nil for a field that is none; then a new trace begins.
    init?(_ field: String?) {
        let parts: [Substring] = (field ?? "").split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].utf8.count == 2, parts[0] != "ff", parts[0] != "00" || parts.count == 4,
            Self.isHex(parts[1], 32), Self.isHex(parts[2], 16), parts[3].utf8.count == 2
        else { return nil }
        trace = String(parts[1])
        parent = String(parts[2])
        flags = String(parts[3])
    }

    init() {
        trace = Self.random(2)
        parent = ""
        flags = "01"
    }

    func field(span: String) -> String { "00-\(trace)-\(span)-\(flags)" }

    static func newSpan() -> String { random(1) }

    private static func random(_ words: Int) -> String {
        (0..<words).map { _ in
            let text = String(UInt64.random(in: 1...UInt64.max), radix: 16)
            return String(repeating: "0", count: 16 - text.utf8.count) + text
        }.joined()
    }

    private static func isHex(_ text: Substring, _ count: Int) -> Bool {
        text.utf8.count == count && text.utf8.contains { $0 != 0x30 }
            && text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 || $0 >= 0x61 && $0 <= 0x66 }
    }
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
