/// Why a text is no quantity, in the words of Kubernetes.
public enum QuantityError: Error, Hashable, Sendable, CustomStringConvertible {
    case format
    case number
    case suffix

    public var description: String {
        switch self {
        case .format:
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        case .number: "unable to parse numeric part of quantity"
        case .suffix: "unable to parse quantity's suffix"
        }
    }
}

extension Quantity {
    /// Reads `<sign><digits>[.<digits>]<suffix>`.
    public init(_ text: String) throws(QuantityError) {
        var reader = QuantityReader(bytes: Array(text.utf8))
        self = try reader.quantity()
    }

    /// Reads a string, or a number as Kubernetes accepts it in place of one (`cpu: 2`).
    public init(json: JSON) throws(QuantityError) {
        switch json {
        case .string(let text): try self.init(text)
        case .int(let value): self.init(value)
        case .number(let text): try self.init(text)
        default: throw .format
        }
    }
}

private struct QuantityReader {
    let bytes: [UInt8]
    var at: Int = 0
    /// The significant digits read so far, at most 28 of them: all that can count between 10⁻⁹ and 2⁶³.
    var digits: Int128 = 0
    var kept: Int = 0
    /// Powers of ten by which `digits` must be multiplied.
    var scale: Int = 0
    /// Digits of the number without leading zeros.
    var length: Int = 0
    /// True when a digit other than 0 did not fit in `digits`.
    var isCut: Bool = false

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func quantity() throws(QuantityError) -> Quantity {
        guard !bytes.isEmpty else { throw .format }
        let isNegative: Bool = bytes[0] == UInt8(ascii: "-")
        if isNegative || bytes[0] == UInt8(ascii: "+") { at = 1 }
        try readNumber()
        let (base, exponent, format): (Int, Int, Quantity.Format) = try suffix()
        let nanos: Int128 = base == 2 ? binaryNanos(exponent) : decimalNanos(exponent)
        return Quantity(nanos: isNegative ? -nanos : nanos, format: format)
    }

    private mutating func readNumber() throws(QuantityError) {
        let start: Int = at
        readDigits(afterPoint: false)
        var count: Int = at - start
        if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
            at += 1
            let fraction: Int = at
            readDigits(afterPoint: true)
            count += at - fraction
        }
        guard count > 0 else { throw at < bytes.count || at == start ? .format : .number }
    }

    private mutating func readDigits(afterPoint: Bool) {
        while at < bytes.count, bytes[at] >= 0x30, bytes[at] <= 0x39 {
            let digit: UInt8 = bytes[at] - 0x30
            if length > 0 || digit != 0 { length += 1 }
            if kept < 28 {
                digits = digits * 10 + Int128(digit)
                if digits != 0 { kept += 1 }
                if afterPoint { scale -= 1 }
            } else {
                isCut = isCut || digit != 0
                if !afterPoint { scale += 1 }
            }
            at += 1
        }
    }

    private mutating func suffix() throws(QuantityError) -> (base: Int, exponent: Int, format: Quantity.Format) {
        let text: ArraySlice<UInt8> = bytes[at...]
        let letters: ArraySlice<UInt8> = text.prefix { "eEinumkKMGTP".utf8.contains($0) }
        var rest: ArraySlice<UInt8> = text[letters.endIndex...]
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest = rest.dropFirst() }
        guard rest.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { throw .format }

        let known: String = String(decoding: text, as: UTF8.self)
        switch known {
        case "": return (10, 0, .decimalSI)
        case "n": return (10, -9, .decimalSI)
        case "u": return (10, -6, .decimalSI)
        case "m": return (10, -3, .decimalSI)
        case "k": return (10, 3, .decimalSI)
        case "M": return (10, 6, .decimalSI)
        case "G": return (10, 9, .decimalSI)
        case "T": return (10, 12, .decimalSI)
        case "P": return (10, 15, .decimalSI)
        case "E": return (10, 18, .decimalSI)
        case "Ki": return (2, 10, .binarySI)
        case "Mi": return (2, 20, .binarySI)
        case "Gi": return (2, 30, .binarySI)
        case "Ti": return (2, 40, .binarySI)
        case "Pi": return (2, 50, .binarySI)
        case "Ei": return (2, 60, .binarySI)
        default:
            guard letters.count == 1, letters.first == UInt8(ascii: "e") || letters.first == UInt8(ascii: "E"),
                let exponent = Int(known.dropFirst())
            else { throw .suffix }
            return (10, max(-1000, min(1000, exponent)), .decimalExponent)
        }
    }

    private func decimalNanos(_ exponent: Int) -> Int128 {
        let nanos: Int128 = scaled(digits, by: scale + exponent + 9)
        // Kubernetes caps only what does not fit its short form: 18 digits and a power of ten.
        return length > 18 ? min(nanos, Quantity.cap) : nanos
    }

    private mutating func binaryNanos(_ exponent: Int) -> Int128 {
        // 2⁶⁰ times 20 digits is what fits in 128 bits.
        while digits >= 100_000_000_000_000_000_000 {
            isCut = isCut || digits % 10 != 0
            digits /= 10
            scale += 1
        }
        return min(scaled(digits << Int128(exponent), by: scale + 9), Quantity.cap)
    }

    /// `value` × 10^power, rounded up, at most ``Quantity/limit``.
    private func scaled(_ value: Int128, by power: Int) -> Int128 {
        guard value != 0 else { return isCut ? 1 : 0 }
        if power >= 0 {
            var result: Int128 = value
            for _ in 0..<power {
                guard result <= Quantity.limit / 10 else { return Quantity.limit }
                result *= 10
            }
            return result
        }
        guard power > -38 else { return 1 }
        var divisor: Int128 = 1
        for _ in 0 ..< -power { divisor *= 10 }
        let (quotient, remainder): (Int128, Int128) = value.quotientAndRemainder(dividingBy: divisor)
        return quotient + (remainder != 0 || isCut ? 1 : 0)
    }
}
