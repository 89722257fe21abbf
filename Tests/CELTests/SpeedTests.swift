import CEL
import FoundationEssentials
import Machinery
import Testing

/// How long rules take, against the floor: the same question asked of the tree by hand. The goal is 3 µs for a typical rule in a release
/// build; `SWKUBE_BENCH=1 swift test -c release --filter SpeedTests` prints the figures.
@Suite struct SpeedTests {
    private static let rules: [String] = [
        "self.replicas <= 5",
        "self.name.startsWith('web') && self.replicas > 0",
        "!has(self.labels.env) || self.labels.env in ['prod', 'test']",
        "self.items.all(i, i.key.size() > 0)",
        "self.items.exists(i, i.key == 'y') && self.items.map(i, i.key).isSorted()",
        "self.name.matches('^[a-z][a-z0-9-]*$')",
        "self.since < timestamp('2030-01-01T00:00:00Z') && self.wait >= duration('1m')",
    ]

    /// Of the best of so many batches: what else the machine does is not told.
    private static func microseconds(_ batches: Int, _ body: () -> Bool) -> Double {
        let clock = ContinuousClock()
        let times: [Duration] = (0..<batches).map { _ in
            clock.measure {
                for _ in 0..<500 where !body() { Issue.record("a rule does not hold") }
            }
        }
        return (times.min() ?? .zero).inSeconds * 1e6 / 500
    }

    @Test func `a typical rule takes a few microseconds`() throws {
        let isBench: Bool = ProcessInfo.processInfo.environment["SWKUBE_BENCH"] != nil
        let batches: Int = isBench ? 400 : 1
        let environment = Environment([Environment.Variable("self", JSONTests.spec)])
        let object: JSON = JSONTests.object
        let floor: Double = Self.microseconds(batches) {
            object["name"]?.string?.hasPrefix("web") == true && object["replicas"]?.int ?? 0 > 0
        }
        var lines: [String] = ["floor, by hand".padded(90) + String(Int(floor * 1000)) + " ns"]
        for rule in Self.rules {
            let program = try Program(rule, in: environment)
            let taken: Double = Self.microseconds(batches) { program.evaluate([Value(object, JSONTests.spec)]).bool == true }
            lines.append(rule.padded(90) + String(Int(taken * 1000)) + " ns")
            #if !DEBUG
                if isBench { #expect(taken < 3, "\(rule)") }
            #endif
        }
        if isBench { print(lines.joined(separator: "\n")) }
    }
}

extension String {
    fileprivate func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}
