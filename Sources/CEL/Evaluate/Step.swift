import Machinery

/// A part of a program. Subclasses never change after they are made.
class Step: @unchecked Sendable {
    func evaluate(_ frame: Frame) throws(EvaluationError) -> Value { fatalError("abstract") }
}

final class ConstantStep: Step, @unchecked Sendable {
    let value: Value

    init(_ value: Value) { self.value = value }

    override func evaluate(_ frame: Frame) throws(EvaluationError) -> Value { value }
}

final class InputStep: Step, @unchecked Sendable {
    private let index: Int

    init(_ index: Int) { self.index = index }

    override func evaluate(_ frame: Frame) throws(EvaluationError) -> Value {
        try frame.charge(1)
        return frame.inputs[index]
    }
}

final class LocalStep: Step, @unchecked Sendable {
    private let slot: Int

    init(_ slot: Int) { self.slot = slot }

    override func evaluate(_ frame: Frame) throws(EvaluationError) -> Value {
        try frame.charge(1)
        return frame.locals[slot]
    }
}

/// `operand.field`, and `operand.?field`
final class SelectStep: Step, @unchecked Sendable {
    private let operand: Step
    private let name: String
    private let isOptional: Bool
    /// The declaration that the checker saw, and the field's place in it.
    private let expected: Declaration?
    private let member: Declaration.Member?

    init(_ operand: Step, _ name: String, isOptional: Bool, _ type: ValueType) {
        self.operand = operand
        self.name = name
        self.isOptional = isOptional
        if case .object(let declaration) = type {
            expected = declaration
            member = declaration.member(name)
        } else {
            expected = nil
            member = nil
        }
    }

    override func evaluate(_ frame: Frame) throws(EvaluationError) -> Value {
        let value: Value = try operand.evaluate(frame)
        try frame.charge(1)
        if case .jsonMap(let object, let declaration) = value, !isOptional, let expected, declaration === expected, let member {
            guard let json = frame.member(member.property, of: object) else { throw .noKey(.string(name)) }
            return Value(json, member.declaration)
        }
        return try other(value, frame)
    }

    private func other(_ value: Value, _ frame: Frame) throws(EvaluationError) -> Value {
        switch value {
        case .optional(.none): return .noValue
        case .optional(.some(let inner)): return try Self.field(name, of: inner, frame).map { Value.held($0) } ?? .noValue
        default: break
        }
        let found: Value? = try Self.field(name, of: value, frame)
        if isOptional { return found.map { Value.held($0) } ?? .noValue }
        guard let found else { throw .noKey(.string(name)) }
        return found
    }

    /// nil where there is none.
    static func field(_ name: String, of value: Value, _ frame: Frame) throws(EvaluationError) -> Value? {
        switch value {
        case .jsonMap(let object, let declaration):
            switch declaration.form {
            case .map(let inner): return frame.member(name, of: object).map { Value($0, inner) }
            case .object: return Value.member(name, of: object, declaration)
            default: return frame.member(name, of: object).map { Value($0, .dyn) }
            }
        case .map(let map): return map[.string(name)]
        case .object(let object):
            guard let fielded = object as? any FieldedValue else { throw .noOverload("select", [value]) }
            return try fielded.field(name, frame)
        default: throw .noOverload("select", [value])
        }
    }
}

/// `has(operand.field)`
final class PresenceStep: Step, @unchecked Sendable {
    private let operand: Step
    private let name: String

    init(_ operand: Step, _ name: String) {
        self.operand = operand
        self.name = name
    }

    override func evaluate(_ frame: Frame) throws(EvaluationError) -> Value {
        let value: Value = try operand.evaluate(frame)
        switch value {
        case .optional(.none): return .bool(false)
        case .optional(.some(let inner)): return .bool(try Self.has(name, inner, frame))
        default: return .bool(try Self.has(name, value, frame))
        }
    }

    private static func has(_ name: String, _ value: Value, _ frame: Frame) throws(EvaluationError) -> Bool {
        try SelectStep.field(name, of: value, frame) != nil
    }
}

/// `operand[index]`, and `operand[?index]`
final class IndexStep: Step, @unchecked Sendable {
    private let operand: Step
    private let index: Step
    private let isOptional: Bool

    init(_ operand: Step, _ index: Step, isOptional: Bool) {
        self.operand = operand
        self.index = index
        self.isOptional = isOptional
    }

