import Machinery

/// The operators and functions of the language itself. Operators have steps of their own; here stand the types that they take.
enum StandardFunctions {
    static let all: [Overload] = logic + relations + arithmetic + members + texts

    private static let operation: @Sendable ([Value]) throws(EvaluationError) -> Value? = { _ in nil }

    private static func type(_ signature: StaticString) -> Overload { .many(signature, .one, operation) }

    private static let logic: [Overload] = [
        type("_&&_(bool, bool) -> bool"), type("_||_(bool, bool) -> bool"), type("!_(bool) -> bool"), type("_?_:_(bool, T, T) -> T"),
    ]

    private static let relations: [Overload] = [
        type("_==_(T, T) -> bool"), type("_!=_(T, T) -> bool"),
        type("_<_(bool, bool) -> bool"), type("_<_(int, int) -> bool"), type("_<_(int, double) -> bool"), type("_<_(int, uint) -> bool"),
        type("_<_(uint, uint) -> bool"), type("_<_(uint, double) -> bool"), type("_<_(uint, int) -> bool"),
        type("_<_(double, double) -> bool"), type("_<_(double, int) -> bool"), type("_<_(double, uint) -> bool"),
        type("_<_(string, string) -> bool"), type("_<_(bytes, bytes) -> bool"), type("_<_(timestamp, timestamp) -> bool"),
        type("_<_(duration, duration) -> bool"),
        type("_<=_(bool, bool) -> bool"), type("_<=_(int, int) -> bool"), type("_<=_(int, double) -> bool"),
        type("_<=_(int, uint) -> bool"), type("_<=_(uint, uint) -> bool"), type("_<=_(uint, double) -> bool"),
        type("_<=_(uint, int) -> bool"), type("_<=_(double, double) -> bool"), type("_<=_(double, int) -> bool"),
        type("_<=_(double, uint) -> bool"), type("_<=_(string, string) -> bool"), type("_<=_(bytes, bytes) -> bool"),
        type("_<=_(timestamp, timestamp) -> bool"), type("_<=_(duration, duration) -> bool"),
        type("_>_(bool, bool) -> bool"), type("_>_(int, int) -> bool"), type("_>_(int, double) -> bool"), type("_>_(int, uint) -> bool"),
        type("_>_(uint, uint) -> bool"), type("_>_(uint, double) -> bool"), type("_>_(uint, int) -> bool"),
        type("_>_(double, double) -> bool"), type("_>_(double, int) -> bool"), type("_>_(double, uint) -> bool"),
        type("_>_(string, string) -> bool"), type("_>_(bytes, bytes) -> bool"), type("_>_(timestamp, timestamp) -> bool"),
        type("_>_(duration, duration) -> bool"),
        type("_>=_(bool, bool) -> bool"), type("_>=_(int, int) -> bool"), type("_>=_(int, double) -> bool"),
        type("_>=_(int, uint) -> bool"), type("_>=_(uint, uint) -> bool"), type("_>=_(uint, double) -> bool"),
        type("_>=_(uint, int) -> bool"), type("_>=_(double, double) -> bool"), type("_>=_(double, int) -> bool"),
        type("_>=_(double, uint) -> bool"), type("_>=_(string, string) -> bool"), type("_>=_(bytes, bytes) -> bool"),
        type("_>=_(timestamp, timestamp) -> bool"), type("_>=_(duration, duration) -> bool"),
        type("@in(T, list(T)) -> bool"), type("@in(K, map(K, V)) -> bool"),
    ]

