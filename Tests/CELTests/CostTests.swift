import CEL
import Machinery
import Testing

/// Costs, at the worst and in truth. The outside source is cel-go with Kubernetes' estimator.
@Suite struct CostTests {
    private static func list(_ element: Declaration, _ most: UInt64) -> Declaration { Declaration(.list(element), maxElements: most) }
    private static func text(_ most: UInt64) -> Declaration { Declaration(.plain(.string), maxElements: most) }

    private func estimate(_ source: String, _ declaration: Declaration) throws -> UInt64 {
        try Program(source, in: Environment([Environment.Variable("self", declaration)])).estimatedCost
    }

    @Test func `an estimate counts the worst case of a declaration`() throws {
        let strings: Declaration = Self.list(Self.text(40), 10)
        #expect(try estimate("self.all(x, x == 'a')", strings) == 1 + 1 + 10 * (3 + 1 + 1))
        #expect(try estimate("self.all(x, self.all(y, x == y))", strings) == 2 + 10 * (3 + 2 + 10 * (3 + 2 + 4)))
        #expect(try estimate("self.contains('abc')", Self.text(1000)) == 1 + 100)
        #expect(try estimate("self.matches('^a+$')", Self.text(1000)) == 1 + 101)
        #expect(try estimate("self.size() > 3", strings) == 3)
        #expect(try estimate("1 in self.map(x, 1)", strings) > 10)
    }

    /// Source: the costs in github.com/google/cel-go/ext/lists_test.go.
    @Test func `lists that are made of lists cost by what is done for each element`() throws {
        let strings: Declaration = Self.list(Self.text(40), 10)
        #expect(try estimate("self.reverse() == []", strings) == 1 + 10 + 11 + 10 + 0)
        #expect(try estimate("self.slice(2, 5).size() > 0", strings) == 1 + 3 + 11 + 1 + 1)
        #expect(try estimate("self.distinct().size() > 0", strings) == 1 + 200 + 11 + 1 + 1)
        #expect(try estimate("self.sort().size() > 0", strings) == 1 + 210 + 11 + 1 + 1)
        #expect(try estimate("lists.range(20).size() > 0", strings) == 20 + 11 + 1 + 1)
        #expect(outcome("lists.range(1000).sort().size()") == "error: operation cancelled: actual cost limit exceeded")
    }

    @Test func `sizes without end make costs without end`() throws {
        let endless: Declaration = Self.list(Self.list(Self.list(.string, 1_000_000), 1_000_000), 1_000_000)
        #expect(try estimate("self.all(a, a.all(b, b.all(c, c.contains(c))))", endless) == .max)
    }

    @Test func `an expression that costs too much is stopped`() {
        let numbers: JSON = .array((0..<2000).map { .int($0) })
        let declaration: Declaration = Self.list(.int, 2000)
        #expect(
            outcome("self.all(x, self.all(y, x + y >= 0))", [("self", declaration, numbers)])
                == "error: operation cancelled: actual cost limit exceeded")
        #expect(outcome("self.all(x, x >= 0)", [("self", declaration, numbers)]) == "true")
    }

    @Test func `what ran is told with its cost`() throws {
        let program = try Program("self.all(x, x > 0)", in: Environment([Environment.Variable("self", Self.list(.int, 10))]))
        let outcome: Program.Outcome = program.evaluate([Value([1, 2, 3], Self.list(.int, 10))])
        #expect(outcome.bool == true)
        #expect(outcome.cost == 1 + 3 * (3 + 2) + 1)
        #expect(program.uses == [0])
    }
}
