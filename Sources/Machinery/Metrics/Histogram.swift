import Synchronization

extension Metrics {
    /// How often values fell into each of some ranges, and their sum. An observation is three atomic additions at most.
    ///
    /// Values are summed in whole steps, of which there are so many to one: a billion as a rule, which of a second is the nanosecond.
    /// Invariant: `buckets` is memory of this object alone and its elements are atomic, which is what makes the class `Sendable`.
    package final class Histogram: Metric, @unchecked Sendable {
        /// Upper bounds of the buckets, rising.
        package let bounds: [Double]
        private let steps: Int
        private let limits: [Int]
        /// One for each bound, and one for what is over the last. Owned; never moves.
        private let buckets: UnsafeMutableBufferPointer<Atomic<Int>>
        private let sum = Atomic<Int>(0)

        /// - Parameter steps: how finely values are told apart; 1 for what is counted in whole numbers.
        package init(bounds: [Double], steps: Int = 1_000_000_000) {
            self.bounds = bounds
            self.steps = steps
            limits = bounds.map { Int(($0 * Double(steps)).rounded()) }
            buckets = .allocate(capacity: bounds.count + 1)
            for i in 0...bounds.count { buckets.initializeElement(at: i, to: Atomic<Int>(0)) }
        }

        deinit {
            buckets.deinitialize()
            buckets.deallocate()
        }

        /// Of a histogram in seconds and nanoseconds.
        package func observe(_ duration: Duration) {
            let (seconds, attoseconds) = duration.components
            observe(steps: Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000))
        }

        package func observe(_ value: Double) { observe(steps: Int((value * Double(steps)).rounded())) }

        package func observe(steps value: Int) {
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
            samples.addHistogram(labels, bounds: bounds, counts: counts, sum: Double(sum.load(ordering: .relaxed)) / Double(steps))
        }
    }
}

extension Metrics.Histogram {
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
