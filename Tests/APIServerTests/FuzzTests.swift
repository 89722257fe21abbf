import API
import APIServer
import Glibc
import HTTP
import Machinery
import TestSupport
import Testing

/// Throws damaged requests at a real server: whatever comes, it answers, and never with 500.
///
/// Half a minute by default, and as many requests as make it worth while on a machine that is busy with other things;
/// `SWKUBE_FUZZ_SECONDS=600 SWKUBE_FUZZ_SEED=7 swift test --filter FuzzTests` runs longer and elsewhere.
@Suite struct FuzzTests {
    @Test func `no request makes the server fail`() async throws {
        let seconds: Int = Self.number("SWKUBE_FUZZ_SECONDS") ?? 30
        let seed: Int = Self.number("SWKUBE_FUZZ_SEED") ?? 1
        let server = try await TestServer()
        try await server.define()
        let types: [ResourceType] = Registry.types + Self.custom(server)
        let end: ContinuousClock.Instant = .now + .seconds(seconds)
        try await TestFront.with(server) { front in
            try await withThrowingTaskGroup { group in
                for lane in 0..<4 {
                    group.addTask {
                        var fuzz = RequestFuzz(seed: UInt64(seed * 1000 + lane), types: types)
                        var count = 0
                        while ContinuousClock.now < end || count < Self.least {
                            let request: RequestFuzz.Request = fuzz.next()
                            do {
                                let (status, body): (Int, [UInt8]) = try await Self.answer(to: request, front)
                                #expect(status != 500 || Self.isUpstreams(body), "\(String(decoding: body, as: UTF8.self)) to \(request)")
                            } catch {
                                Issue.record("\(error): \(request)")
                            }
                            count += 1
                        }
                        return count
                    }
                }
                var total = 0
                for try await count in group { total += count }
                print("fuzzed \(total) requests")
            }
            // It still serves.
            #expect(try await front.send("GET", Place.namespaces).status == 200)
        }
    }

    /// What each of the lanes sends whatever the time.
    private static let least = 250

    /// The custom resource that is there, as often as it takes to be hit now and then among the others.
    private static func custom(_ server: TestServer) -> [ResourceType] {
        let resource = GroupVersionResource(group: "stable.example.com", version: "v1", resource: "crontabs")
        return server.server.type(of: resource).map { Array(repeating: $0, count: 5) } ?? []
    }

    /// Upstream answers 500 too where an apply does not fit the schema, to a new object with a resourceVersion, and where no node has logs.
    private static func isUpstreams(_ body: [UInt8]) -> Bool {
        let texts = ["resourceVersion should not be set", "no node to read logs from", "more than one PodDisruptionBudget"]
        return body.firstRange(of: Array("InternalError".utf8)) == nil || texts.contains { body.firstRange(of: Array($0.utf8)) != nil }
    }

    private static func answer(to request: RequestFuzz.Request, _ front: TestFront) async throws -> (Int, [UInt8]) {
        let sent = HTTPClientRequest(
            method: request.method, target: request.target, headers: request.headers, body: request.body, timeout: .seconds(60))
        // A watch has no end: its head is enough.
        guard !request.isWatch else { return (try await front.client.stream(sent).status, []) }
        let response: HTTPResponse = try await front.client.send(sent)
        return (response.status, response.body)
    }

    private static func number(_ name: String) -> Int? { getenv(name).flatMap { Int(String(cString: $0)) } }
}
