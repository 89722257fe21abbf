import Machinery

/// The extension for strings. Indexes count Unicode scalars. Source: github.com/google/cel-go/ext/strings.go.
enum StringFunctions {
    static let all: [Overload] = places + parts + changes + lists

    private static func outOfRange(_ index: Int64) -> EvaluationError { EvaluationError("index out of range: \(index)") }

    private static func scalars(_ value: Value) -> [Unicode.Scalar]? {
        if case .string(let text) = value { Array(text.unicodeScalars) } else { nil }
    }

    static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    // MARK: - Places

    private static let places: [Overload] = [
        .two("<string>charAt(int) -> string", .text(1)) { value, index throws(EvaluationError) in
            guard let text = scalars(value), case .int(let index) = index else { return nil }
            guard index >= 0, index <= Int64(text.count) else { throw outOfRange(index) }
            return .string(index == Int64(text.count) ? "" : string([text[Int(index)]]))
        },
        .two("<string>indexOf(string) -> int", .walk) { value, part throws(EvaluationError) in try indexOf([value, part]) },
        .many("<string>indexOf(string, int) -> int", .walk) { values throws(EvaluationError) in try indexOf(values) },
        .two("<string>lastIndexOf(string) -> int", .walk) { value, part throws(EvaluationError) in try lastIndexOf([value, part]) },
        .many("<string>lastIndexOf(string, int) -> int", .walk) { values throws(EvaluationError) in try lastIndexOf(values) },
    ]

    private static func indexOf(_ values: [Value]) throws(EvaluationError) -> Value? {
        guard let text = scalars(values[0]), let part = scalars(values[1]) else { return nil }
        var start: Int64 = 0
        if values.count > 2 {
            guard case .int(let offset) = values[2] else { return nil }
            start = offset
        }
        if part.isEmpty { return .int(start) }
        guard start >= 0, start < Int64(max(text.count, 1)) else { throw outOfRange(start) }
        return .int(Int64(Text.index(of: part, in: text, from: Int(start)) ?? -1))
    }

    private static func lastIndexOf(_ values: [Value]) throws(EvaluationError) -> Value? {
        guard let text = scalars(values[0]), let part = scalars(values[1]) else { return nil }
        var end: Int64 = Int64(text.count)
        if values.count > 2 {
            guard case .int(let offset) = values[2] else { return nil }
            guard offset >= 0, offset < Int64(text.count) else { throw outOfRange(offset) }
            end = offset
        }
        if part.isEmpty { return .int(end) }
        // Backwards, the last is the first.
        let reversed: [Unicode.Scalar] = text.prefix(min(text.count, Int(end) + part.count)).reversed()
        guard let found = Text.index(of: part.reversed(), in: reversed, from: 0) else { return .int(-1) }
        return .int(Int64(reversed.count - found - part.count))
    }

    // MARK: - Parts

    private static let parts: [Overload] = [
        .two("<string>substring(int) -> string", .text(1)) { value, start throws(EvaluationError) in
            guard let text = scalars(value), case .int(let start) = start else { return nil }
            guard start >= 0, start <= Int64(text.count) else { throw outOfRange(start) }
            return .string(string(text[Int(start)...]))
        },
        .many("<string>substring(int, int) -> string", .text(1)) { values throws(EvaluationError) in
            guard let text = scalars(values[0]), case .int(let start) = values[1], case .int(let end) = values[2] else { return nil }
            guard start <= end else { throw EvaluationError("invalid substring range. start: \(start), end: \(end)") }
            guard start >= 0, start <= Int64(text.count) else { throw outOfRange(start) }
            guard end >= 0, end <= Int64(text.count) else { throw outOfRange(end) }
            return .string(string(text[Int(start)..<Int(end)]))
        },
        .two("<string>split(string) -> list(string)", .split) { value, separator in split(value, separator, -1) },
        .many("<string>split(string, int) -> list(string)", .split) { values in
            guard case .int(let limit) = values[2] else { return nil }
            return split(values[0], values[1], limit)
        },
    ]

    private static func split(_ value: Value, _ separator: Value, _ limit: Int64) -> Value? {
        guard case .string(let whole) = value, case .string(let mark) = separator else { return nil }
        if limit == 0 { return .list([]) }
        if limit == 1 { return .list([value]) }
        let most: Int = limit < 0 ? .max : Int(limit)
        var pieces: [Value] = []
        if mark.isEmpty {
            let scalars: [Unicode.Scalar] = Array(whole.unicodeScalars)
            for (index, scalar) in scalars.enumerated() {
                if pieces.count == most - 1 {
                    pieces.append(.string(string(scalars[index...])))
                    return .list(pieces)
                }
                pieces.append(.string(string([scalar])))
            }
            return .list(pieces)
        }
        let text: [UInt8] = Array(whole.utf8)
        let needle: [UInt8] = Array(mark.utf8)
        for part in occurrences(of: needle, in: text, atMost: most - 1) {
            pieces.append(.string(String(decoding: text[part], as: UTF8.self)))
        }
        return .list(pieces)
    }

