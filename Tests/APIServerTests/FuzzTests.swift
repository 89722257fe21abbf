import API
import Glibc
import HTTP
import Machinery
import TestSupport
import Testing

/// Throws damaged requests at a real server: whatever comes, it answers, and never with 500.
///
/// A short run by default; `SWKUBE_FUZZ_SECONDS=600 SWKUBE_FUZZ_SEED=7 swift test --filter FuzzTests` runs longer and elsewhere.
@Suite struct FuzzTests {
    @Test func `no request makes the server fail`() async throws {
        let seconds: Int = Self.number("SWKUBE_FUZZ_SECONDS") ?? 4
        let seed: Int = Self.number("SWKUBE_FUZZ_SEED") ?? 1
        let end: ContinuousClock.Instant = .now + .seconds(seconds)
        try await TestFront.with(try await TestServer()) { front in
            try await withThrowingTaskGroup { group in
                for lane in 0..<4 {
                    group.addTask {
                        var fuzz = RequestFuzz(seed: UInt64(seed * 1000 + lane))
                        var count = 0
                        while ContinuousClock.now < end {
                            let request: RequestFuzz.Request = fuzz.next()
                            do {
                                let (status, body): (Int, [UInt8]) = try await Self.answer(to: request, front)
                                #expect(status != 500 || Self.isUpstreams(body), "\(String(decoding: body, as: UTF8.self)) to \(request)")
                            } catch HTTPError.closed {
                                // A watch that was let go of took its connection along, with the request that had just been put on it.
                                continue
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
