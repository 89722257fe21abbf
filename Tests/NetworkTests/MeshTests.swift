import API
import Machinery
import Testing

@testable import Network

/// Limits, circuits and trace contexts, without a network.
@Suite struct MeshTests {
    @Test func `so many requests a second pass, and no more`() {
        let start: ContinuousClock.Instant = .now
        var limiter = MeshLimiter(rate: 10, now: start)
        func taken(_ count: Int, after milliseconds: Int) -> Int {
            (0..<count).count { _ in limiter.takes(start.advanced(by: .milliseconds(milliseconds))) }
        }
        #expect(taken(11, after: 0) == 10)
        #expect(taken(1, after: 101) == 1)
        #expect(taken(1, after: 102) == 0)
        #expect(taken(11, after: 60_000) == 10)
    }

    @Test func `an endpoint that failed so often in a row is out for a while`() {
        let start: ContinuousClock.Instant = .now
        var breaker = MeshBreaker<String>(most: 3, coolDown: .seconds(10))
        for isGood in [false, false, true, false, false] { breaker.note("a", isGood: isGood, start) }
        #expect(!breaker.isOut("a", start))
        breaker.note("a", isGood: false, start)
        #expect(breaker.isOut("a", start) && !breaker.isOut("b", start))
        let later: ContinuousClock.Instant = start.advanced(by: .seconds(11))
        #expect(!breaker.isOut("a", later))
        breaker.note("a", isGood: false, later)
        #expect(breaker.isOut("a", later))
    }

    @Test(arguments: [
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true), ("", false),
        ("00-00000000000000000000000000000000-b7ad6b7169203331-01", false),
        ("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false),
        ("00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x", false),
        ("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x", true),
    ])
    func `a trace context is taken as the recommendation writes it`(text: String, isGood: Bool) {
        #expect((TraceContext(text) != nil) == isGood)
    }

    @Test func `annotations are read, and what is not understood is said`() {
        let good = MeshSettings([
            "swkube.dev/rate-limit": "10", "swkube.dev/circuit-breaker": "5xx=3,cooldown=10s", "swkube.dev/timeout": "2s",
        ])
        #expect(
            good.rateLimit == 10 && good.errors == 3 && good.coolDown == .seconds(10) && good.timeout == .seconds(2)
                && good.problems.isEmpty)
        #expect(!MeshSettings([:]).isWanted)
        let bad = MeshSettings(["swkube.dev/rate-limit": "many", "swkube.dev/circuit-breaker": "4xx=3"])
        #expect(!bad.isWanted && bad.problems.count == 2)
    }
}
