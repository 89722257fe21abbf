import Machinery

/// The functions of Go's templates, and kubectl's.
enum GoTemplateFunctions {
    static let names: Set<String> = [
        "and", "or", "not", "len", "index", "slice", "print", "printf", "println", "html", "js", "urlquery", "eq", "ne", "lt", "le", "gt",
        "ge",
        "call", "exists", "base64decode",
    ]

    static func call(_ name: String, _ arguments: [JSON?]) throws -> JSON? {
        func wrong(_ text: String) -> GoTemplateError { GoTemplateError(line: 1, text: "<\(name)>: error calling \(name): \(text)") }
        func first() throws -> JSON? {
            guard let first = arguments.first else {
                throw GoTemplateError(line: 1, text: "<\(name)>: wrong number of args for \(name): want at least 1 got 0")
            }
            return first
        }
        switch name {
        case "not": return .bool(!GoTemplateEvaluation.isTrue(try first()))
        case "len":
            switch try first() {
            case .string(let text)?: return .int(Int64(text.utf8.count))
            case .array(let elements)?: return .int(Int64(elements.count))
            case .object(let object)?: return .int(Int64(object.count))
            case nil, .null?: throw wrong("len of nil pointer")
            case let value?: throw wrong("len of type \(GoTemplateEvaluation.goType(value))")
            }
        case "index":
            var value: JSON? = try first()
            for key in arguments.dropFirst() { value = try element(of: value, key, wrong) }
            return value
        case "slice": return try slice(try first(), arguments.dropFirst().map { $0?.int }, wrong)
        case "print": return .string(print(arguments))
        case "println": return .string(arguments.map(GoTemplateEvaluation.shown).joined(separator: " ") + "\n")
        case "printf":
            guard case .string(let format)? = try first() else { throw wrong("the format is no text") }
            return .string(GoFormat.text(format, Array(arguments.dropFirst())))
        case "html": return .string(escaped(print(arguments), ["&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&#34;", "'": "&#39;"]))
        case "js":
            return .string(
                escaped(
                    print(arguments),
                    [
                        "\\": "\\\\", "'": "\\'", "\"": "\\\"", "<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "=": "\\u003D",
                        "\n": "\\u000A",
                    ]))
        case "urlquery": return .string(query(print(arguments)))
        case "eq":
            let value: JSON? = try first()
            return .bool(arguments.dropFirst().contains { isEqual(value, $0) })
        case "ne": return .bool(!isEqual(try first(), arguments.count > 1 ? arguments[1] : nil))
        case "lt", "le", "gt", "ge":
            guard arguments.count == 2, let order = order(arguments[0], arguments[1]) else {
                throw wrong("incompatible types for comparison")
            }
            switch name {
            case "lt": return .bool(order < 0)
            case "le": return .bool(order <= 0)
            case "gt": return .bool(order > 0)
            default: return .bool(order >= 0)
            }
        case "exists":
            var value: JSON? = try first()
            for key in arguments.dropFirst() {
                switch (value, key) {
                case (.object(let object)?, .string(let name)?): value = object[name]
                case (.array(let elements)?, .int(let index)?):
                    value = elements.indices.contains(Int(index)) ? elements[Int(index)] : nil
                default: return false
                }
                if value == nil { return false }
            }
            return true
        case "base64decode":
            guard let bytes = Base64Text.decode(try first()?.string ?? "") else { throw wrong("illegal base64 data at input byte 0") }
            return .string(String(decoding: bytes, as: UTF8.self))
        default: throw wrong("cannot be called here")
        }
    }

    private static func element(of value: JSON?, _ key: JSON?, _ wrong: (String) -> GoTemplateError) throws -> JSON? {
        switch (value, key) {
        case (.object(let object)?, .string(let name)?): return object[name]
        case (.array(let elements)?, .int(let index)?):
            guard elements.indices.contains(Int(index)) else { throw wrong("index out of range: \(index)") }
            return elements[Int(index)]
        case (.string(let text)?, .int(let index)?):
            let bytes = Array(text.utf8)
            guard bytes.indices.contains(Int(index)) else { throw wrong("index out of range: \(index)") }
            return .int(Int64(bytes[Int(index)]))
        case (nil, _), (.null?, _): throw wrong("index of untyped nil")
        case (.array?, _), (.string?, _): throw wrong("cannot index slice/array with type \(key.map(GoTemplateEvaluation.goType) ?? "nil")")
        case (.object?, _): throw wrong("value has type \(key.map(GoTemplateEvaluation.goType) ?? "nil"); should be string")
        case (let value?, _): throw wrong("can't index item of type \(GoTemplateEvaluation.goType(value))")
        }
    }

    private static func slice(_ value: JSON?, _ bounds: [Int64?], _ wrong: (String) -> GoTemplateError) throws -> JSON? {
        let count: Int
        switch value {
        case .string(let text)?: count = text.utf8.count
        case .array(let elements)?: count = elements.count
        default: throw wrong("can't slice item of this type")
        }
        let from = Int(bounds.first.flatMap { $0 } ?? 0)
        let to = Int(bounds.dropFirst().first.flatMap { $0 } ?? Int64(count))
        guard from >= 0, from <= to, to <= count else { throw wrong("index out of range: \(max(from, to))") }
        if case .string(let text)? = value { return .string(String(decoding: Array(text.utf8)[from..<to], as: UTF8.self)) }
        return value?.array.map { .array(Array($0[from..<to])) }
    }

