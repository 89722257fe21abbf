/// Floating-point numbers in the shortest form that reads back the same, laid out as Go's `strconv` does.
public enum GoFloat {
    /// As `encoding/json` writes: no exponent from 10⁻⁶ up to 10²¹.
    static func json(_ value: Double) -> String {
        let (digits, point): (String, Int) = shortest(value)
        let sign: String = value.sign == .minus ? "-" : ""
        let exponent: Int = point - 1
        guard value != 0 else { return sign + "0" }
        if exponent < -6 || exponent >= 21 { return sign + scientific(digits, exponent, width: 1) }
        return sign + plain(digits, point)
    }

    /// As `FormatFloat(value, 'g', -1, 64)` writes: no exponent from 10⁻⁴ up to 10⁶, or up to 10²¹ for longer numbers.
    static func general(_ value: Double) -> String {
        let (digits, point): (String, Int) = shortest(value)
        let sign: String = value.sign == .minus ? "-" : ""
        let exponent: Int = point - 1
        guard value != 0 else { return sign + "0" }
        if exponent < -4 || exponent >= max(digits.utf8.count, 21) { return sign + scientific(digits, exponent, width: 2) }
        return sign + plain(digits, point)
    }

    /// As `fmt` prints with `%v`: no exponent from 10⁻⁴ up to 10⁶.
    public static func printed(_ value: Double) -> String {
        let (digits, point): (String, Int) = shortest(value)
        let sign: String = value.sign == .minus ? "-" : ""
        let exponent: Int = point - 1
        guard value != 0 else { return sign + "0" }
        if exponent < -4 || exponent >= 6 { return sign + scientific(digits, exponent, width: 2) }
        return sign + plain(digits, point)
    }

    /// Significant digits without zeros at either end, and how many of them stand before the decimal point.
    private static func shortest(_ value: Double) -> (digits: String, point: Int) {
        let text: String = value.magnitude.description
        let parts: [Substring] = text.split(separator: "e", maxSplits: 1)
        let exponent: Int = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let halves: [Substring] = parts[0].split(separator: ".", maxSplits: 1)
        let fraction: Substring = halves.count > 1 ? halves[1] : ""
        var digits: Substring.UTF8View = Substring(halves[0] + fraction).utf8
        var point: Int = halves[0].utf8.count + exponent
        while digits.first == 0x30 {
            digits = digits.dropFirst()
            point -= 1
        }
        while digits.last == 0x30 { digits = digits.dropLast() }
        return (String(Substring(digits)), point)
    }

    private static func plain(_ digits: String, _ point: Int) -> String {
        let count: Int = digits.utf8.count
        if point <= 0 { return "0." + String(repeating: "0", count: -point) + digits }
        if point >= count { return digits + String(repeating: "0", count: point - count) }
        return "\(digits.prefix(point)).\(digits.dropFirst(point))"
    }

    private static func scientific(_ digits: String, _ exponent: Int, width: Int) -> String {
        let mantissa: String = digits.utf8.count > 1 ? "\(digits.prefix(1)).\(digits.dropFirst())" : digits
        return "\(mantissa)e\(exponent < 0 ? "-" : "+")\(abs(exponent).padded(width))"
    }
}
