import Testing

@testable import Machinery

/// The text form is Prometheus': https://prometheus.io/docs/instrumenting/exposition_formats.
struct MetricsTests {
    @Test func `counters, gauges and histograms are told in the order of their names`() {
        let metrics = Metrics()
        metrics.counter("requests_total", "Requests.", [MetricLabel("verb", "GET")]).add(2)
        metrics.counter("requests_total", "Requests.", [MetricLabel("verb", "GET")]).add()
        metrics.counter("requests_total", "Requests.", [MetricLabel("verb", "a\"b\\c\nd")]).add()
        metrics.gauge("depth", "How many\nwait.").set(-4)
        let seconds: Metrics.Histogram = metrics.histogram("seconds", "Time.", bounds: [0.005, 1, 60])
        seconds.observe(.milliseconds(5))
        seconds.observe(0.5)
        seconds.observe(.seconds(61))
        metrics.collect { $0.sample("asked", .gauge, "Made when read.", [], 0.25) }
        #expect(
            String(decoding: metrics.text, as: UTF8.self) == """
                # HELP asked Made when read.
                # TYPE asked gauge
                asked 0.25
                # HELP depth How many\\nwait.
                # TYPE depth gauge
                depth -4
                # HELP requests_total Requests.
                # TYPE requests_total counter
                requests_total{verb="GET"} 3
                requests_total{verb="a\\"b\\\\c\\nd"} 1
                # HELP seconds Time.
                # TYPE seconds histogram
                seconds_bucket{le="0.005"} 1
                seconds_bucket{le="1"} 2
                seconds_bucket{le="60"} 2
                seconds_bucket{le="+Inf"} 3
                seconds_sum 61.505
                seconds_count 3

                """)
    }

    @Test func `many threads lose no count`() async {
        let metrics = Metrics()
        let counter: Metrics.Counter = metrics.counter("n", "")
        let histogram: Metrics.Histogram = metrics.histogram("h", "", bounds: [1])
        await withDiscardingTaskGroup { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<10_000 {
                        counter.add()
                        histogram.observe(0.5)
                    }
                }
            }
        }
        #expect(counter.value == 40_000)
        #expect(histogram.count == 40_000)
    }
}

extension MetricsTests {
    @Test func `what was written is read back`() throws {
        let metrics = Metrics()
        metrics.counter("n_total", "", [MetricLabel("a", "x\"y\\z\nw"), MetricLabel("b", "{},=")]).add(7)
        metrics.histogram("h", "", bounds: [0.25]).observe(2)
        let samples = try MetricsReader.samples(String(decoding: metrics.text, as: UTF8.self))
        #expect(samples.map(\.name) == ["h_bucket", "h_bucket", "h_sum", "h_count", "n_total"])
        #expect(samples.map(\.value) == [0, 1, 2, 1, 7])
        #expect(samples.last?.labels == ["a": "x\"y\\z\nw", "b": "{},="])
        #expect(throws: MetricsReader.Problem(line: 2, text: "nonsense")) { try MetricsReader.samples("a 1\nnonsense\n") }
    }
}
