import Machinery

/// A call of a function of the libraries.
final class CallStep: Step, @unchecked Sendable {
    private let name: String
    private let overloads: [Overload]
    private let arguments: [Step]

    init(_ name: String, _ overloads: [Overload], _ arguments: [Step]) {
        self.name = name
        self.overloads = overloads
        self.arguments = arguments
    }

    override func evaluate(_ frame: Frame) throws(EvaluationError) -> Value {
        if overloads.count == 1, arguments.count < 3 {
            let overload: Overload = overloads[0]
            if arguments.count == 2, case .two(let body) = overload.body {
                let one: Value = try arguments[0].evaluate(frame)
                let other: Value = try arguments[1].evaluate(frame)
                if case .one = overload.cost { try frame.charge(1) } else { try frame.charge(overload.cost.before([one, other])) }
                guard let value = try body(one, other) else { throw .noOverload(name, [one, other]) }
                if overload.cost.dependsOnResult { try frame.charge(overload.cost.after(value)) }
                return value
            }
            if arguments.count == 1, case .one(let body) = overload.body {
                let one: Value = try arguments[0].evaluate(frame)
                if case .one = overload.cost { try frame.charge(1) } else { try frame.charge(overload.cost.before([one])) }
                guard let value = try body(one) else { throw .noOverload(name, [one]) }
                if overload.cost.dependsOnResult { try frame.charge(overload.cost.after(value)) }
                return value
            }
        }
        var values: [Value] = []
        values.reserveCapacity(arguments.count)
        for argument in arguments { values.append(try argument.evaluate(frame)) }
        for overload in overloads where overload.takes(values) {
            try frame.charge(overload.cost.before(values))
            guard let value = try overload.run(values) else { continue }
            if overload.cost.dependsOnResult { try frame.charge(overload.cost.after(value)) }
            return value
        }
        throw .noOverload(name, values)
    }
}

extension Overload {
    /// Whether values are of the types that the signature names, as far as it can be told without looking into them.
    func takes(_ values: [Value]) -> Bool {
        values.count == parameters.count && zip(values, parameters).allSatisfy { $0.isOf($1) }
    }
}

extension Value {
    func isOf(_ type: ValueType) -> Bool {
        switch (type, self) {
        case (.dyn, _), (.parameter, _), (.error, _): true
        case (.null, .null), (.bool, .bool), (.int, .int), (.uint, .uint), (.double, .double), (.string, .string), (.bytes, .bytes),
            (.timestamp, .timestamp), (.duration, .duration), (.type, .type), (.list, .list), (.list, .jsonList), (.map, .map),
            (.map, .jsonMap), (.object, .jsonMap), (.optional, .optional):
            true
        case (.opaque(let name), .object(let object)): object.typeName == name
        case (.object, .object): true
        default: false
        }
    }
}

/// `text.matches('pattern')` with a pattern that is known.
final class PatternStep: Step, @unchecked Sendable {
    private let operand: Step
    private let pattern: RegularExpression
    private let cost: Double

    init(_ operand: Step, _ pattern: RegularExpression) {
        self.operand = operand
        self.pattern = pattern
        cost = (Double(pattern.pattern.utf8.count) * 0.25).rounded(.up)
    }

    override func evaluate(_ frame: Frame) throws(EvaluationError) -> Value {
        let value: Value = try operand.evaluate(frame)
        guard case .string(let text) = value else { throw .noOverload("matches", [value, .string(pattern.pattern)]) }
        try frame.charge(UInt64(((Double(text.utf8.count) + 1) * 0.1).rounded(.up) * cost))
        return .bool(pattern.matches(text))
    }
}

/// `text.matches(pattern)`
final class MatchStep: Step, @unchecked Sendable {
    private let operand: Step
    private let pattern: Step

    init(_ operand: Step, _ pattern: Step) {
        self.operand = operand
        self.pattern = pattern
    }

    override func evaluate(_ frame: Frame) throws(EvaluationError) -> Value {
        let one: Value = try operand.evaluate(frame)
        let other: Value = try pattern.evaluate(frame)
        guard case .string(let text) = one, case .string(let source) = other else { throw .noOverload("matches", [one, other]) }
        try frame.charge(CallCost.matches.before([one, other]))
        return .bool(try frame.pattern(source).matches(text))
    }
}

/// `+`, `-`, `*`, `/`, `%`
final class ArithmeticStep: Step, @unchecked Sendable {
    private let left: Step
    private let right: Step
    private let operation: Arithmetic

    init(_ left: Step, _ right: Step, _ operation: Arithmetic) {
        self.left = left
        self.right = right
        self.operation = operation
    }

    override func evaluate(_ frame: Frame) throws(EvaluationError) -> Value {
        let one: Value = try left.evaluate(frame)
        let other: Value = try right.evaluate(frame)
        if operation == .add {
            switch (one, other) {
            case (.string, .string), (.bytes, .bytes): try frame.charge(CallCost.traversal(one.costSize + other.costSize))
            case (.list, _), (.jsonList, _):
                // Costs one in upstream, where the lists stay apart; here they are copied, at a hundredth of one for each element.
                try frame.charge(1 + (one.costSize + other.costSize) / 100)
            default: try frame.charge(1)
            }
        } else {
            try frame.charge(1)
        }
        return try operation.apply(one, other)
    }
}
