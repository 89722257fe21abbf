/// What a plain scalar means by YAML 1.1 as Go's `yaml.v2` reads it. Source: its `resolve` function.
enum YAMLScalar: Equatable {
    case string
    case null
    case bool(Bool)
    case int(Int64)
    /// A whole number beyond 64 bits with sign, in decimal digits.
    case bigInt(String)
    case float(Double)
    /// Means a moment, but is kept as text.
    case timestamp
    /// `<<`
    case merge

    /// The short tag in error texts.
    var tag: String {
        switch self {
        case .string: "!!str"
        case .null: "!!null"
        case .bool: "!!bool"
        case .int, .bigInt: "!!int"
        case .float: "!!float"
        case .timestamp: "!!timestamp"
        case .merge: "!!merge"
        }
    }

    init(plain text: String, _ booleans: YAMLBooleans = .all) {
        let bytes: [UInt8] = Array(text.utf8)
        guard let first = bytes.first else {
            self = .null
            return
        }
        switch first {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"):
            self = Self.word(text) ?? Self.numeric(bytes)
        case UInt8(ascii: "."):
            self = Self.word(text) ?? Self.float(bytes) ?? .string
        case UInt8(ascii: "<") where text == "<<": self = .merge
        default:
            self = Self.word(text) ?? .string
            if case .bool = self, booleans != .all, !"tTfF".contains(text.prefix(1)) { self = .string }
        }
    }

    private static func word(_ text: String) -> YAMLScalar? {
        guard text.utf8.count <= 5 else { return nil }
        switch text {
        case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": return .bool(true)
        case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": return .bool(false)
        case "~", "null", "Null", "NULL": return .null
        case ".nan", ".NaN", ".NAN": return .float(.nan)
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .float(.infinity)
        case "-.inf", "-.Inf", "-.INF": return .float(-.infinity)
        default: return nil
        }
    }

    private static func numeric(_ bytes: [UInt8]) -> YAMLScalar {
        if YAMLTimestamp.matches(bytes) { return .timestamp }
        let plain: [UInt8] = bytes.filter { $0 != UInt8(ascii: "_") }
        return integer(plain) ?? float(plain) ?? .string
    }

    /// Decimal, `0x`, `0o`, `0b`, or octal by a leading 0.
    private static func integer(_ bytes: [UInt8]) -> YAMLScalar? {
        var digits: ArraySlice<UInt8> = bytes[...]
        let isNegative: Bool = digits.first == UInt8(ascii: "-")
        if isNegative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
        var base: UInt8 = 10
        if digits.first == UInt8(ascii: "0"), digits.count > 1 {
            switch digits[digits.startIndex + 1] | 0x20 {
            case UInt8(ascii: "x"): (base, digits) = (16, digits.dropFirst(2))
            case UInt8(ascii: "o"): (base, digits) = (8, digits.dropFirst(2))
            case UInt8(ascii: "b"): (base, digits) = (2, digits.dropFirst(2))
            default: (base, digits) = (8, digits.dropFirst())
            }
        }
        guard !digits.isEmpty else { return nil }
        var value = BigDigits()
        var small: UInt64 = 0
        var fits: Bool = true
        for byte in digits {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80, digit < base else { return nil }
            if fits {
                let (product, tooMuch): (UInt64, Bool) = small.multipliedReportingOverflow(by: UInt64(base))
                let (sum, over): (UInt64, Bool) = product.addingReportingOverflow(UInt64(digit))
                if tooMuch || over {
                    fits = false
                    value = BigDigits(small)
                } else {
                    small = sum
                    continue
                }
            }
            value.shift(base: Int(base), adding: digit)
        }
        if fits, !isNegative, small <= UInt64(Int64.max) { return .int(Int64(small)) }
        if fits, isNegative, small <= UInt64(Int64.max) + 1 { return .int(Int64(truncatingIfNeeded: 0 &- small)) }
        return .bigInt((isNegative ? "-" : "") + (fits ? String(small) : value.text))
    }

    /// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
    private static func float(_ bytes: [UInt8]) -> YAMLScalar? {
        var rest: ArraySlice<UInt8> = bytes[...]
        func takeDigits() -> Int {
            let count: Int = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }.count
            rest = rest.dropFirst(count)
            return count
        }
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        let whole: Int = takeDigits()
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard takeDigits() + whole > 0 else { return nil }
        } else if whole == 0 {
            return nil
        }
        if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
            guard takeDigits() > 0 else { return nil }
        }
        guard rest.isEmpty, let value = Double(String(decoding: bytes, as: UTF8.self)), value.isFinite else { return nil }
        return .float(value)
    }
}

/// A whole number of any size in decimal digits, for the rare integer beyond 64 bits.
private struct BigDigits {
    /// Lowest first.
    private var digits: [Int] = [0]

    init() {}

    init(_ value: UInt64) { digits = String(value).utf8.reversed().map { Int($0) - 0x30 } }

    mutating func shift(base: Int, adding digit: Int) {
        var carry: Int = digit
        for index in digits.indices {
            carry += digits[index] * base
            digits[index] = carry % 10
            carry /= 10
        }
        while carry > 0 {
            digits.append(carry % 10)
            carry /= 10
        }
    }

    var text: String { digits.reversed().map(String.init).joined() }
}

/// Whether a text is a moment by YAML 1.1 in the forms that Go's `yaml.v2` knows: a date, or a date and time of day.
enum YAMLTimestamp {
    static func matches(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 8, bytes[4] == UInt8(ascii: "-") else { return false }
        var rest: ArraySlice<UInt8> = bytes[...]
        func number(_ widths: ClosedRange<Int>, atMost limit: Int) -> Int? {
            let digits: ArraySlice<UInt8> = rest.prefix(widths.upperBound).prefix { $0 >= 0x30 && $0 <= 0x39 }
            guard digits.count >= widths.lowerBound else { return nil }
            rest = rest.dropFirst(digits.count)
            let value: Int = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
            return value <= limit ? value : nil
        }
        func take(_ mark: UInt8) -> Bool {
            guard rest.first == mark else { return false }
            rest = rest.dropFirst()
            return true
        }
        guard let year = number(4...4, atMost: 9999), take(UInt8(ascii: "-")),
            let month = number(1...2, atMost: 12), month > 0, take(UInt8(ascii: "-")),
            let day = number(1...2, atMost: 31), day > 0, day <= CivilTime.days(inMonth: month, of: year)
        else { return false }
        if rest.isEmpty { return true }
        let isSpaced: Bool = take(UInt8(ascii: " "))
        guard isSpaced || take(UInt8(ascii: "T")) || take(UInt8(ascii: "t")),
            number(1...2, atMost: 23) != nil, take(UInt8(ascii: ":")),
            number(1...2, atMost: 59) != nil, take(UInt8(ascii: ":")), number(1...2, atMost: 59) != nil
        else { return false }
        if take(UInt8(ascii: ".")) {
            let fraction: Int = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }.count
            guard fraction > 0 else { return false }
            rest = rest.dropFirst(fraction)
        }
        if isSpaced { return rest.isEmpty }
        if take(UInt8(ascii: "Z")) { return rest.isEmpty }
        guard take(UInt8(ascii: "+")) || take(UInt8(ascii: "-")), number(2...2, atMost: 24) != nil, take(UInt8(ascii: ":")),
            number(2...2, atMost: 59) != nil
        else { return false }
        return rest.isEmpty
    }
}
