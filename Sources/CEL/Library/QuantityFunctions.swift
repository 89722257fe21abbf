import Machinery

/// An amount of a resource in expressions.
struct QuantityValue: OpaqueValue {
    let quantity: Quantity
    /// The power of ten in whose steps it is held; nil for one that is held as a decimal, which is no integer whatever it is worth.
    let scale: Int?

    static let name = "kubernetes.Quantity"
    var typeName: String { Self.name }

    func isEqual(to other: any OpaqueValue) -> Bool { (other as? QuantityValue)?.quantity == quantity }

    init(_ quantity: Quantity, scale: Int?) {
        self.quantity = quantity
        self.scale = scale
    }

    init(_ text: String) throws(QuantityError) { self.init(try Quantity(text), scale: Self.scale(of: text)) }

    init(_ quantity: Quantity) { self.init(quantity, scale: Self.scale(of: quantity.description)) }

    init(_ whole: Int64) { self.init(Quantity(whole), scale: 0) }

    var integer: Int64? {
        guard let scale, scale >= 0 else { return nil }
        return Int64(exactly: quantity.nanos / 1_000_000_000)
    }

    /// - Parameter negated: `other` is taken away.
    func adding(_ other: QuantityValue, negated: Bool = false) -> QuantityValue {
        let sum: Quantity = negated ? quantity - other.quantity : quantity + other.quantity
        guard let scale, let second = other.scale else { return QuantityValue(sum, scale: nil) }
        if quantity.isZero { return QuantityValue(sum, scale: second) }
        if other.quantity.isZero { return self }
        let finer: Int = min(scale, second)
        let isShort: Bool = [quantity, other.quantity, sum].allSatisfy { $0.fits(scale: finer) }
        return QuantityValue(sum, scale: isShort ? finer : nil)
    }

    /// Which texts are held as a whole number and a power of ten. Source: ParseQuantity of k8s.io/apimachinery/pkg/api/resource.
    private static func scale(of text: String) -> Int? {
        let number: Substring = text.drop { "+-".contains($0) }.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let suffix: Substring = text[number.endIndex...]
        let parts: [Substring] = number.split(separator: ".", omittingEmptySubsequences: false)
        let whole: Int = max(parts[0].drop { $0 == "0" }.count, 1)
        let fraction: Int = parts.count > 1 ? parts[1].count : 0
        if let power = ["Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60][suffix] {
            return fraction == 0 && 14 - whole - power * 3 / 10 >= 0 ? 0 : nil
        }
        let powers: [Substring: Int] = ["n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18]
        guard whole + fraction <= 18, let power = powers[suffix] ?? Int(suffix.dropFirst()) else { return nil }
        return power - fraction >= -9 ? power - fraction : nil
    }
}

extension Quantity {
    /// Whether it is a whole number of 64 bits in steps of a power of ten.
    fileprivate func fits(scale: Int) -> Bool {
        var steps: Int128 = nanos
        for _ in 0..<max(scale + 9, 0) {
            guard steps % 10 == 0 else { return false }
            steps /= 10
        }
        return Int64(exactly: steps) != nil
    }
}

/// Source: k8s.io/apiserver/pkg/cel/library/quantity.go.
enum QuantityFunctions {
    static let all: [Overload] = [
        .one("quantity(string) -> kubernetes.Quantity", .text(1)) { value throws(EvaluationError) in
            guard case .string(let text) = value else { return nil }
            do throws(QuantityError) { return .object(try QuantityValue(text)) } catch {
                throw EvaluationError(error.description)
            }
        },
        .one("isQuantity(string) -> bool", .text(1)) { value in
            guard case .string(let text) = value else { return nil }
            return .bool((try? Quantity(text)) != nil)
        },
        .one("<kubernetes.Quantity>sign() -> int") { of($0).map { .int(Int64($0.quantity.sign)) } },
        .one("<kubernetes.Quantity>isInteger() -> bool") { of($0).map { .bool($0.integer != nil) } },
        .one("<kubernetes.Quantity>asInteger() -> int") { value throws(EvaluationError) in
            guard let quantity = of(value) else { return nil }
            guard let number = quantity.integer else { throw EvaluationError("cannot convert value to integer") }
            return .int(number)
        },
        .one("<kubernetes.Quantity>asApproximateFloat() -> double") { of($0).map { .double($0.quantity.double) } },
        .two("<kubernetes.Quantity>isGreaterThan(kubernetes.Quantity) -> bool") { two($0, $1) { .bool($0.quantity > $1.quantity) } },
        .two("<kubernetes.Quantity>isLessThan(kubernetes.Quantity) -> bool") { two($0, $1) { .bool($0.quantity < $1.quantity) } },
        .two("<kubernetes.Quantity>compareTo(kubernetes.Quantity) -> int") {
            two($0, $1) { .int($0.quantity < $1.quantity ? -1 : $0.quantity > $1.quantity ? 1 : 0) }
        },
        .two("<kubernetes.Quantity>add(kubernetes.Quantity) -> kubernetes.Quantity") {
            two($0, $1) { .object($0.adding($1)) }
        },
        .two("<kubernetes.Quantity>add(int) -> kubernetes.Quantity") { value, number in
            guard let quantity = of(value), case .int(let whole) = number else { return nil }
            return .object(quantity.adding(QuantityValue(whole)))
        },
        .two("<kubernetes.Quantity>sub(kubernetes.Quantity) -> kubernetes.Quantity") {
            two($0, $1) { .object($0.adding($1, negated: true)) }
        },
        .two("<kubernetes.Quantity>sub(int) -> kubernetes.Quantity") { value, number in
            guard let quantity = of(value), case .int(let whole) = number else { return nil }
            return .object(quantity.adding(QuantityValue(whole), negated: true))
        },
    ]

    private static func of(_ value: Value) -> QuantityValue? {
        if case .object(let object) = value { object as? QuantityValue } else { nil }
    }

    private static func two(_ one: Value, _ other: Value, _ body: (QuantityValue, QuantityValue) -> Value) -> Value? {
        guard let one = of(one), let other = of(other) else { return nil }
        return body(one, other)
    }
}
