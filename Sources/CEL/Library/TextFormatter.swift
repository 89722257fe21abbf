import Machinery

/// Fills in a text: `"%s has %d".format(["a", 3])`. Source: github.com/google/cel-go/ext/formatting.go.
struct TextFormatter {
    private let format: [Unicode.Scalar]
    private let arguments: [Value]
    private var next: Int = 0
    private var result: String = ""

    /// Bytes of the longest text.
    private static let lengthLimit = 16 << 20
    private static let precisionLimit = 1000

    init(_ format: String, _ arguments: [Value]) {
        self.format = Array(format.unicodeScalars)
        self.arguments = arguments
    }

    mutating func text() throws(EvaluationError) -> String {
        var at: Int = 0
        while at < format.count {
            let scalar: Unicode.Scalar = format[at]
            at += 1
            guard scalar == "%" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            guard at < format.count else { throw EvaluationError("unexpected end of string") }
            if format[at] == "%" {
                result += "%"
                at += 1
                continue
            }
            var precision: Int?
            if format[at] == "." {
                at += 1
                var digits: String = ""
                while at < format.count, ("0"..."9").contains(format[at]) {
                    digits.unicodeScalars.append(format[at])
                    at += 1
                }
                guard let number = Int(digits), at < format.count else { throw EvaluationError("could not parse formatting clause") }
                guard number <= Self.precisionLimit else {
                    throw EvaluationError("precision \(number) exceeds maximum allowed precision of \(Self.precisionLimit)")
                }
                precision = number
            }
            let verb: Unicode.Scalar = format[at]
            at += 1
            guard next < arguments.count else { throw EvaluationError("index \(next) out of range") }
            result += try clause(verb, precision, arguments[next])
            next += 1
            guard result.utf8.count < Self.lengthLimit else { throw .tooExpensive }
        }
        return result
    }

    private func clause(_ verb: Unicode.Scalar, _ precision: Int?, _ value: Value) throws(EvaluationError) -> String {
        switch verb {
        case "s": return try Self.shown(value)
        case "d":
            switch value {
            case .int(let number): return String(number)
            case .uint(let number): return String(number)
            case .double(let number) where number.isNaN || number.isInfinite: return try Self.shown(value)
            default: throw Self.mismatch("decimal clause can only be used on integers", value)
            }
        case "f", "e":
            let number: Double
            switch value {
            case .double(let value): number = value
            case .int(let value): number = Double(value)
            case .uint(let value): number = Double(value)
            default:
                let name: String = verb == "f" ? "fixed-point" : "scientific"
                throw Self.mismatch("\(name) clause can only be used on ints, uints, and doubles", value)
            }
            guard number.isFinite else { return try Self.shown(.double(number)) }
            return verb == "f" ? DecimalText.fixed(number, precision ?? 6) : DecimalText.scientific(number, precision ?? 6)
        case "b":
            switch value {
            case .bool(let flag): return flag ? "1" : "0"
            case .int(let number): return String(number, radix: 2)
            case .uint(let number): return String(number, radix: 2)
            default: throw Self.mismatch("only ints, uints, and bools can be formatted as binary", value)
            }
        case "x", "X":
            let isUpper: Bool = verb == "X"
            switch value {
            case .int(let number): return String(number, radix: 16, uppercase: isUpper)
            case .uint(let number): return String(number, radix: 16, uppercase: isUpper)
            case .string(let text): return Self.hexadecimal(Array(text.utf8), isUpper)
            case .bytes(let bytes): return Self.hexadecimal(bytes, isUpper)
            default: throw Self.mismatch("only ints, uints, bytes, and strings can be formatted as hex", value)
            }
        case "o":
            switch value {
            case .int(let number): return String(number, radix: 8)
            case .uint(let number): return String(number, radix: 8)
            default: throw Self.mismatch("octal clause can only be used on ints and uints", value)
            }
        default:
            throw EvaluationError("could not parse formatting clause: unrecognized formatting clause \"\(Character(verb))\"")
        }
    }

    private static func mismatch(_ words: String, _ value: Value) -> EvaluationError {
        EvaluationError("error during formatting: \(words), was given \(value.typeName)")
    }

    private static func hexadecimal(_ bytes: [UInt8], _ isUpper: Bool) -> String {
        bytes.map { byte in
            let digits: String = String(byte, radix: 16, uppercase: isUpper)
            return byte < 16 ? "0" + digits : digits
        }.joined()
    }

    private static func shown(_ value: Value) throws(EvaluationError) -> String {
        switch value {
        case .double(let number):
            if number.isNaN { return "NaN" }
            if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
            return DecimalText.shortest(number)
        case .null, .bool, .int, .uint, .string, .bytes, .timestamp, .duration, .type: return value.plainText
        default: break
        }
        if let list = ListView(value) {
            var parts: [String] = []
            for index in 0..<list.count { parts.append(try shown(list[index])) }
            return "[" + parts.joined(separator: ", ") + "]"
        }
        if let map = MapView(value) {
            var parts: [String] = []
            for (key, inner) in map.entries { parts.append("\(try shown(key)): \(try shown(inner))") }
            return "{" + parts.sorted().joined(separator: ", ") + "}"
        }
        throw mismatch(
            "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps", value)
    }
}

