import Machinery

/// `a && b` and `a || b`: the side that decides makes up for an error on the other.
final class LogicalStep: Step, @unchecked Sendable {
    private let left: Step
    private let right: Step
    /// The value that decides: false for `&&`.
    private let decisive: Bool

    init(_ left: Step, _ right: Step, decisive: Bool) {
        self.left = left
        self.right = right
        self.decisive = decisive
    }

    override func evaluate(_ frame: Frame) throws(EvaluationError) -> Value {
        var failure: EvaluationError?
        var first: Value = .null
        do throws(EvaluationError) {
            first = try left.evaluate(frame)
            if case .bool(let value) = first {
                if value == decisive { return first }
            } else {
                failure = .noOverload(name, [first])
            }
        } catch {
            if error.kind == .tooExpensive { throw error }
            failure = error
        }
        do throws(EvaluationError) {
            let second: Value = try right.evaluate(frame)
            guard case .bool(let value) = second else { throw failure ?? .noOverload(name, [first, second]) }
            if value == decisive { return second }
        } catch {
            if error.kind == .tooExpensive { throw error }
            throw failure ?? error
        }
        if let failure { throw failure }
        return .bool(!decisive)
    }

    private var name: String { decisive ? "_||_" : "_&&_" }
}

final class NotStep: Step, @unchecked Sendable {
    private let operand: Step

    init(_ operand: Step) { self.operand = operand }

    override func evaluate(_ frame: Frame) throws(EvaluationError) -> Value {
        let value: Value = try operand.evaluate(frame)
        try frame.charge(1)
        guard case .bool(let flag) = value else { throw .noOverload("!_", [value]) }
        return .bool(!flag)
    }
}

/// `a ? b : c`
final class ConditionalStep: Step, @unchecked Sendable {
    private let condition: Step
    private let one: Step
    private let other: Step

    init(_ condition: Step, _ one: Step, _ other: Step) {
        self.condition = condition
        self.one = one
        self.other = other
    }

    override func evaluate(_ frame: Frame) throws(EvaluationError) -> Value {
        let value: Value = try condition.evaluate(frame)
        guard case .bool(let flag) = value else { throw .noOverload("_?_:_", [value]) }
        return try flag ? one.evaluate(frame) : other.evaluate(frame)
    }
}

/// `a == b` and `a != b`
final class EqualityStep: Step, @unchecked Sendable {
    private let left: Step
    private let right: Step
    private let isNegated: Bool

    init(_ left: Step, _ right: Step, isNegated: Bool) {
        self.left = left
        self.right = right
        self.isNegated = isNegated
    }

    override func evaluate(_ frame: Frame) throws(EvaluationError) -> Value {
        let one: Value = try left.evaluate(frame)
        let other: Value = try right.evaluate(frame)
        try frame.charge(CallCost.ofComparison(one, other))
        return .bool(Value.isEqual(one, other) != isNegated)
    }
}

/// `<`, `<=`, `>` and `>=`
final class OrderStep: Step, @unchecked Sendable {
    enum Relation: String { case less = "_<_", lessOrEqual = "_<=_", greater = "_>_", greaterOrEqual = "_>=_" }

    private let left: Step
    private let right: Step
    private let relation: Relation

    init(_ left: Step, _ right: Step, _ relation: Relation) {
        self.left = left
        self.right = right
        self.relation = relation
    }

    override func evaluate(_ frame: Frame) throws(EvaluationError) -> Value {
        let one: Value = try left.evaluate(frame)
        let other: Value = try right.evaluate(frame)
        try frame.charge(CallCost.ofComparison(one, other))
        guard let order = Value.order(one, other) else {
            // Nothing is less or greater than NaN.
            if one.isNumber, other.isNumber { return .bool(false) }
            throw .noOverload(relation.rawValue, [one, other])
        }
        switch relation {
        case .less: return .bool(order < 0)
        case .lessOrEqual: return .bool(order <= 0)
        case .greater: return .bool(order > 0)
        case .greaterOrEqual: return .bool(order >= 0)
        }
    }
}

extension Value {
    var isNumber: Bool {
        switch self {
        case .int, .uint, .double: true
        default: false
        }
    }
}

/// `value in list` and `key in map`
final class ContainmentStep: Step, @unchecked Sendable {
    private let element: Step
    private let container: Step
    /// The texts of a constant list of texts.
    private let texts: Set<String>?

    init(_ element: Step, _ container: Step, texts: Set<String>?) {
        self.element = element
        self.container = container
        self.texts = texts
    }

    override func evaluate(_ frame: Frame) throws(EvaluationError) -> Value {
        let one: Value = try element.evaluate(frame)
        let all: Value = try container.evaluate(frame)
        if let list = ListView(all) {
            try frame.charge(UInt64(list.count))
            if let texts, case .string(let text) = one { return .bool(texts.contains(text)) }
            for index in 0..<list.count where Value.isEqual(one, list[index]) { return .bool(true) }
            return .bool(false)
        }
        try frame.charge(1)
        switch all {
        case .map(let map): return .bool(map[one] != nil)
        case .jsonMap:
            guard case .string(let name) = one else { return .bool(false) }
            return .bool(try SelectStep.field(name, of: all, frame) != nil)
        default: throw .noOverload("@in", [one, all])
        }
    }
}
