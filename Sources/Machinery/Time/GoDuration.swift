/// Durations in the form that Go programs read and print: `1h30m`, `1.5s`, `300ms`.
public enum GoDuration {
    /// Reads a signed sequence of decimal numbers with units: `ns us µs ms s m h`. Plain `0` is allowed.
    public static func parse(_ text: String) throws(TimeError) -> Duration {
        var rest: Substring.UTF8View = Substring(text).utf8
        let isNegative: Bool = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        if rest.elementsEqual("0".utf8) { return .zero }
        guard !rest.isEmpty else { throw invalid(text) }
        var total: Int128 = 0
        while !rest.isEmpty {
            let whole: Substring.UTF8View = rest.prefix(while: isDigit)
            rest = rest[whole.endIndex...]
            var fraction: Substring.UTF8View = rest.prefix(0)
            if rest.first == UInt8(ascii: ".") {
                rest = rest.dropFirst()
                fraction = rest.prefix(while: isDigit)
                rest = rest[fraction.endIndex...]
            }
            guard !whole.isEmpty || !fraction.isEmpty else { throw invalid(text) }
            let name: Substring.UTF8View = rest.prefix { !isDigit($0) && $0 != UInt8(ascii: ".") }
            guard !name.isEmpty else { throw TimeError(description: "time: missing unit in duration \"\(text)\"") }
            guard let unit = units[String(Substring(name))] else {
                throw TimeError(description: "time: unknown unit \"\(Substring(name))\" in duration \"\(text)\"")
            }
            rest = rest[name.endIndex...]
            guard whole.count <= 19 else { throw invalid(text) }
            total += number(whole) * unit
            let digits: Substring.UTF8View = fraction.prefix(15)
            total += number(digits) * unit / power(digits.count)
            guard total <= Int128(Int64.max) else { throw invalid(text) }
        }
        return .nanoseconds(isNegative ? -Int64(total) : Int64(total))
    }

    /// `1h30m0s`, `1.5s`, `300ms`, `0s`.
    public static func text(_ duration: Duration) -> String {
        let nanoseconds: Int64 = duration.nanoseconds
        let magnitude: UInt64 = nanoseconds.magnitude
        let sign: String = nanoseconds < 0 ? "-" : ""
        switch magnitude {
        case 0: return "0s"
        case ..<1000: return "\(sign)\(magnitude)ns"
        case ..<1_000_000: return "\(sign)\(decimal(magnitude, 1000))µs"
        case ..<1_000_000_000: return "\(sign)\(decimal(magnitude, 1_000_000))ms"
        default:
            let seconds: String = decimal(magnitude % 60_000_000_000, 1_000_000_000)
            let minutes: UInt64 = magnitude / 60_000_000_000
            if minutes == 0 { return "\(sign)\(seconds)s" }
            if minutes < 60 { return "\(sign)\(minutes)m\(seconds)s" }
            return "\(sign)\(minutes / 60)h\(minutes % 60)m\(seconds)s"
        }
    }

    private static let units: [String: Int128] = [
        "ns": 1, "us": 1000, "µs": 1000, "μs": 1000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000,
    ]

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private static func number(_ digits: Substring.UTF8View) -> Int128 {
        digits.reduce(Int128(0)) { $0 * 10 + Int128($1 - 0x30) }
    }

    private static func power(_ exponent: Int) -> Int128 { (0..<exponent).reduce(Int128(1)) { value, _ in value * 10 } }

    /// A quotient without the zeros at its end.
    private static func decimal(_ value: UInt64, _ unit: UInt64) -> String {
        guard value % unit != 0 else { return String(value / unit) }
        var fraction: Substring = Int(value % unit).padded(String(unit).utf8.count - 1)[...]
        while fraction.utf8.last == 0x30 { fraction = fraction.dropLast() }
        return "\(value / unit).\(fraction)"
    }

    private static func invalid(_ text: String) -> TimeError { TimeError(description: "time: invalid duration \"\(text)\"") }
}
