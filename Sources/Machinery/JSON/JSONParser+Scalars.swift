/// Values without parts: texts, numbers, and the three words.
extension JSONParser {
    /// The value that begins here and is neither object nor array.
    mutating func scalar() throws(JSONError) -> JSON {
        guard at < bytes.count else { throw unexpected("looking for beginning of value") }
        switch bytes[at] {
        case UInt8(ascii: "\""):
            let end: Int = plainEnd(at + 1)
            guard end < bytes.count, bytes[end] == UInt8(ascii: "\"") else { return .string(try string()) }
            let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[at + 1..<end]), as: UTF8.self)
            at = end + 1
            return .string(text)
        case UInt8(ascii: "t"):
            try literal("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try literal("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try literal("null")
            return .null
        case UInt8(ascii: "-"), 0x30...0x39: return try number()
        default: throw unexpected("looking for beginning of value")
        }
    }

    private mutating func literal(_ text: StaticString) throws(JSONError) {
        for index in 0..<text.utf8CodeUnitCount {
            guard at < bytes.count, bytes[at] == text.utf8Start[index] else {
                throw unexpected("in literal \(text) (expecting '\(Character(Unicode.Scalar(text.utf8Start[index])))')")
            }
            at += 1
        }
    }

    private mutating func number() throws(JSONError) -> JSON {
        let start: Int = at
        let isNegative: Bool = bytes[at] == UInt8(ascii: "-")
        if isNegative { at += 1 }
        var value: UInt64 = 0
        var fits: Bool = true
        guard at < bytes.count, isDigit(bytes[at]) else { throw unexpected("in numeric literal") }
        if bytes[at] == 0x30 {
            at += 1
        } else {
            while at < bytes.count, isDigit(bytes[at]) {
                let (product, tooMuch): (UInt64, Bool) = value.multipliedReportingOverflow(by: 10)
                let (sum, over): (UInt64, Bool) = product.addingReportingOverflow(UInt64(bytes[at] - 0x30))
                fits = fits && !tooMuch && !over
                value = sum
                at += 1
            }
        }
        var isWhole: Bool = true
        if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
            isWhole = false
            at += 1
            try digits("after decimal point in numeric literal")
        }
        if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            at += 1
            if at < bytes.count, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") { at += 1 }
            try digits("in exponent of numeric literal")
        }
        if isWhole, fits {
            if !isNegative, value <= UInt64(Int64.max) { return .int(Int64(value)) }
            if isNegative, value <= UInt64(Int64.max) + 1 { return .int(Int64(truncatingIfNeeded: 0 &- value)) }
        }
        return .number(String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<at]), as: UTF8.self))
    }

    private mutating func digits(_ context: String) throws(JSONError) {
        guard at < bytes.count, isDigit(bytes[at]) else { throw unexpected(context) }
        while at < bytes.count, isDigit(bytes[at]) { at += 1 }
    }

    @inline(__always)
    private func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    // MARK: Strings

    /// Where a run of plain ASCII characters ends: at a quote, a backslash, a control character, a byte beyond ASCII, or the end.
    @inline(__always)
    func plainEnd(_ start: Int) -> Int {
        JSONScan.plainEnd(in: bytes, from: start)
    }

    /// A string with escapes or characters beyond ASCII.
    mutating func string() throws(JSONError) -> String {
        scratch.removeAll(keepingCapacity: true)
        let opening: Int = at
        var start: Int = at + 1
        at = start
        var isASCII: Bool = true
        while true {
            at = plainEnd(at)
            guard at < bytes.count else { throw unexpected("in string literal") }
            let byte: UInt8 = bytes[at]
            if byte >= 0x80 {
                isASCII = false
                at += 1
            } else if byte == UInt8(ascii: "\\") {
                scratch.append(contentsOf: bytes[start..<at])
                at += 1
                try escape()
                start = at
            } else if byte == UInt8(ascii: "\"") {
                scratch.append(contentsOf: bytes[start..<at])
                at += 1
                break
            } else {
                throw unexpected("in string literal")
            }
        }
        if !isASCII, let invalid = UTF8Check.firstInvalid(in: bytes, opening..<at) {
            throw JSONError("invalid UTF-8 in string literal", at: invalid, in: bytes)
        }
        return String(decoding: scratch, as: UTF8.self)
    }

    private mutating func escape() throws(JSONError) {
        guard at < bytes.count else { throw unexpected("in string escape code") }
        switch bytes[at] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): scratch.append(bytes[at])
        case UInt8(ascii: "b"): scratch.append(0x08)
        case UInt8(ascii: "f"): scratch.append(0x0C)
        case UInt8(ascii: "n"): scratch.append(0x0A)
        case UInt8(ascii: "r"): scratch.append(0x0D)
        case UInt8(ascii: "t"): scratch.append(0x09)
        case UInt8(ascii: "u"):
            at += 1
            var code: UInt32 = try hexCode()
            if code & 0xFC00 == 0xD800, at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"), bytes[at + 1] == UInt8(ascii: "u") {
                let second: Int = at
                at += 2
                let low: UInt32 = try hexCode()
                if low & 0xFC00 == 0xDC00 {
                    code = 0x10000 + (code & 0x3FF) << 10 + low & 0x3FF
                } else {
                    at = second  // it stands for itself
                }
            }
            let scalar: Unicode.Scalar = Unicode.Scalar(code) ?? "\u{FFFD}"
            scratch.append(contentsOf: String(Character(scalar)).utf8)
            return
        default: throw unexpected("in string escape code")
        }
        at += 1
    }

    private mutating func hexCode() throws(JSONError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard at < bytes.count, let digit = Character(Unicode.Scalar(bytes[at])).hexDigitValue, bytes[at] < 0x80 else {
                throw unexpected("in \\u hexadecimal character escape")
            }
            code = code << 4 | UInt32(digit)
            at += 1
        }
        return code
    }
}
