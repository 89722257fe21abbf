import Synchronization

/// What one process counts and measures, and how it tells it: in Prometheus' text form, version 0.0.4.
///
/// The composition root makes one and gives it to all parts. A part asks once for its ``Counter``, ``Gauge`` or ``Histogram``, keeps it
/// and touches it as often as it likes: that costs an atomic addition. What is not counted but looked up comes through
/// ``collect(_:)``, which is called when somebody reads.
///
/// Names, labels and help follow upstream's, so that dashboards made for Kubernetes fit.
package final class Metrics: Sendable {
    private struct Family {
        let kind: MetricKind
        let help: String
        /// In the order in which they were asked for.
        var members: [(labels: [MetricLabel], metric: any Metric)] = []
    }

    private struct State {
        var families: [String: Family] = [:]
        var sources: [@Sendable (inout MetricsText) -> Void] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// The counter of this name with these labels: the same one for whoever asks again.
    package func counter(_ name: String, _ help: String, _ labels: [MetricLabel] = []) -> Counter {
        member(name, .counter, help, labels) { Counter() }
    }

    /// The gauge of this name with these labels: the same one for whoever asks again.
    package func gauge(_ name: String, _ help: String, _ labels: [MetricLabel] = []) -> Gauge {
        member(name, .gauge, help, labels) { Gauge() }
    }

    /// The histogram of this name with these labels: the same one for whoever asks again.
    ///
    /// - Parameter bounds: upper bounds of the buckets, rising; one more takes what is over the last.
    package func histogram(_ name: String, _ help: String, _ labels: [MetricLabel] = [], bounds: [Double]) -> Histogram {
        member(name, .histogram, help, labels) { Histogram(bounds: bounds) }
    }

    /// Calls `source` whenever the metrics are read: it writes what it looks up at that moment.
    package func collect(_ source: @escaping @Sendable (inout MetricsText) -> Void) {
        state.withLock { $0.sources.append(source) }
    }

    /// Everything, in the order of names.
    package var text: [UInt8] {
        let (families, sources) = state.withLock { ($0.families, $0.sources) }
        var text = MetricsText()
        for (name, family) in families {
            text.family(name, family.kind, family.help) { samples in
                for (labels, metric) in family.members { metric.write(labels, to: &samples) }
            }
        }
        for source in sources { source(&text) }
        return text.bytes
    }

    private func member<M: Metric>(
        _ name: String, _ kind: MetricKind, _ help: String, _ labels: [MetricLabel], make: () -> M
    ) -> M {
        state.withLock { state in
            var family: Family = state.families[name] ?? Family(kind: kind, help: help)
            precondition(family.kind == kind, "\(name) is a \(family.kind.rawValue) already")
            if let known = family.members.first(where: { $0.labels == labels })?.metric as? M { return known }
            let made: M = make()
            family.members.append((labels, made))
            state.families[name] = family
            return made
        }
    }
}

/// A label of a metric and its value.
package struct MetricLabel: Hashable, Sendable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// What a metric is to who reads it.
package enum MetricKind: String, Sendable { case counter, gauge, histogram }

/// Something that can be told as samples.
package protocol Metric: AnyObject, Sendable {
    func write(_ labels: [MetricLabel], to samples: inout MetricsText.Samples)
}