    /// As `fmt.Sprint`: a space between two of which neither is text.
    private static func print(_ arguments: [JSON?]) -> String {
        var text: String = ""
        for (index, argument) in arguments.enumerated() {
            if index > 0, arguments[index - 1]?.string == nil, argument?.string == nil { text += " " }
            text += argument.map(GoText.of) ?? "<nil>"
        }
        return text
    }

    private static func isEqual(_ one: JSON?, _ other: JSON?) -> Bool {
        if let one = one?.double, let other = other?.double { return one == other }
        return (one ?? .null) == (other ?? .null)
    }

    private static func order(_ one: JSON?, _ other: JSON?) -> Int? {
        if let one = one?.double, let other = other?.double { return one < other ? -1 : one > other ? 1 : 0 }
        guard let one = one?.string, let other = other?.string else { return nil }
        return one == other ? 0 : one.utf8.lexicographicallyPrecedes(other.utf8) ? -1 : 1
    }

    private static func escaped(_ text: String, _ escapes: [Character: String]) -> String {
        text.map { escapes[$0] ?? String($0) }.joined()
    }

    private static func query(_ text: String) -> String {
        text.utf8.map { byte in
            let scalar = Unicode.Scalar(byte)
            if scalar.isASCII,
                scalar.properties.isAlphabetic || scalar.properties.numericType != nil || "-_.~".unicodeScalars.contains(scalar)
            {
                return String(Character(scalar))
            }
            if byte == UInt8(ascii: " ") { return "+" }
            return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}

/// `fmt.Sprintf` for what templates hold.
enum GoFormat {
    static func text(_ format: String, _ arguments: [JSON?]) -> String {
        var text: String = ""
        var rest: Substring = format[...]
        var waiting: ArraySlice<JSON?> = arguments[...]
        while let character = rest.popFirst() {
            guard character == "%" else {
                text.append(character)
                continue
            }
            let flags: Substring = rest.prefix { "+-# 0".contains($0) }
            rest = rest.dropFirst(flags.count)
            let width: Substring = rest.prefix(while: \.isNumber)
            rest = rest.dropFirst(width.count)
            var precision: Int?
            if rest.first == "." {
                let digits: Substring = rest.dropFirst().prefix(while: \.isNumber)
                rest = rest.dropFirst(1 + digits.count)
                precision = Int(digits) ?? 0
            }
            guard let verb = rest.popFirst() else {
                text += "%!(NOVERB)"
                break
            }
            if verb == "%" {
                text += "%"
                continue
            }
            guard let argument = waiting.popFirst() else {
                text += "%!\(verb)(MISSING)"
                continue
            }
            text += padded(one(verb, argument, precision, flags), Int(width) ?? 0, flags)
        }
        if !waiting.isEmpty {
            text +=
                "%!(EXTRA "
                + waiting.map { "\($0.map(GoTemplateEvaluation.goType) ?? "<nil>")=\($0.map(GoText.of) ?? "")" }.joined(separator: ", ")
                + ")"
        }
        return text
    }

    private static func one(_ verb: Character, _ value: JSON?, _ precision: Int?, _ flags: Substring) -> String {
        let plain: String = value.map(GoText.of) ?? "<nil>"
        func wrong() -> String { "%!\(verb)(\(value.map(GoTemplateEvaluation.goType) ?? "<nil>")=\(plain))" }
        switch (verb, value) {
        case ("v", _): return plain
        case ("s", .string(let text)?): return precision.map { String(text.prefix($0)) } ?? text
        case ("s", .array?), ("s", .object?): return plain
        case ("q", .string(let text)?): return JSON.quoted(text)
        case ("d", .int(let number)?): return flags.contains("+") && number >= 0 ? "+\(number)" : "\(number)"
        case ("x", .int(let number)?): return String(number, radix: 16)
        case ("X", .int(let number)?): return String(number, radix: 16, uppercase: true)
        case ("o", .int(let number)?): return String(number, radix: 8)
        case ("b", .int(let number)?): return String(number, radix: 2)
        case ("c", .int(let number)?): return Unicode.Scalar(UInt32(number)).map { String(Character($0)) } ?? wrong()
        case ("x", .string(let text)?): return text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        case ("t", .bool?): return plain
        case ("T", let value): return value.map(GoTemplateEvaluation.goType) ?? "<nil>"
        case ("f", .number(let text)?): return fixed(Double(text) ?? 0, precision ?? 6)
        case ("g", .number?), ("e", .number?): return plain
        default: return wrong()
        }
    }

    private static func fixed(_ value: Double, _ places: Int) -> String {
        var scale: Double = 1
        for _ in 0..<min(places, 15) { scale *= 10 }
        let rounded = Int64((abs(value) * scale).rounded(.toNearestOrEven))
        var digits = String(rounded)
        while digits.count <= places { digits = "0" + digits }
        let whole: Substring = digits.dropLast(places)
        return (value < 0 ? "-" : "") + whole + (places > 0 ? "." + digits.suffix(places) : "")
    }

    private static func padded(_ text: String, _ width: Int, _ flags: Substring) -> String {
        let missing: Int = width - text.unicodeScalars.count
        guard missing > 0 else { return text }
        let fill: String = flags.contains("0") && !flags.contains("-") ? "0" : " "
        let space = String(repeating: fill, count: missing)
        return flags.contains("-") ? text + space : space + text
    }
}
