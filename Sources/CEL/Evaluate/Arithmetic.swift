import Machinery

/// The operators on numbers, times, texts and lists. Numbers never wrap around.
enum Arithmetic: String {
    case add = "_+_"
    case subtract = "_-_"
    case multiply = "_*_"
    case divide = "_/_"
    case modulo = "_%_"

    /// Most elements of a list that is put together of two.
    private static let listLimit = 2_000_000

    static let intOverflow = EvaluationError("integer overflow")
    static let uintOverflow = EvaluationError("unsigned integer overflow")
    static let durationOverflow = EvaluationError("duration overflow")
    static let timestampOverflow = EvaluationError("timestamp overflow")

    func apply(_ one: Value, _ other: Value) throws(EvaluationError) -> Value {
        switch (one, other) {
        case (.int(let one), .int(let other)): return .int(try whole(one, other, Self.intOverflow))
        case (.uint(let one), .uint(let other)): return .uint(try whole(one, other, Self.uintOverflow))
        case (.double(let one), .double(let other)):
            switch self {
            case .add: return .double(one + other)
            case .subtract: return .double(one - other)
            case .multiply: return .double(one * other)
            case .divide: return .double(one / other)
            case .modulo: break
            }
        case (.string(let one), .string(let other)) where self == .add: return .string(one + other)
        case (.bytes(let one), .bytes(let other)) where self == .add: return .bytes(one + other)
        case (.timestamp(let seconds, let rest), .duration(let span)) where self == .add:
            return try Self.timestamp(seconds, rest, plus: span)
        case (.duration(let span), .timestamp(let seconds, let rest)) where self == .add:
            return try Self.timestamp(seconds, rest, plus: span)
        case (.timestamp(let seconds, let rest), .duration(let span)) where self == .subtract:
            guard span != .min else { throw Self.durationOverflow }
            return try Self.timestamp(seconds, rest, plus: -span)
        case (.timestamp(let one, let first), .timestamp(let other, let second)) where self == .subtract:
            let span: Int128 = Int128(one - other) * 1_000_000_000 + Int128(first - second)
            guard let nanoseconds = Int64(exactly: span) else { throw Self.durationOverflow }
            return .duration(nanoseconds)
        case (.duration(let one), .duration(let other)) where self == .add || self == .subtract:
            return .duration(try whole(one, other, Self.durationOverflow))
        default:
            if self == .add, let one = ListView(one), let other = ListView(other) {
                guard one.count + other.count <= Self.listLimit else { throw .tooExpensive }
                return .list(one.values + other.values)
            }
        }
        throw .noOverload(rawValue, [one, other])
    }

    private func whole<T: FixedWidthInteger>(_ one: T, _ other: T, _ overflow: EvaluationError) throws(EvaluationError) -> T {
        let (value, overflows): (T, Bool)
        switch self {
        case .add: (value, overflows) = one.addingReportingOverflow(other)
        case .subtract: (value, overflows) = one.subtractingReportingOverflow(other)
        case .multiply: (value, overflows) = one.multipliedReportingOverflow(by: other)
        case .divide:
            guard other != 0 else { throw EvaluationError("division by zero") }
            (value, overflows) = one.dividedReportingOverflow(by: other)
        case .modulo:
            guard other != 0 else { throw EvaluationError("modulus by zero") }
            (value, overflows) = one.remainderReportingOverflow(dividingBy: other)
        }
        if overflows { throw overflow }
        return value
    }

    static func timestamp(_ seconds: Int64, _ rest: Int32, plus span: Int64) throws(EvaluationError) -> Value {
        let total: Int128 = Int128(seconds) * 1_000_000_000 + Int128(rest) + Int128(span)
        let (quotient, remainder): (Int128, Int128) = total.quotientAndRemainder(dividingBy: 1_000_000_000)
        let floored: Int128 = remainder < 0 ? quotient - 1 : quotient
        guard let whole = Int64(exactly: floored), TimestampText.range.contains(whole) else { throw timestampOverflow }
        return .timestamp(whole, Int32(total - floored * 1_000_000_000))
    }
}
