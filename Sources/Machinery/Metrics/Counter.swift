import Synchronization

extension Metrics {
    /// A number that only rises. Adding to it is one atomic addition.
    package final class Counter: Metric {
        private let count = Atomic<Int>(0)

        package init() {}

        package func add(_ n: Int = 1) { count.wrappingAdd(n, ordering: .relaxed) }

        package var value: Int { count.load(ordering: .relaxed) }

        package func write(_ labels: [MetricLabel], to samples: inout MetricsText.Samples) {
            samples.add(labels, Double(value))
        }
    }

    /// A whole number that rises and falls, such as the length of a queue.
    package final class Gauge: Metric {
        private let level = Atomic<Int>(0)

        package init() {}

        /// Adds, or takes away where `n` is negative.
        package func add(_ n: Int = 1) { level.wrappingAdd(n, ordering: .relaxed) }

        package func set(_ value: Int) { level.store(value, ordering: .relaxed) }

        package var value: Int { level.load(ordering: .relaxed) }

        package func write(_ labels: [MetricLabel], to samples: inout MetricsText.Samples) {
            samples.add(labels, Double(value))
        }
    }
}
