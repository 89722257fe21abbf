/// Metrics as Prometheus reads them: for each name its help, its type, and a line for each sample.
///
/// Source: https://prometheus.io/docs/instrumenting/exposition_formats (text format 0.0.4).
package struct MetricsText: Sendable {
    package static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    /// The part of each name, head and samples.
    private var families: [String: (head: String, samples: String)] = [:]

    package init() {}

    /// Adds samples of one name. What several add to one name stands together, under the words of the first.
    package mutating func family(_ name: String, _ kind: MetricKind, _ help: String, _ fill: (inout Samples) -> Void) {
        var samples = Samples(name: name)
        fill(&samples)
        let head: String = "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
        families[name, default: (head, "")].samples += samples.text
    }

    /// Adds one sample under a name of its own.
    package mutating func sample(_ name: String, _ kind: MetricKind, _ help: String, _ labels: [MetricLabel] = [], _ value: Double) {
        family(name, kind, help) { $0.add(labels, value) }
    }

    /// UTF-8, names in order; names without samples are left out.
    package var bytes: [UInt8] {
        var all: [UInt8] = []
        for (_, part) in families.sorted(by: { $0.key < $1.key }) where !part.samples.isEmpty {
            all += part.head.utf8
            all += part.samples.utf8
        }
        return all
    }

    /// The samples of one name.
    package struct Samples {
        let name: String
        private(set) var text = ""

        init(name: String) { self.name = name }

        package mutating func add(_ labels: [MetricLabel], _ value: Double) { line("", labels, value) }

        /// - Parameter counts: of each bucket alone, one more than there are bounds.
        package mutating func addHistogram(_ labels: [MetricLabel], bounds: [Double], counts: [Int], sum: Double) {
            var total = 0
            for (i, count) in counts.enumerated() {
                total += count
                let bound: String = i < bounds.count ? MetricsText.number(bounds[i]) : "+Inf"
                line("_bucket", labels + [MetricLabel("le", bound)], Double(total))
            }
            line("_sum", labels, sum)
            line("_count", labels, Double(total))
        }

        private mutating func line(_ suffix: String, _ labels: [MetricLabel], _ value: Double) {
            text += name
            text += suffix
            if !labels.isEmpty {
                text += "{"
                for (i, label) in labels.enumerated() {
                    if i > 0 { text += "," }
                    text += label.name
                    text += "=\""
                    text += MetricsText.escaped(label.value, quotes: true)
                    text += "\""
                }
                text += "}"
            }
            text += " "
            text += MetricsText.number(value)
            text += "\n"
        }
    }

    /// Whole numbers without a fraction, others as short as they can be read back.
    static func number(_ value: Double) -> String {
        if value == .infinity { return "+Inf" }
        if value == -.infinity { return "-Inf" }
        if value.isNaN { return "NaN" }
        return value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : "\(value)"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        guard text.utf8.contains(where: { $0 == 0x5C || $0 == 0x0A || (quotes && $0 == 0x22) }) else { return text }
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
