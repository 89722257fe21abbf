import Machinery

extension Value {
    /// Equality as expressions have it: numbers by their worth, lists and maps by their parts, values of different types never.
    static func isEqual(_ one: Value, _ other: Value) -> Bool {
        switch (one, other) {
        case (.null, .null): true
        case (.bool(let one), .bool(let other)): one == other
        case (.int(let one), .int(let other)): one == other
        case (.uint(let one), .uint(let other)): one == other
        case (.double(let one), .double(let other)): one == other
        case (.string(let one), .string(let other)): one.isExactly(other)
        case (.bytes(let one), .bytes(let other)): one == other
        case (.timestamp(let one, let first), .timestamp(let other, let second)): one == other && first == second
        case (.duration(let one), .duration(let other)): one == other
        case (.type(let one), .type(let other)): one == other
        case (.int, .uint), (.int, .double), (.uint, .int), (.uint, .double), (.double, .int), (.double, .uint): order(one, other) == 0
        case (.optional(.none), .optional(.none)): true
        case (.optional(.some(let one)), .optional(.some(let other))): isEqual(one, other)
        case (.object(let one), .object(let other)): one.isEqual(to: other)
        case (.jsonList(let first, let one), .jsonList(let second, let other)) where one === other:
            first == second || areEqual(one, first, other, second)
        case (.list, .list), (.list, .jsonList), (.jsonList, .list), (.jsonList, .jsonList):
            areEqual(ListView(one), ListView(other))
        case (.jsonMap(let first, let one), .jsonMap(let second, let other)) where one === other && first == second: true
        case (.map, .map), (.map, .jsonMap), (.jsonMap, .map), (.jsonMap, .jsonMap): areEqualMaps(one, other)
        default: false
        }
    }

    private static func areEqual(_ one: Declaration, _ first: [JSON], _ other: Declaration, _ second: [JSON]) -> Bool {
        first.count == second.count && zip(first, second).allSatisfy { isEqual(Value($0, one), Value($1, other)) }
    }

    private static func areEqual(_ one: ListView?, _ other: ListView?) -> Bool {
        guard let one, let other, one.count == other.count else { return false }
        for index in 0..<one.count where !isEqual(one[index], other[index]) { return false }
        return true
    }

    private static func areEqualMaps(_ one: Value, _ other: Value) -> Bool {
        guard let one = MapView(one), let other = MapView(other), one.count == other.count else { return false }
        for (key, value) in one.entries {
            guard let found = other[key], isEqual(value, found) else { return false }
        }
        return true
    }

    /// -1, 0 or 1; nil for values that have no order among them. Numbers of different types are compared by their worth.
    static func order(_ one: Value, _ other: Value) -> Int? {
        switch (one, other) {
        case (.int(let one), .int(let other)): compare(one, other)
        case (.uint(let one), .uint(let other)): compare(one, other)
        case (.double(let one), .double(let other)): compare(one, other)
        case (.int(let one), .uint(let other)): one < 0 ? -1 : compare(UInt64(one), other)
        case (.uint(let one), .int(let other)): other < 0 ? 1 : compare(one, UInt64(other))
        case (.int(let one), .double(let other)): compare(one, other)
        case (.double(let one), .int(let other)): compare(other, one).map { -$0 }
        case (.uint(let one), .double(let other)): compare(one, other)
        case (.double(let one), .uint(let other)): compare(other, one).map { -$0 }
        case (.bool(let one), .bool(let other)): compare(one ? 1 : 0, other ? 1 : 0)
        case (.string(let one), .string(let other)): compare(one, other)
        case (.bytes(let one), .bytes(let other)): one == other ? 0 : one.lexicographicallyPrecedes(other) ? -1 : 1
        case (.timestamp(let one, let first), .timestamp(let other, let second)):
            one == other ? compare(first, second) : compare(one, other)
        case (.duration(let one), .duration(let other)): compare(one, other)
        default: nil
        }
    }

    private static func compare(_ one: String, _ other: String) -> Int {
        if one.isExactly(other) { return 0 }
        // Swift's order of strings is another one than that of their code points.
        return one.utf8.lexicographicallyPrecedes(other.utf8) ? -1 : 1
    }

    private static func compare<T: FixedWidthInteger>(_ one: T, _ other: T) -> Int { one == other ? 0 : one < other ? -1 : 1 }

    /// nil for NaN, which has no place in any order.
    private static func compare(_ one: Double, _ other: Double) -> Int? {
        one == other ? 0 : one < other ? -1 : one > other ? 1 : nil
    }

    /// An integer is compared as the nearest double, as long as the other number is within the bounds of its type.
    /// Source: `compareIntDouble` and `compareUintDouble` of github.com/google/cel-go, common/types.
    private static func compare<T: FixedWidthInteger>(_ one: T, _ other: Double) -> Int? {
        if other < Double(T.min) { return 1 }
        if other > Double(T.max) { return -1 }
        return compare(Double(one), other)
    }
}
