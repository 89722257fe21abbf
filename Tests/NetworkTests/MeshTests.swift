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

    @Test func `retries are read, and what is not understood is said`() {
        let short: MeshSettings.Retries? = MeshSettings(["swkube.dev/retries": "2"]).retries
        #expect(short == MeshSettings.Retries(attempts: 2) && short?.codes == [502, 503, 504])
        let long: MeshSettings.Retries? = MeshSettings(["swkube.dev/retries": "attempts=3,on=500/503,backoff=1s,budget=10%"]).retries
        #expect(long == MeshSettings.Retries(attempts: 3, codes: [500, 503], backoff: .seconds(1), budget: 10))
        #expect([1, 2, 3, 60].map { long?.wait(after: $0) } == [.seconds(1), .seconds(2), .seconds(4), .seconds(10)])
        for bad in ["", "0", "many", "on=503", "2,on=200", "2,budget=10", "2,often"] {
            let settings = MeshSettings(["swkube.dev/retries": bad])
            #expect(settings.retries == nil && settings.problems.count == 1, "\(bad)")
        }
    }

    @Test func `a share of the requests may be sent again, and some in any case`() {
        let start: ContinuousClock.Instant = .now
        func taken(_ percent: Int, after time: Duration = .zero) -> Int {
            var budget = MeshBudget(percent: percent, now: start)
            for _ in 0..<1000 { budget.note(start) }
            return (0..<300).count { _ in budget.takes(start.advanced(by: time)) }
        }
        #expect(taken(20) == 200)
        #expect(taken(20, after: .seconds(5)) == 100)
        #expect(taken(5) == 100)
        #expect(taken(0) == 0)
    }

    @Test func `a Service is told what its proxy does not keep`() {
        func unkept(_ spec: JSON) -> String? { MeshSettings.unkept(by: View<Service>(["spec": spec])) }
        #expect(unkept(["sessionAffinity": "None", "internalTrafficPolicy": "Cluster"]) == nil)
        let text: String? = unkept(["sessionAffinity": "ClientIP", "trafficDistribution": "PreferSameNode"])
        #expect(text?.hasPrefix("sessionAffinity, trafficDistribution: not kept") == true)
    }

    @Test func `collectors are Services or places of the host`() {
        #expect(MeshCollector("http://otel.monitoring:4318")?.path == "/v1/traces")
        #expect(MeshCollector("http://otel.monitoring:4318")?.service == ObjectKey(namespace: "monitoring", name: "otel"))
        #expect(MeshCollector("https://otel.a.svc.cluster.local/own")?.service == ObjectKey(namespace: "a", name: "otel"))
        #expect(MeshCollector("http://127.0.0.1:4318")?.service == nil)
        #expect(MeshCollector("otel:4318") == nil && MeshCollector("http://") == nil)
    }

    @Test func `hops are sent as spans, by their Service`() {
        let span = MeshSpan(
            trace: "0af7651916cd43dd8448eb211c80319c", span: "b7ad6b7169203331", parent: "", client: "10.244.0.2",
            endpoint: "10.244.0.3:80", method: "GET", path: "/hop", status: 503, began: 1_000_000, microseconds: 250)
        let body: JSON = MeshExporter.export([("default/web", span.traced)]).json
        let sent: JSON? = body["resourceSpans"]?.array?.first?["scopeSpans"]?.array?.first?["spans"]?.array?.first
        #expect(sent?["startTimeUnixNano"] == "1000000000" && sent?["endTimeUnixNano"] == "1000250000")
        #expect(sent?["traceId"] == "0af7651916cd43dd8448eb211c80319c" && sent?["parentSpanId"] == nil && sent?[["status", "code"]] == 2)
    }
}