    private static let arithmetic: [Overload] = [
        type("_+_(int, int) -> int"), type("_+_(uint, uint) -> uint"), type("_+_(double, double) -> double"),
        type("_+_(string, string) -> string"), type("_+_(bytes, bytes) -> bytes"), type("_+_(list(T), list(T)) -> list(T)"),
        type("_+_(timestamp, duration) -> timestamp"), type("_+_(duration, timestamp) -> timestamp"),
        type("_+_(duration, duration) -> duration"),
        type("_-_(int, int) -> int"), type("_-_(uint, uint) -> uint"), type("_-_(double, double) -> double"),
        type("_-_(timestamp, timestamp) -> duration"), type("_-_(timestamp, duration) -> timestamp"),
        type("_-_(duration, duration) -> duration"),
        type("_*_(int, int) -> int"), type("_*_(uint, uint) -> uint"), type("_*_(double, double) -> double"),
        type("_/_(int, int) -> int"), type("_/_(uint, uint) -> uint"), type("_/_(double, double) -> double"),
        type("_%_(int, int) -> int"), type("_%_(uint, uint) -> uint"),
        .one("-_(int) -> int") { value throws(EvaluationError) in
            guard case .int(let number) = value else { return nil }
            guard number != .min else { throw Arithmetic.intOverflow }
            return .int(-number)
        },
        .one("-_(double) -> double") { if case .double(let number) = $0 { .double(-number) } else { nil } },
        .one("-_(duration) -> duration") { value throws(EvaluationError) in
            guard case .duration(let span) = value else { return nil }
            guard span != .min else { throw Arithmetic.durationOverflow }
            return .duration(-span)
        },
    ]

    private static let members: [Overload] = [
        type("_[_](list(T), int) -> T"), type("_[_](map(K, V), K) -> V"), type("_[_](optional(list(T)), int) -> optional(T)"),
        type("_[_](optional(map(K, V)), K) -> optional(V)"),
        type("_[?_](list(T), int) -> optional(T)"), type("_[?_](map(K, V), K) -> optional(V)"),
        type("_[?_](optional(list(T)), int) -> optional(T)"), type("_[?_](optional(map(K, V)), K) -> optional(V)"),
        .one("size(string) -> int", .one, size), .one("size(bytes) -> int", .one, size), .one("size(list(T)) -> int", .one, size),
        .one("size(map(K, V)) -> int", .one, size), .one("<string>size() -> int", .one, size), .one("<bytes>size() -> int", .one, size),
        .one("<list(T)>size() -> int", .one, size), .one("<map(K, V)>size() -> int", .one, size),
    ]

    private static let size: @Sendable (Value) throws(EvaluationError) -> Value? = { value in value.size.map { .int(Int64($0)) } }

    private static let texts: [Overload] = [
        .two("<string>contains(string) -> bool", .contains) { Text.bool($0, $1) { Text.index(of: $1, in: $0, from: 0) != nil } },
        .two("<string>startsWith(string) -> bool", .affix) { Text.bool($0, $1) { $0.utf8.starts(with: $1.utf8) } },
        .two("<string>endsWith(string) -> bool", .affix) {
            Text.bool($0, $1) { $0.utf8.count >= $1.utf8.count && $0.utf8.suffix($1.utf8.count).elementsEqual($1.utf8) }
        },
        .two("<string>matches(string) -> bool", .matches) { _, _ in nil },
        .two("matches(string, string) -> bool", .matches) { _, _ in nil },
    ]
}

/// Texts as the libraries look at them: by their bytes or their Unicode scalars, never by what looks alike.
enum Text {
    static func bool(_ one: Value, _ other: Value, _ test: (String, String) -> Bool) -> Value? {
        guard case .string(let one) = one, case .string(let other) = other else { return nil }
        return .bool(test(one, other))
    }

    /// Offset in bytes of a text in another, not before a place. In time that grows with the longer text, whatever the texts are.
    static func index(of needle: String, in text: String, from start: Int) -> Int? {
        index(of: Array(needle.utf8), in: Array(text.utf8), from: start)
    }

    /// Source: Knuth, Morris and Pratt.
    static func index<T: Equatable>(of needle: [T], in text: [T], from start: Int) -> Int? {
        guard start <= text.count else { return nil }
        guard !needle.isEmpty else { return start }
        guard needle.count <= text.count - start else { return nil }
        let failure: [Int] = failures(needle)
        var matched: Int = 0
        for index in start..<text.count {
            while matched > 0, needle[matched] != text[index] { matched = failure[matched - 1] }
            if needle[matched] == text[index] { matched += 1 }
            if matched == needle.count { return index - matched + 1 }
        }
        return nil
    }

    private static func failures<T: Equatable>(_ needle: [T]) -> [Int] {
        var failure: [Int] = Array(repeating: 0, count: needle.count)
        var matched: Int = 0
        for index in 1..<max(needle.count, 1) {
            while matched > 0, needle[matched] != needle[index] { matched = failure[matched - 1] }
            if needle[matched] == needle[index] { matched += 1 }
            failure[index] = matched
        }
        return failure
    }
}
