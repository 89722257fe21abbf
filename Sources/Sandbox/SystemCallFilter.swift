import CSandbox
import Glibc

/// Which system calls a program may make, and what happens at the others.
///
/// Of several rules for a call the first one whose conditions all hold decides; those without conditions come after the others. A call that
/// no rule names gets the default. Source: seccomp(2), libseccomp's seccomp_rule_add(3).
package struct SystemCallFilter: Sendable, Equatable {
    package enum Action: Sendable, Equatable {
        case allow, log, killThread, killProcess, trap
        case fail(errno: Int)
        case trace(Int)

        /// Source: linux/seccomp.h.
        fileprivate var value: UInt32 {
            switch self {
            case .allow: 0x7fff_0000
            case .log: 0x7ffc_0000
            case .trace(let message): 0x7ff0_0000 | UInt32(message & 0xffff)
            case .fail(let errno): 0x0005_0000 | UInt32(errno & 0xffff)
            case .trap: 0x0003_0000
            case .killThread: 0
            case .killProcess: 0x8000_0000
            }
        }
    }

    /// What an argument is held against, as a number of 64 bits.
    package struct Condition: Sendable, Equatable {
        package enum Comparison: Sendable { case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, maskedEqual }

        /// From 0 to 5.
        package let argument: Int
        package let comparison: Comparison
        /// For ``Comparison/maskedEqual`` the mask.
        package let value: UInt64
        /// What the masked argument must be.
        package let second: UInt64

        package init(argument: Int, comparison: Comparison, value: UInt64, second: UInt64 = 0) {
            self.argument = argument
            self.comparison = comparison
            self.value = value
            self.second = second
        }
    }

    package struct Rule: Sendable, Equatable {
        package let calls: [String]
        package let action: Action
        /// All of them must hold; none always does.
        package let conditions: [Condition]

        package init(calls: [String], action: Action, conditions: [Condition] = []) {
            self.calls = calls
            self.action = action
            self.conditions = conditions
        }
    }

    /// Instructions as the kernel takes them, 8 bytes each.
    package let program: [UInt8]
    /// Of `SECCOMP_SET_MODE_FILTER`.
    package let flags: Int

    /// Longest program that the kernel takes. Source: BPF_MAXINSNS.
    private static let limit = 4096

    /// Names that this architecture does not know are left out. nil for more rules than the kernel takes.
    package init?(default action: Action, rules: [Rule], flags: Int = 0) {
        var code = FilterCode()
        code.begin(architecture: swkube_audit_architecture())
        var order: [Int32] = []
        var byCall: [Int32: [Rule]] = [:]
        for rule in rules {
            for name in rule.calls {
                let number: Int32 = swkube_system_call(name)
                guard number >= 0 else { continue }
                if byCall[number] == nil { order.append(number) }
                byCall[number, default: []].append(rule)
            }
        }
        for number in order {
            let all: [Rule] = byCall[number] ?? []
            code.add(
                call: UInt32(number), conditional: all.filter { !$0.conditions.isEmpty }.map { ($0.conditions, $0.action.value) },
                otherwise: (all.first { $0.conditions.isEmpty }?.action ?? action).value)
        }
        code.answer(action.value)
        guard code.instructions.count <= Self.limit else { return nil }
        program = code.instructions.flatMap(\.bytes)
        self.flags = flags
    }
}

/// A program for the kernel's filter under construction. Source: linux/filter.h.
private struct FilterCode {
    struct Instruction {
        let code: UInt16
        var ifTrue: UInt8 = 0
        var ifFalse: UInt8 = 0
        let value: UInt32

        var bytes: [UInt8] {
            var bytes: [UInt8] = []
            withUnsafeBytes(of: code) { bytes += $0 }
            bytes += [ifTrue, ifFalse]
            withUnsafeBytes(of: value) { bytes += $0 }
            return bytes
        }
    }

    private enum Code {
        static let load: UInt16 = 0x20
        static let and: UInt16 = 0x54
        static let jump: UInt16 = 0x05
        static let equal: UInt16 = 0x15
        static let greater: UInt16 = 0x25
        static let greaterOrEqual: UInt16 = 0x35
        static let answer: UInt16 = 0x06
    }

