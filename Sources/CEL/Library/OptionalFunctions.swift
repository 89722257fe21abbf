/// `optional.of(x)` and what can be done with it. Source: the extension for optionals of cel-go.
enum OptionalFunctions {
    static let all: [Overload] = [
        .one("optional.of(T) -> optional(T)") { .held($0) },
        .many("optional.none() -> optional(T)") { _ in .noValue },
        .one("optional.ofNonZeroValue(T) -> optional(T)") { $0.isZero ? .noValue : .held($0) },
        .one("<optional(T)>hasValue() -> bool") { value in
            guard case .optional(let held) = value else { return nil }
            if case .some = held { return .bool(true) }
            return .bool(false)
        },
        .one("<optional(T)>value() -> T") { value throws(EvaluationError) in
            guard case .optional(let held) = value else { return nil }
            guard case .some(let inner) = held else { throw EvaluationError("optional.none() dereference") }
            return inner
        },
        .two("<optional(T)>or(optional(T)) -> optional(T)") { value, other in
            guard case .optional(let held) = value, case .optional = other else { return nil }
            if case .some = held { return value }
            return other
        },
        .two("<optional(T)>orValue(T) -> T") { value, other in
            guard case .optional(let held) = value else { return nil }
            if case .some(let inner) = held { return inner }
            return other
        },
    ]
}

extension Value {
    /// What a field is worth that was never set.
    var isZero: Bool {
        switch self {
        case .null: true
        case .bool(let value): !value
        case .int(let value): value == 0
        case .uint(let value): value == 0
        case .double(let value): value == 0
        case .duration(let value): value == 0
        case .optional(.none): true
        case .object(let object): (object as? ConstructedValue)?.fields.isEmpty ?? false
        default: size == 0
        }
    }
}
