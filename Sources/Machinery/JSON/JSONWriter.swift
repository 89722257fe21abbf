/// How a JSON tree is written.
public struct JSONStyle: Sendable {
    /// Spaces for each level; nil writes everything on one line without any space.
    public var indent: Int?
    /// Writes `<`, `>` and `&` as `\u003c`, `\u003e` and `\u0026`, as Go does unless told not to.
    public var escapeHTML: Bool

    public init(indent: Int? = nil, escapeHTML: Bool = false) {
        self.indent = indent
        self.escapeHTML = escapeHTML
    }

    /// The form on the wire and in the store.
    public static let compact = JSONStyle()
    /// The form of `kubectl -o json`.
    public static let kubectl = JSONStyle(indent: 4, escapeHTML: true)
}

extension JSON {
    /// UTF-8, no trailing newline.
    public func serialized(_ style: JSONStyle = .compact) -> [UInt8] {
        var sink = ByteSink(capacity: 960)
        JSONWriter.append(self, to: &sink, style)
        return sink.bytes
    }

    /// UTF-8 text, no trailing newline.
    public func text(_ style: JSONStyle = .compact) -> String { String(decoding: serialized(style), as: UTF8.self) }

    /// Writes behind what is there already.
    public func append(to bytes: inout [UInt8], _ style: JSONStyle = .compact) {
        var sink = ByteSink(capacity: 256)
        JSONWriter.append(self, to: &sink, style)
        sink.withBytes { bytes.append(contentsOf: $0) }
    }

    /// The same, in the compact form.
    package func append(to sink: inout ByteSink) { JSONWriter.append(self, to: &sink, .compact) }

    /// Writes a string as a JSON literal.
    package static func append(quoting text: String, to sink: inout ByteSink) {
        JSONWriter.appendString(text, to: &sink, escapeHTML: false)
    }

    /// A string as a JSON literal, in Go's escapes.
    public static func quoted(_ text: String, escapeHTML: Bool = false) -> String {
        var sink = ByteSink(capacity: 256)
        JSONWriter.appendString(text, to: &sink, escapeHTML: escapeHTML)
        return sink.withBytes { String(decoding: $0, as: UTF8.self) }
    }
}

/// Writes trees as Go's `encoding/json` writes them, without recursion: a tree may have more levels than a thread has stack.
enum JSONWriter {
    /// An array or object whose elements before `next` are written. They are read where they stand, in the tree that is written: taking each
    /// out of it would cost as much as writing it.
    private struct Open {
        let isObject: Bool
        var elements = UnsafeBufferPointer<JSON>(start: nil, count: 0)
        var members = UnsafeBufferPointer<JSONObject.Member>(start: nil, count: 0)
        var next: Int = 0
    }

    static func append(_ json: JSON, to bytes: inout ByteSink, _ style: JSONStyle) {
        withExtendedLifetime(json) { appendTree(json, to: &bytes, style) }
    }

    private static func appendTree(_ json: JSON, to bytes: inout ByteSink, _ style: JSONStyle) {
        guard var open = begin(json, to: &bytes, style) else { return }
        var outer: [Open] = []
        while true {
            let inner: Open?
            if open.isObject {
                guard open.next < open.members.count else {
                    guard end(&open, &outer, to: &bytes, style) else { return }
                    continue
                }
                separate(open.next, to: &bytes, style, level: outer.count + 1)
                appendString(open.members[open.next].key, to: &bytes, escapeHTML: style.escapeHTML)
                bytes.append(UInt8(ascii: ":"))
                if style.indent != nil { bytes.append(UInt8(ascii: " ")) }
                inner = begin(open.members[open.next].value, to: &bytes, style)
            } else {
                guard open.next < open.elements.count else {
                    guard end(&open, &outer, to: &bytes, style) else { return }
                    continue
                }
                separate(open.next, to: &bytes, style, level: outer.count + 1)
                inner = begin(open.elements[open.next], to: &bytes, style)
            }
            open.next += 1
            if let inner {
                outer.append(open)
                open = inner
            }
        }
    }

