import Machinery

/// `int()`, `string()` and the like.
enum ConversionFunctions {
    static let all: [Overload] = numbers + texts + others

    private static let same: @Sendable (Value) throws(EvaluationError) -> Value? = { $0 }

    private static let numbers: [Overload] = [
        .one("int(int) -> int", .one, same),
        .one("int(uint) -> int") { value throws(EvaluationError) in
            guard case .uint(let number) = value else { return nil }
            guard let whole = Int64(exactly: number) else { throw Arithmetic.intOverflow }
            return .int(whole)
        },
        .one("int(double) -> int") { value throws(EvaluationError) in
            guard case .double(let number) = value else { return nil }
            // As upstream, the ends of the range themselves are beyond it.
            guard number > -9_223_372_036_854_775_808.0, number < 9_223_372_036_854_775_808.0 else { throw Arithmetic.intOverflow }
            return .int(Int64(number))
        },
        .one("int(string) -> int") { value throws(EvaluationError) in
            guard case .string(let text) = value else { return nil }
            guard let whole = Int64(text) else { throw invalidNumber("ParseInt", text) }
            return .int(whole)
        },
        .one("int(timestamp) -> int") { if case .timestamp(let seconds, _) = $0 { .int(seconds) } else { nil } },
        .one("uint(uint) -> uint", .one, same),
        .one("uint(int) -> uint") { value throws(EvaluationError) in
            guard case .int(let number) = value else { return nil }
            guard let whole = UInt64(exactly: number) else { throw Arithmetic.uintOverflow }
            return .uint(whole)
        },
        .one("uint(double) -> uint") { value throws(EvaluationError) in
            guard case .double(let number) = value else { return nil }
            guard number >= 0, number < 18_446_744_073_709_551_616.0 else { throw Arithmetic.uintOverflow }
            return .uint(UInt64(number))
        },
        .one("uint(string) -> uint") { value throws(EvaluationError) in
            guard case .string(let text) = value else { return nil }
            guard !text.hasPrefix("+"), let whole = UInt64(text) else { throw invalidNumber("ParseUint", text) }
            return .uint(whole)
        },
        .one("double(double) -> double", .one, same),
        .one("double(int) -> double") { if case .int(let number) = $0 { .double(Double(number)) } else { nil } },
        .one("double(uint) -> double") { if case .uint(let number) = $0 { .double(Double(number)) } else { nil } },
        .one("double(string) -> double") { value throws(EvaluationError) in
            guard case .string(let text) = value else { return nil }
            guard let number = Double(text) else { throw invalidNumber("ParseFloat", text) }
            return .double(number)
        },
    ]

    private static func invalidNumber(_ function: String, _ text: String) -> EvaluationError {
        EvaluationError("strconv.\(function): parsing \(JSON.quoted(text)): invalid syntax")
    }

    private static let plain: @Sendable (Value) throws(EvaluationError) -> Value? = { value in
        if case .double(let number) = value { return .string(GoFloat.printed(number)) }
        return .string(value.plainText)
    }

    private static let texts: [Overload] = [
        .one("string(string) -> string", .one, same), .one("string(bool) -> string", .one, plain),
        .one("string(int) -> string", .one, plain), .one("string(uint) -> string", .one, plain),
        .one("string(double) -> string", .one, plain), .one("string(timestamp) -> string", .one, plain),
        .one("string(duration) -> string", .one, plain),
        .one("string(bytes) -> string", .text(1)) { value throws(EvaluationError) in
            guard case .bytes(let bytes) = value else { return nil }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw EvaluationError("invalid UTF-8 in bytes, cannot convert to string")
            }
            return .string(text)
        },
        .one("bytes(bytes) -> bytes", .one, same),
        .one("bytes(string) -> bytes", .text(1)) { if case .string(let text) = $0 { .bytes(Array(text.utf8)) } else { nil } },
    ]

    private static let others: [Overload] = [
        .one("bool(bool) -> bool", .one, same),
        .one("bool(string) -> bool") { value throws(EvaluationError) in
            guard case .string(let text) = value else { return nil }
            switch text {
            case "1", "t", "T", "true", "TRUE", "True": return .bool(true)
            case "0", "f", "F", "false", "FALSE", "False": return .bool(false)
            default: throw invalidNumber("ParseBool", text)
            }
        },
        .one("dyn(T) -> dyn", .one, same),
        .one("type(T) -> type(T)") { .type($0.typeName) },
        .one("timestamp(timestamp) -> timestamp", .one, same),
        .one("timestamp(int) -> timestamp") { value throws(EvaluationError) in
            guard case .int(let seconds) = value else { return nil }
            guard TimestampText.range.contains(seconds) else { throw Arithmetic.timestampOverflow }
            return .timestamp(seconds, 0)
        },
        .one("timestamp(string) -> timestamp") { value throws(EvaluationError) in
            guard case .string(let text) = value else { return nil }
            do throws(TimeError) { _ = try Time(parsing: text) } catch { throw EvaluationError(error.description) }
            guard let (seconds, rest) = TimestampText.read(text) else { throw Arithmetic.timestampOverflow }
            return .timestamp(seconds, rest)
        },
        .one("duration(duration) -> duration", .one, same),
        .one("duration(int) -> duration") { if case .int(let nanoseconds) = $0 { .duration(nanoseconds) } else { nil } },
        .one("duration(string) -> duration") { value throws(EvaluationError) in
            guard case .string(let text) = value else { return nil }
            do throws(TimeError) { return .duration(try GoDuration.parse(text).nanoseconds) } catch {
                throw EvaluationError(error.description)
            }
        },
    ]
}
