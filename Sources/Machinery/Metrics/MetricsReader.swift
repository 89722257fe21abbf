/// Reads what ``MetricsText`` and other programs write: Prometheus' text form, version 0.0.4.
package enum MetricsReader {
    package struct Sample: Sendable, Hashable {
        /// With the suffix of a histogram's part: `_bucket`, `_sum`, `_count`.
        package let name: String
        package let labels: [String: String]
        package let value: Double
    }

    /// A line that is none, by its number from 1.
    package struct Problem: Error, Hashable, CustomStringConvertible {
        package let line: Int
        package let text: String

        package var description: String { "line \(line) is no sample: \(text)" }
    }

    /// Throws ``Problem``.
    package static func samples(_ text: String) throws(Problem) -> [Sample] {
        var samples: [Sample] = []
        for (i, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard let first = line.utf8.first, first != UInt8(ascii: "#") else { continue }
            guard let sample = sample(line) else { throw Problem(line: i + 1, text: String(line.prefix(100))) }
            samples.append(sample)
        }
        return samples
    }

    private static func sample(_ line: Substring) -> Sample? {
        guard let end = line.firstIndex(where: { $0 == "{" || $0 == " " }), end > line.startIndex else { return nil }
        var rest: Substring = line[end...]
        var labels: [String: String] = [:]
        if rest.first == "{" {
            guard let read = self.labels(&rest) else { return nil }
            labels = read
        }
        // A time may follow the value.
        guard let number = rest.split(separator: " ").first, let value = value(number) else { return nil }
        return Sample(name: String(line[..<end]), labels: labels, value: value)
    }

    private static func value(_ text: Substring) -> Double? {
        switch text {
        case "+Inf": .infinity
        case "-Inf": -.infinity
        default: Double(text)
        }
    }

    /// Takes `{name="value",…}` off the front.
    private static func labels(_ rest: inout Substring) -> [String: String]? {
        var labels: [String: String] = [:]
        rest.removeFirst()
        while let next = rest.first {
            if next == "}" {
                rest.removeFirst()
                return labels
            }
            if next == "," { rest.removeFirst() }
            guard let equals = rest.firstIndex(of: "=") else { return nil }
            let name = String(rest[..<equals])
            rest = rest[rest.index(after: equals)...]
            guard rest.popFirst() == "\"" else { return nil }
            var value = ""
            while let character = rest.popFirst(), character != "\"" {
                guard character == "\\" else {
                    value.append(character)
                    continue
                }
                guard let escaped = rest.popFirst() else { return nil }
                value.append(escaped == "n" ? "\n" : escaped)
            }
            labels[name] = value
        }
        return nil
    }
}