    /// Writes a scalar or an empty container; of any other only the bracket, and returns it.
    @inline(__always)
    private static func begin(_ json: JSON, to bytes: inout ByteSink, _ style: JSONStyle) -> Open? {
        switch json {
        case .null: append("null", to: &bytes)
        case .bool(let value): append(value ? "true" : "false", to: &bytes)
        case .int(let value): appendInt(value, to: &bytes)
        case .number(let text): bytes.append(text)
        case .string(let text): appendString(text, to: &bytes, escapeHTML: style.escapeHTML)
        case .array(let elements):
            guard !elements.isEmpty else {
                append("[]", to: &bytes)
                return nil
            }
            bytes.append(UInt8(ascii: "["))
            return Open(isObject: false, elements: elements.withUnsafeBufferPointer { $0 })
        case .object(let object):
            guard !object.isEmpty else {
                append("{}", to: &bytes)
                return nil
            }
            bytes.append(UInt8(ascii: "{"))
            return Open(isObject: true, members: object.members.withUnsafeBufferPointer { $0 })
        }
        return nil
    }

    /// Closes the innermost container and goes on with the one around it; false when there is none.
    @inline(__always)
    private static func end(_ open: inout Open, _ outer: inout [Open], to bytes: inout ByteSink, _ style: JSONStyle) -> Bool {
        appendBreak(to: &bytes, style, level: outer.count)
        bytes.append(open.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
        guard let last = outer.popLast() else { return false }
        open = last
        return true
    }

    @inline(__always)
    private static func separate(_ index: Int, to bytes: inout ByteSink, _ style: JSONStyle, level: Int) {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        appendBreak(to: &bytes, style, level: level)
    }

    @inline(__always)
    private static func appendBreak(to bytes: inout ByteSink, _ style: JSONStyle, level: Int) {
        guard let indent = style.indent else { return }
        bytes.append(UInt8(ascii: "\n"))
        for _ in 0..<indent * level { bytes.append(UInt8(ascii: " ")) }
    }

    static func appendInt(_ value: Int64, to bytes: inout ByteSink) {
        if value >= 0, value < 10 { return bytes.append(0x30 + UInt8(truncatingIfNeeded: value)) }
        bytes.append(String(value))
    }

    @inline(__always)
    private static func append(_ text: StaticString, to bytes: inout ByteSink) {
        bytes.append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    static func appendString(_ text: String, to bytes: inout ByteSink, escapeHTML: Bool) {
        var copy: String = text
        copy.withUTF8 { utf8 in
            var start: Int = 0
            var at: Int = escapeHTML ? 0 : JSONScan.plainEnd(in: utf8, from: 0)
            // Nearly all are plain.
            if at == utf8.count, !escapeHTML { return bytes.append(quoting: utf8) }
            bytes.append(UInt8(ascii: "\""))
            while true {
                at = escapeHTML ? at : JSONScan.plainEnd(in: utf8, from: at)
                guard at < utf8.count else { break }
                let byte: UInt8 = utf8[at]
                if mustEscape(byte, escapeHTML) {
                    bytes.append(UnsafeBufferPointer(rebasing: utf8[start..<at]))
                    appendEscape(byte, to: &bytes)
                    at += 1
                    start = at
                } else if byte == 0xE2, isLineSeparator(utf8, at) {
                    bytes.append(UnsafeBufferPointer(rebasing: utf8[start..<at]))
                    append(utf8[at + 2] == 0xA8 ? "\\u2028" : "\\u2029", to: &bytes)
                    at += 3
                    start = at
                } else {
                    at += 1
                }
            }
            bytes.append(UnsafeBufferPointer(rebasing: utf8[start...]))
            bytes.append(UInt8(ascii: "\""))
        }
    }

    @inline(__always)
    private static func mustEscape(_ byte: UInt8, _ escapeHTML: Bool) -> Bool {
        if byte >= 0x40 { return byte == UInt8(ascii: "\\") }
        return byte < 0x20 || byte == UInt8(ascii: "\"")
            || (escapeHTML && (byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">") || byte == UInt8(ascii: "&")))
    }

    /// U+2028 and U+2029 end lines in JavaScript; Go always escapes them.
    private static func isLineSeparator(_ utf8: UnsafeBufferPointer<UInt8>, _ at: Int) -> Bool {
        at + 2 < utf8.count && utf8[at + 1] == 0x80 && (utf8[at + 2] == 0xA8 || utf8[at + 2] == 0xA9)
    }

    private static func appendEscape(_ byte: UInt8, to bytes: inout ByteSink) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        default:
            append("u00", to: &bytes)
            bytes.append(hexDigit(byte >> 4))
            bytes.append(hexDigit(byte & 15))
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x61 + value - 10 }
}

extension JSON: CustomStringConvertible {
    /// Compact JSON.
    public var description: String { text() }
}
