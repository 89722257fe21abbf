/// An amount of a resource as Kubernetes writes it: `100m`, `1.5Gi`, `2e3`. Exact down to 10⁻⁹.
///
/// Two quantities are equal when they are worth the same, however they were written. Finer fractions than 10⁻⁹ are rounded away
/// from zero, so that who asks for something gets something; amounts beyond 2⁶³-1 are capped, as Kubernetes caps them.
/// Source: the Quantity section of the Kubernetes API conventions.
public struct Quantity: Sendable {
    /// The family of suffixes in which a quantity was written, and in which it is written again.
    public enum Format: Sendable {
        /// `n u m k M G T P E`, powers of 1000.
        case decimalSI
        /// `Ki Mi Gi Ti Pi Ei`, powers of 1024.
        case binarySI
        /// `e3`, `E-6`.
        case decimalExponent
    }

    /// Billionths; at most ``limit`` in magnitude.
    public let nanos: Int128
    public let format: Format

    /// What Kubernetes caps at, 2⁶³-1, in billionths.
    static let cap: Int128 = Int128(Int64.max) * 1_000_000_000
    /// The furthest that short decimal forms reach (`100E` is kept as it is): 10²⁷, in billionths.
    static let limit: Int128 = 1_000_000_000_000_000_000_000_000_000_000_000_000

    public init(nanos: Int128, format: Format) {
        self.nanos = min(max(nanos, -Self.limit), Self.limit)
        self.format = format
    }

    public init(_ value: Int64, _ format: Format = .decimalSI) {
        self.init(nanos: Int128(value) * 1_000_000_000, format: format)
    }

    public init(milli: Int64, _ format: Format = .decimalSI) {
        self.init(nanos: Int128(milli) * 1_000_000, format: format)
    }

    public static let zero = Quantity(0)

    public var isZero: Bool { nanos == 0 }

    /// -1, 0 or 1.
    public var sign: Int { nanos.signum() == 0 ? 0 : (nanos < 0 ? -1 : 1) }

    /// Whole units, rounded away from zero; capped at the ends of 64 bits.
    public var value: Int64 { Self.capped(Self.dividedAwayFromZero(nanos, 1_000_000_000)) }

    /// Thousandths, rounded away from zero; capped at the ends of 64 bits.
    public var milliValue: Int64 { Self.capped(Self.dividedAwayFromZero(nanos, 1_000_000)) }

    /// The nearest floating-point number, in whole units.
    public var double: Double { Double(nanos) / 1e9 }

    /// Rounded away from zero to a multiple of one thousandth: the finest resource amount that pods may ask for.
    public var roundedUpToMilli: Quantity {
        Quantity(nanos: Self.dividedAwayFromZero(nanos, 1_000_000) * 1_000_000, format: format)
    }

    static func dividedAwayFromZero(_ value: Int128, _ divisor: Int128) -> Int128 {
        let (quotient, remainder): (Int128, Int128) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder == 0 ? quotient : quotient + (value < 0 ? -1 : 1)
    }

    private static func capped(_ value: Int128) -> Int64 { Int64(clamping: value) }
}

extension Quantity: Hashable, Comparable {
    public static func == (one: Quantity, other: Quantity) -> Bool { one.nanos == other.nanos }
    public static func < (one: Quantity, other: Quantity) -> Bool { one.nanos < other.nanos }
    public func hash(into hasher: inout Hasher) { hasher.combine(nanos) }
}

extension Quantity {
    /// The sum, in the format of the first; nothing takes the format of what is added.
    public static func + (one: Quantity, other: Quantity) -> Quantity {
        Quantity(nanos: one.nanos + other.nanos, format: one.isZero ? other.format : one.format)
    }

    public static func - (one: Quantity, other: Quantity) -> Quantity {
        Quantity(nanos: one.nanos - other.nanos, format: one.isZero ? other.format : one.format)
    }

    public static prefix func - (one: Quantity) -> Quantity { Quantity(nanos: -one.nanos, format: one.format) }
    public static func += (one: inout Quantity, other: Quantity) { one = one + other }
    public static func -= (one: inout Quantity, other: Quantity) { one = one - other }

    /// Capped at the largest quantity.
    public static func * (one: Quantity, factor: Int64) -> Quantity {
        let (product, overflow): (Int128, Bool) = one.nanos.multipliedReportingOverflow(by: Int128(factor))
        guard overflow else { return Quantity(nanos: product, format: one.format) }
        return Quantity(nanos: (one.nanos < 0) == (factor < 0) ? limit : -limit, format: one.format)
    }
}

extension Quantity: CustomStringConvertible {
    /// The canonical form: no fraction, the largest suffix that allows that. Binary amounts below 1024 or with a fraction are
    /// written in decimal.
    public var description: String {
        guard nanos != 0 else { return "0" }
        if format == .binarySI, abs(nanos) >= 1024 * 1_000_000_000, nanos % 1_000_000_000 == 0 {
            var value: Int128 = nanos / 1_000_000_000
            var step: Int = 0
            while step < 6, value % 1024 == 0 {
                value /= 1024
                step += 1
            }
            return "\(value)\(["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][step])"
        }
        var value: Int128 = nanos
        var exponent: Int = -9
        while value % 1000 == 0, exponent < 18 || format == .decimalExponent {
            value /= 1000
            exponent += 3
        }
        if format == .decimalExponent { return exponent == 0 ? "\(value)" : "\(value)e\(exponent)" }
        return "\(value)\(["n", "u", "m", "", "k", "M", "G", "T", "P", "E"][(exponent + 9) / 3])"
    }
}
