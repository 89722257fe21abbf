import Machinery

/// An amount of a resource in expressions.
struct QuantityValue: OpaqueValue {
    let quantity: Quantity

    static let name = "kubernetes.Quantity"
    var typeName: String { Self.name }

    func isEqual(to other: any OpaqueValue) -> Bool { (other as? QuantityValue)?.quantity == quantity }
}

/// Source: k8s.io/apiserver/pkg/cel/library/quantity.go.
enum QuantityFunctions {
    static let all: [Overload] = [
        .one("quantity(string) -> kubernetes.Quantity", .text(1)) { value throws(EvaluationError) in
            guard case .string(let text) = value else { return nil }
            do throws(QuantityError) { return .object(QuantityValue(quantity: try Quantity(text))) } catch {
                throw EvaluationError(error.description)
            }
        },
        .one("isQuantity(string) -> bool", .text(1)) { value in
            guard case .string(let text) = value else { return nil }
            return .bool((try? Quantity(text)) != nil)
        },
        .one("<kubernetes.Quantity>sign() -> int") { of($0).map { .int(Int64($0.sign)) } },
        .one("<kubernetes.Quantity>isInteger() -> bool") { of($0).map { .bool(whole($0) != nil) } },
        .one("<kubernetes.Quantity>asInteger() -> int") { value throws(EvaluationError) in
            guard let quantity = of(value) else { return nil }
            guard let number = whole(quantity) else { throw EvaluationError("cannot convert value to integer") }
            return .int(number)
        },
        .one("<kubernetes.Quantity>asApproximateFloat() -> double") { of($0).map { .double($0.double) } },
        .two("<kubernetes.Quantity>isGreaterThan(kubernetes.Quantity) -> bool") { two($0, $1) { .bool($0 > $1) } },
        .two("<kubernetes.Quantity>isLessThan(kubernetes.Quantity) -> bool") { two($0, $1) { .bool($0 < $1) } },
        .two("<kubernetes.Quantity>compareTo(kubernetes.Quantity) -> int") { two($0, $1) { .int($0 < $1 ? -1 : $0 > $1 ? 1 : 0) } },
        .two("<kubernetes.Quantity>add(kubernetes.Quantity) -> kubernetes.Quantity") {
            two($0, $1) { .object(QuantityValue(quantity: $0 + $1)) }
        },
        .two("<kubernetes.Quantity>add(int) -> kubernetes.Quantity") { value, number in
            guard let quantity = of(value), case .int(let whole) = number else { return nil }
            return .object(QuantityValue(quantity: quantity + Quantity(whole)))
        },
        .two("<kubernetes.Quantity>sub(kubernetes.Quantity) -> kubernetes.Quantity") {
            two($0, $1) { .object(QuantityValue(quantity: $0 - $1)) }
        },
        .two("<kubernetes.Quantity>sub(int) -> kubernetes.Quantity") { value, number in
            guard let quantity = of(value), case .int(let whole) = number else { return nil }
            return .object(QuantityValue(quantity: quantity - Quantity(whole)))
        },
    ]

    private static func of(_ value: Value) -> Quantity? {
        if case .object(let object) = value { (object as? QuantityValue)?.quantity } else { nil }
    }

    private static func two(_ one: Value, _ other: Value, _ body: (Quantity, Quantity) -> Value) -> Value? {
        guard let one = of(one), let other = of(other) else { return nil }
        return body(one, other)
    }

    private static func whole(_ quantity: Quantity) -> Int64? {
        quantity.nanos % 1_000_000_000 == 0 ? Int64(exactly: quantity.nanos / 1_000_000_000) : nil
    }
}
