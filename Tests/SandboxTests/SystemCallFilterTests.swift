import CSandbox
import Testing

@testable import Sandbox

/// What a filter answers, by a machine that runs its program as the kernel does.
@Suite struct SystemCallFilterTests {
    private static let allowed: UInt32 = 0x7fff_0000

    /// Source: linux/filter.h, for the instructions that filters here have.
    private static func answer(_ filter: SystemCallFilter, _ call: String, _ arguments: [UInt64] = []) -> UInt32 {
        func word(_ at: Int) -> UInt32 { filter.program.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: at, as: UInt32.self) } }
        var accumulator: UInt32 = 0
        var at = 0
        while true {
            let head: UInt32 = word(at * 8)
            let code: UInt32 = head & 0xffff
            let ifTrue = Int((head >> 16) & 0xff)
            let ifFalse = Int(head >> 24)
            let value: UInt32 = word(at * 8 + 4)
            at += 1
            switch code {
            case 0x20:
                let argument: Int = (Int(value) - 16) / 8
                let whole: UInt64 = argument < arguments.count && value >= 16 ? arguments[argument] : 0
                accumulator =
                    switch value {
                    case 0: UInt32(swkube_system_call(call))
                    case 4: swkube_audit_architecture()
                    default: UInt32(truncatingIfNeeded: value % 8 == 0 ? whole : whole >> 32)
                    }
            case 0x54: accumulator &= value
            case 0x05: at += Int(value)
            case 0x15: at += accumulator == value ? ifTrue : ifFalse
            case 0x25: at += accumulator > value ? ifTrue : ifFalse
            case 0x35: at += accumulator >= value ? ifTrue : ifFalse
            case 0x06: return value
            default: return 0xdead
            }
        }
    }

    @Test func `named calls get their action and others the default`() throws {
        let filter = try #require(
            SystemCallFilter(
                default: .fail(errno: 38),
                rules: [.init(calls: ["read", "nonsense"], action: .allow), .init(calls: ["mkdir"], action: .trap)]))
        #expect(Self.answer(filter, "read") == Self.allowed)
        #expect(Self.answer(filter, "mkdir") == 0x0003_0000)
        #expect(Self.answer(filter, "write") == 0x0005_0026)
    }

    private typealias Comparison = SystemCallFilter.Condition.Comparison

    private static let big: UInt64 = 0x5_0000_0007

    /// A comparison with ``big``, numbers for which it holds and such for which it does not.
    private static let comparisons: [(Comparison, [UInt64], [UInt64])] = [
        (Comparison.equal, [0x5_0000_0007], [7, 0x5_0000_0008, 0x5_0000_0000]),
        (Comparison.notEqual, [7, 0x5_0000_0000, 0], [0x5_0000_0007]),
        (Comparison.less, [0, 0x5_0000_0006, 0x4_0000_0009], [0x5_0000_0007, 0x5_0000_0008, 0x6_0000_0000]),
        (Comparison.lessOrEqual, [0, 0x5_0000_0007], [0x5_0000_0008, 0x6_0000_0000]),
        (Comparison.greater, [0x5_0000_0008, 0x6_0000_0000], [0x5_0000_0007, 0, 0x4_0000_0009]),
        (Comparison.greaterOrEqual, [0x5_0000_0007, 0x6_0000_0000], [0x5_0000_0006, 0]),
    ]

    @Test func `arguments are compared as numbers of 64 bits`() throws {
        for (comparison, holds, fails) in Self.comparisons {
            let condition = SystemCallFilter.Condition(argument: 2, comparison: comparison, value: Self.big)
            let rule = SystemCallFilter.Rule(calls: ["socket"], action: .allow, conditions: [condition])
            let filter = try #require(SystemCallFilter(default: .killProcess, rules: [rule]))
            for number in holds { #expect(Self.answer(filter, "socket", [0, 0, number]) == Self.allowed, "\(comparison) \(number)") }
            for number in fails { #expect(Self.answer(filter, "socket", [0, 0, number]) == 0x8000_0000, "\(comparison) \(number)") }
        }
    }

    @Test func `all conditions of a rule hold, or the next rule is asked, and the one without comes last`() throws {
        let masked = SystemCallFilter.Condition(argument: 0, comparison: .maskedEqual, value: 0xff_0000_000f, second: 0x1_0000_0002)
        let second = SystemCallFilter.Condition(argument: 1, comparison: .equal, value: 9)
        let filter = try #require(
            SystemCallFilter(
                default: .allow,
                rules: [
                    .init(calls: ["clone"], action: .fail(errno: 1)),
                    .init(calls: ["clone"], action: .log, conditions: [masked, second]),
                    .init(calls: ["clone"], action: .killThread, conditions: [second]),
                ]))
        #expect(Self.answer(filter, "clone", [0x701_0000_00f2, 9]) == 0x7ffc_0000)
        #expect(Self.answer(filter, "clone", [0, 9]) == 0)
        #expect(Self.answer(filter, "clone", [0x701_0000_00f2, 8]) == 0x0005_0001)
        #expect(Self.answer(filter, "read") == Self.allowed)
    }
}