/// Floating-point numbers with as many digits as asked for, exactly rounded.
enum DecimalText {
    /// Without exponent, as Go's `FormatFloat(value, 'f', -1, 64)`.
    static func shortest(_ value: Double) -> String {
        let text: String = value.description
        guard text.contains("e") || text.hasSuffix(".0") else { return text }
        let (digits, point): ([UInt8], Int) = exact(value.magnitude)
        let sign: String = value.sign == .minus ? "-" : ""
        if value == value.rounded() { return sign + String(decoding: digits.prefix(max(point, 0)), as: UTF8.self) }
        return sign + fixed(value.magnitude, max(0, digits.count - point))
    }

    static func fixed(_ value: Double, _ places: Int) -> String {
        let sign: String = value.sign == .minus ? "-" : ""
        let (digits, point): ([UInt8], Int) = rounded(exact(value.magnitude), to: places)
        var text: String = ""
        for place in min(0, point - 1)..<max(point, 0) where place >= 0 || point <= 0 {
            text.unicodeScalars.append(place >= 0 && place < digits.count ? Unicode.Scalar(digits[place]) : "0")
        }
        if text.isEmpty { text = "0" }
        if point <= 0 { text = "0" }
        guard places > 0 else { return sign + text }
        text += "."
        for place in point..<point + places {
            text.unicodeScalars.append(place >= 0 && place < digits.count ? Unicode.Scalar(digits[place]) : "0")
        }
        return sign + text
    }

    static func scientific(_ value: Double, _ places: Int) -> String {
        let sign: String = value.sign == .minus ? "-" : ""
        guard value != 0 else { return sign + "0" + (places > 0 ? "." + String(repeating: "0", count: places) : "") + "e+00" }
        let (all, point): ([UInt8], Int) = exact(value.magnitude)
        let (digits, newPoint): ([UInt8], Int) = rounded((all, point), to: places + 1 - point)
        var text = String(Character(Unicode.Scalar(digits[0])))
        if places > 0 {
            text += "."
            for place in 1...places { text.unicodeScalars.append(place < digits.count ? Unicode.Scalar(digits[place]) : "0") }
        }
        let exponent: Int = newPoint - 1
        return "\(sign)\(text)e\(exponent < 0 ? "-" : "+")\(abs(exponent) < 10 ? "0" : "")\(abs(exponent))"
    }

    /// All decimal digits of a number, and how many of them stand before the point.
    private static func exact(_ value: Double) -> ([UInt8], Int) {
        guard value != 0 else { return ([], 0) }
        // value = significand * 2^exponent, with a whole significand.
        var digits: [UInt8] = String(value.significandBitPattern | (value.isNormal ? 1 << 52 : 0)).utf8.map { $0 - 0x30 }
        let exponent: Int = (value.isNormal ? Int(value.exponentBitPattern) - 1023 : -1022) - 52
        var point: Int = digits.count
        if exponent > 0 {
            for _ in 0..<exponent { double(&digits) }
            point = digits.count
        } else if exponent < 0 {
            for _ in 0..<(-exponent) { halve(&digits) }
        }
        var first: Int = 0
        while first < digits.count, digits[first] == 0 { first += 1 }
        var last: Int = digits.count
        while last > first, digits[last - 1] == 0 { last -= 1 }
        return (digits[first..<last].map { $0 + 0x30 }, point - first)
    }

    private static func double(_ digits: inout [UInt8]) {
        var carry: UInt8 = 0
        for index in digits.indices.reversed() {
            let value: UInt8 = digits[index] * 2 + carry
            digits[index] = value % 10
            carry = value / 10
        }
        if carry > 0 { digits.insert(carry, at: 0) }
    }

    private static func halve(_ digits: inout [UInt8]) {
        var carry: UInt8 = 0
        for index in digits.indices {
            let value: UInt8 = carry * 10 + digits[index]
            digits[index] = value / 2
            carry = value % 2
        }
        if carry > 0 { digits.append(5) }
    }

    /// Half to even, at so many places behind the point.
    private static func rounded(_ number: ([UInt8], Int), to places: Int) -> ([UInt8], Int) {
        var (digits, point): ([UInt8], Int) = number
        let keep: Int = point + places
        guard keep < digits.count else { return (digits, point) }
        guard keep >= 0 else { return ([], point) }
        let rest: ArraySlice<UInt8> = digits[keep...]
        let isHalf: Bool = rest.first == 0x35 && rest.dropFirst().allSatisfy { $0 == 0x30 }
        let isOdd: Bool = keep > 0 && digits[keep - 1] % 2 == 1
        let rises: Bool = (rest.first ?? 0x30) >= 0x35 && (!isHalf || isOdd)
        digits.removeSubrange(keep...)
        guard rises else { return (digits, point) }
        var index: Int = keep - 1
        while index >= 0 {
            if digits[index] == 0x39 {
                digits[index] = 0x30
                index -= 1
            } else {
                digits[index] += 1
                return (digits, point)
            }
        }
        digits.insert(0x31, at: 0)
        point += 1
        return (digits, point)
    }
}
