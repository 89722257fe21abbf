/// Why bytes are no JSON, and where.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Without the place, in the words of Go's `encoding/json`.
    public let problem: String
    /// Bytes before the place.
    public let offset: Int
    /// From 1.
    public let line: Int
    /// In characters, from 1.
    public let column: Int

    public var description: String { "line \(line), column \(column): \(problem)" }

    init(_ problem: String, at offset: Int, in bytes: UnsafeBufferPointer<UInt8>) {
        self.problem = problem
        self.offset = offset
        var line: Int = 1
        var column: Int = 1
        for byte in bytes[..<Swift.min(offset, bytes.count)] {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        self.line = line
        self.column = column
    }

    static func unexpected(_ context: String, at offset: Int, in bytes: UnsafeBufferPointer<UInt8>) -> JSONError {
        guard offset < bytes.count else { return JSONError("unexpected end of JSON input", at: bytes.count, in: bytes) }
        return JSONError("invalid character \(shown(offset, bytes)) \(context)", at: offset, in: bytes)
    }

    /// The character at an offset, quoted as Go quotes it.
    private static func shown(_ offset: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> String {
        switch bytes[offset] {
        case UInt8(ascii: "'"): return "'\\''"
        case UInt8(ascii: "\\"): return "'\\\\'"
        case UInt8(ascii: "\n"): return "'\\n'"
        case UInt8(ascii: "\t"): return "'\\t'"
        case UInt8(ascii: "\r"): return "'\\r'"
        case 0x20..<0x7F: return "'\(Character(Unicode.Scalar(bytes[offset])))'"
        case 0x80...:
            let length: Int = UTF8Check.length(at: offset, in: bytes)
            if length > 0 { return "'\(String(decoding: bytes[offset..<offset + length], as: UTF8.self))'" }
        default: break
        }
        let digits: String = String(bytes[offset], radix: 16)
        return "'\\x\(digits.utf8.count < 2 ? "0" : "")\(digits)'"
    }
}

/// Source: RFC 3629, section 4: no surrogates, no overlong forms, nothing beyond U+10FFFF.
enum UTF8Check {
    /// Bytes of the valid character at an offset; 0 when there is none.
    static func length(at offset: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
        let first: UInt8 = bytes[offset]
        var second: ClosedRange<UInt8> = 0x80...0xBF
        let length: Int
        switch first {
        case ..<0x80: return 1
        case 0xC2...0xDF: length = 2
        case 0xE0...0xEF:
            length = 3
            if first == 0xE0 { second = 0xA0...0xBF }
            if first == 0xED { second = 0x80...0x9F }
        case 0xF0...0xF4:
            length = 4
            if first == 0xF0 { second = 0x90...0xBF }
            if first == 0xF4 { second = 0x80...0x8F }
        default: return 0
        }
        guard offset + length <= bytes.count, second.contains(bytes[offset + 1]) else { return 0 }
        for index in 2..<Swift.max(2, length) where bytes[offset + index] & 0xC0 != 0x80 { return 0 }
        return length
    }

    /// Where the first invalid character starts; nil when all are valid.
    static func firstInvalid(in bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int? {
        let part = UnsafeBufferPointer(rebasing: bytes[range])
        var at: Int = 0
        while at < part.count {
            let length: Int = length(at: at, in: part)
            if length == 0 { return range.lowerBound + at }
            at += length
        }
        return nil
    }
}
