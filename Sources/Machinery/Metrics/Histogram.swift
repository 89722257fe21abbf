import Synchronization

/// How often values fell into each of some ranges, and their sum. An observation is three atomic additions at most.
///
/// Values are kept in billionths: of a duration the nanoseconds.
/// Invariant: `buckets` is memory of this object alone and its elements are atomic, which is what makes the class `Sendable`.
package final class Histogram: Metric, @unchecked Sendable {
    /// Upper bounds of the buckets, rising.
    package let bounds: [Double]
    private let limits: [Int]
    /// One for each bound, and one for what is over the last. Owned; never moves.
    private let buckets: UnsafeMutableBufferPointer<Atomic<Int>>
    private let sum = Atomic<Int>(0)

    package init(bounds: [Double]) {
        self.bounds = bounds
        limits = bounds.map { Int(($0 * 1e9).rounded()) }
        buckets = .allocate(capacity: bounds.count + 1)
        for i in 0...bounds.count { buckets.initializeElement(at: i, to: Atomic<Int>(0)) }
    }

    deinit {
        buckets.deinitialize()
        buckets.deallocate()
    }

    package func observe(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        observe(billionths: Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000))
    }

    package func observe(_ value: Double) { observe(billionths: Int((value * 1e9).rounded())) }

    /// Of a duration: its nanoseconds.
    package func observe(billionths value: Int) {
        var i = 0
        while i < limits.count, value > limits[i] { i += 1 }
        buckets[i].wrappingAdd(1, ordering: .relaxed)
        sum.wrappingAdd(value, ordering: .relaxed)
    }

    /// How many values were observed.
    package var count: Int {
        var total = 0
        for i in 0..<buckets.count { total += buckets[i].load(ordering: .relaxed) }
        return total
    }

    package func write(_ labels: [MetricLabel], to samples: inout MetricsText.Samples) {
        var counts: [Int] = []
        for i in 0..<buckets.count { counts.append(buckets[i].load(ordering: .relaxed)) }
        samples.addHistogram(labels, bounds: bounds, counts: counts, sum: Double(sum.load(ordering: .relaxed)) / 1e9)
    }
}

extension Histogram {
    /// Bounds that each are `factor` times the one before.
    package static func exponential(from first: Double, factor: Double, count: Int) -> [Double] {
        var bounds: [Double] = []
        var bound: Double = first
        for _ in 0..<count {
            bounds.append(bound)
            bound *= factor
        }
        return bounds
    }
}