    /// What stands between the occurrences of a text, at most so many of which are looked at.
    private static func occurrences(of needle: [UInt8], in text: [UInt8], atMost most: Int) -> [Range<Int>] {
        var parts: [Range<Int>] = []
        var start: Int = 0
        while parts.count < most, let found = Text.next(needle, in: text, from: start) {
            parts.append(start..<found)
            start = found + needle.count
        }
        parts.append(start..<text.count)
        return parts
    }

    // MARK: - Changes

    private static let changes: [Overload] = [
        .one("<string>lowerAscii() -> string", .text(1)) { value in
            map(value) { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
        },
        .one("<string>upperAscii() -> string", .text(1)) { value in
            map(value) { (0x61...0x7A).contains($0) ? $0 - 0x20 : $0 }
        },
        .one("<string>trim() -> string", .text(1)) { value in
            guard let text = scalars(value) else { return nil }
            let start: Int = text.firstIndex { !$0.properties.isWhitespace } ?? text.count
            let end: Int = text.lastIndex { !$0.properties.isWhitespace } ?? -1
            return .string(start <= end ? string(text[start...end]) : "")
        },
        .one("<string>reverse() -> string", .text(1)) { value in scalars(value).map { .string(string($0.reversed())) } },
        .many("<string>replace(string, string) -> string", .replace) { values throws(EvaluationError) in try replace(values, -1) },
        .many("<string>replace(string, string, int) -> string", .replace) { values throws(EvaluationError) in
            guard case .int(let limit) = values[3] else { return nil }
            return try replace(values, limit)
        },
        .one("strings.quote(string) -> string", .text(1)) { if case .string(let text) = $0 { .string(quoted(text)) } else { nil } },
        .two("<string>format(list(dyn)) -> string", .format) { value, arguments throws(EvaluationError) in
            guard case .string(let format) = value, let list = ListView(arguments) else { return nil }
            var formatter = TextFormatter(format, list.values)
            return .string(try formatter.text())
        },
    ]

    private static func map(_ value: Value, _ change: (UInt8) -> UInt8) -> Value? {
        guard case .string(let text) = value else { return nil }
        return .string(String(decoding: text.utf8.map(change), as: UTF8.self))
    }

    /// Bytes of the longest text that a replacement may make.
    private static let lengthLimit = 16 << 20

    private static func replace(_ values: [Value], _ limit: Int64) throws(EvaluationError) -> Value? {
        guard case .string(let whole) = values[0], case .string(let wanted) = values[1], case .string(let new) = values[2] else {
            return nil
        }
        guard limit != 0 else { return values[0] }
        let most: Int = limit < 0 ? .max - 1 : Int(limit)
        var result: [UInt8] = []
        if wanted.isEmpty {
            var count: Int = 0
            for scalar in whole.unicodeScalars {
                if count < most { result += new.utf8 }
                count += 1
                result += UTF8.encode(scalar)!
                guard result.count < lengthLimit else { throw .tooExpensive }
            }
            if count < most { result += new.utf8 }
            return .string(String(decoding: result, as: UTF8.self))
        }
        let text: [UInt8] = Array(whole.utf8)
        for (index, part) in occurrences(of: Array(wanted.utf8), in: text, atMost: most).enumerated() {
            if index > 0 { result += new.utf8 }
            result += text[part]
            guard result.count < lengthLimit else { throw .tooExpensive }
        }
        return .string(String(decoding: result, as: UTF8.self))
    }

    /// Escapes what a literal would have to.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\u{07}": result += "\\a"
            case "\u{08}": result += "\\b"
            case "\u{0C}": result += "\\f"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{0B}": result += "\\v"
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    // MARK: - Lists of strings

    private static let lists: [Overload] = [
        .one("<list(string)>join() -> string", .join) { list throws(EvaluationError) in try join(list, "") },
        .two("<list(string)>join(string) -> string", .join) { list, mark throws(EvaluationError) in
            guard case .string(let text) = mark else { return nil }
            return try join(list, text)
        },
    ]

    private static func join(_ value: Value, _ mark: String) throws(EvaluationError) -> Value? {
        guard let list = ListView(value) else { return nil }
        var result: String = ""
        for index in 0..<list.count {
            guard case .string(let text) = list[index] else { return nil }
            if index > 0 { result += mark }
            result += text
            guard result.utf8.count < lengthLimit else { throw .tooExpensive }
        }
        return .string(result)
    }
}

extension Text {
    /// As ``index(of:in:from:)``, stepping from one occurrence to the next.
    static func next(_ needle: [UInt8], in text: [UInt8], from start: Int) -> Int? {
        guard needle.count <= text.count - start else { return nil }
        // Short ones are looked for byte by byte; long ones cleverly, so that no text takes long.
        guard needle.count <= 4 else { return index(of: needle, in: text, from: start) }
        var at: Int = start
        while at + needle.count <= text.count {
            if text[at] == needle[0], text[at..<at + needle.count].elementsEqual(needle) { return at }
            at += 1
        }
        return nil
    }
}