    /// Where the kernel lays out a call: `struct seccomp_data`.
    private enum Place {
        static let call: UInt32 = 0
        static let architecture: UInt32 = 4
        static func low(_ argument: Int) -> UInt32 { UInt32(16 + 8 * argument) }
        static func high(_ argument: Int) -> UInt32 { low(argument) + 4 }
    }

    private(set) var instructions: [Instruction] = []

    mutating func answer(_ value: UInt32) { instructions.append(Instruction(code: Code.answer, value: value)) }

    /// Numbers of another architecture mean other calls.
    mutating func begin(architecture: UInt32) {
        instructions.append(Instruction(code: Code.load, value: Place.architecture))
        instructions.append(Instruction(code: Code.equal, ifTrue: 1, value: architecture))
        answer(0x8000_0000)
        instructions.append(Instruction(code: Code.load, value: Place.call))
        #if arch(x86_64)
            // The x32 ones.
            instructions.append(Instruction(code: Code.greaterOrEqual, ifFalse: 1, value: 0x4000_0000))
            answer(0x0005_0000 | UInt32(ENOSYS))
        #endif
    }

    /// What happens at one call; the number is still loaded behind it.
    mutating func add(call: UInt32, conditional: [([SystemCallFilter.Condition], UInt32)], otherwise: UInt32) {
        guard !conditional.isEmpty else {
            instructions.append(Instruction(code: Code.equal, ifFalse: 1, value: call))
            return answer(otherwise)
        }
        var block = FilterCode()
        for (conditions, action) in conditional {
            let tests: [Instruction] = Self.tests(conditions)
            block.instructions += tests
            block.answer(action)
        }
        block.answer(otherwise)
        instructions.append(Instruction(code: Code.equal, ifTrue: 1, value: call))
        instructions.append(Instruction(code: Code.jump, value: UInt32(block.instructions.count)))
        instructions += block.instructions
    }

    /// Goes on behind them when all hold, and one further when one does not. A condition takes 6 instructions at most, so every jump is short.
    private static func tests(_ conditions: [SystemCallFilter.Condition]) -> [Instruction] {
        var result: [Instruction] = []
        for condition in conditions.reversed() {
            // From the end of this condition: past the rest of the conditions and the answer.
            let fail = UInt8(result.count + 1)
            result = test(condition, fail) + result
        }
        return result
    }

    /// - Parameter fail: how many instructions lie between the end of the test and the place for its failure.
    private static func test(_ condition: SystemCallFilter.Condition, _ fail: UInt8) -> [Instruction] {
        let (low, high): (UInt32, UInt32) = (Place.low(condition.argument), Place.high(condition.argument))
        func half(_ number: UInt64) -> (high: UInt32, low: UInt32) { (UInt32(number >> 32), UInt32(truncatingIfNeeded: number)) }
        let value = half(condition.value)
        func load(_ place: UInt32) -> Instruction { Instruction(code: Code.load, value: place) }
        func compare(_ code: UInt16, _ value: UInt32, _ ifTrue: UInt8, _ ifFalse: UInt8) -> Instruction {
            Instruction(code: code, ifTrue: ifTrue, ifFalse: ifFalse, value: value)
        }
        switch condition.comparison {
        case .equal:
            return [load(high), compare(Code.equal, value.high, 0, fail + 2), load(low), compare(Code.equal, value.low, 0, fail)]
        case .notEqual:
            return [load(high), compare(Code.equal, value.high, 0, 2), load(low), compare(Code.equal, value.low, fail, 0)]
        case .maskedEqual:
            let second = half(condition.second)
            return [
                load(high), Instruction(code: Code.and, value: value.high), compare(Code.equal, second.high, 0, fail + 3),
                load(low), Instruction(code: Code.and, value: value.low), compare(Code.equal, second.low, 0, fail),
            ]
        case .greater, .greaterOrEqual:
            let last: UInt16 = condition.comparison == .greater ? Code.greater : Code.greaterOrEqual
            return [
                load(high), compare(Code.greater, value.high, 3, 0), compare(Code.equal, value.high, 0, fail + 2), load(low),
                compare(last, value.low, 0, fail),
            ]
        case .less, .lessOrEqual:
            let last: UInt16 = condition.comparison == .less ? Code.greaterOrEqual : Code.greater
            return [
                load(high), compare(Code.greater, value.high, fail + 3, 0), compare(Code.equal, value.high, 0, 2), load(low),
                compare(last, value.low, fail, 0),
            ]
        }
    }
}