    override func evaluate(_ frame: Frame) throws(EvaluationError) -> Value {
        let value: Value = try operand.evaluate(frame)
        let key: Value = try index.evaluate(frame)
        try frame.charge(1)
        switch value {
        case .optional(.none): return .noValue
        case .optional(.some(let inner)): return try Self.element(key, of: inner, frame).map { Value.held($0) } ?? .noValue
        default: break
        }
        let found: Value? = try Self.element(key, of: value, frame)
        if isOptional { return found.map { Value.held($0) } ?? .noValue }
        if let found { return found }
        throw ListView(value) == nil ? .noKey(key) : EvaluationError("index out of bounds: \(key.plainText)")
    }

    private static func element(_ key: Value, of value: Value, _ frame: Frame) throws(EvaluationError) -> Value? {
        if let list = ListView(value) {
            let place: Int?
            switch key {
            case .int(let number): place = Int(exactly: number)
            case .uint(let number): place = Int(exactly: number)
            case .double(let number): place = Int(exactly: number)
            default: throw EvaluationError("unsupported index type '\(key.typeName)' in list")
            }
            guard let place else { throw EvaluationError("unsupported index value \(key.plainText) in list") }
            return place >= 0 && place < list.count ? list[place] : nil
        }
        switch value {
        case .map(let map): return map[key]
        case .jsonMap:
            guard case .string(let name) = key else { return nil }
            return try SelectStep.field(name, of: value, frame)
        default: throw .noOverload("_[_]", [value, key])
        }
    }
}

final class ListStep: Step, @unchecked Sendable {
    private let elements: [(step: Step, isOptional: Bool)]

    init(_ elements: [(step: Step, isOptional: Bool)]) { self.elements = elements }

    override func evaluate(_ frame: Frame) throws(EvaluationError) -> Value {
        var values: [Value] = []
        values.reserveCapacity(elements.count)
        for (step, isOptional) in elements {
            let value: Value = try step.evaluate(frame)
            guard isOptional else {
                values.append(value)
                continue
            }
            guard case .optional(let held) = value else { throw .noOverload("[?]", [value]) }
            if case .some(let inner) = held { values.append(inner) }
        }
        try frame.charge(10)
        return .list(values)
    }
}

final class MapStep: Step, @unchecked Sendable {
    private let entries: [(key: Step, value: Step, isOptional: Bool)]

    init(_ entries: [(key: Step, value: Step, isOptional: Bool)]) { self.entries = entries }

    override func evaluate(_ frame: Frame) throws(EvaluationError) -> Value {
        var builder = MapBuilder()
        for (keyStep, valueStep, isOptional) in entries {
            let key: Value = try keyStep.evaluate(frame)
            let value: Value = try valueStep.evaluate(frame)
            if isOptional {
                guard case .optional(let held) = value else { throw .noOverload("{?}", [value]) }
                guard case .some(let inner) = held else { continue }
                try builder.insert(key, inner)
            } else {
                try builder.insert(key, value)
            }
        }
        try frame.charge(30)
        return builder.value
    }
}

/// `Name{field: value}`
final class ObjectStep: Step, @unchecked Sendable {
    private let name: String
    private let fields: [(field: String, step: Step, isOptional: Bool)]

    init(_ name: String, _ fields: [(field: String, step: Step, isOptional: Bool)]) {
        self.name = name
        self.fields = fields
    }

    override func evaluate(_ frame: Frame) throws(EvaluationError) -> Value {
        var values: [(String, Value)] = []
        for (field, step, isOptional) in fields {
            let value: Value = try step.evaluate(frame)
            if isOptional {
                guard case .optional(let held) = value else { throw .noOverload("{?}", [value]) }
                if case .some(let inner) = held { values.append((field, inner)) }
            } else {
                values.append((field, value))
            }
        }
        try frame.charge(40)
        return .object(ConstructedValue(typeName: name, fields: values))
    }
}

/// A body in which a name stands for a value.
final class BindStep: Step, @unchecked Sendable {
    private let slot: Int
    private let value: Step
    private let body: Step

    init(_ slot: Int, _ value: Step, _ body: Step) {
        self.slot = slot
        self.value = value
        self.body = body
    }

    override func evaluate(_ frame: Frame) throws(EvaluationError) -> Value {
        frame.locals[slot] = try value.evaluate(frame)
        return try body.evaluate(frame)
    }
}
