/// Kubernetes' functions for lists. Source: k8s.io/apiserver/pkg/cel/library/lists.go.
enum ListFunctions {
    static let all: [Overload] = sorted + extremes + sums + places

    private static let sorted: [Overload] = [
        .one("<list(int)>isSorted() -> bool", .walk, isSorted), .one("<list(uint)>isSorted() -> bool", .walk, isSorted),
        .one("<list(double)>isSorted() -> bool", .walk, isSorted), .one("<list(bool)>isSorted() -> bool", .walk, isSorted),
        .one("<list(duration)>isSorted() -> bool", .walk, isSorted), .one("<list(timestamp)>isSorted() -> bool", .walk, isSorted),
        .one("<list(string)>isSorted() -> bool", .walk, isSorted), .one("<list(bytes)>isSorted() -> bool", .walk, isSorted),
    ]

    private static let isSorted: @Sendable (Value) throws(EvaluationError) -> Value? = { value throws(EvaluationError) in
        guard let list = ListView(value) else { return nil }
        guard list.count > 1 else { return .bool(true) }
        var one: Value = list[0]
        for index in 1..<list.count {
            let other: Value = list[index]
            guard let order = Value.order(one, other) else { throw .noOverload("isSorted", [one, other]) }
            if order > 0 { return .bool(false) }
            one = other
        }
        return .bool(true)
    }

    private static let extremes: [Overload] = [
        .one("<list(int)>min() -> int", .walk, least), .one("<list(uint)>min() -> uint", .walk, least),
        .one("<list(double)>min() -> double", .walk, least), .one("<list(bool)>min() -> bool", .walk, least),
        .one("<list(duration)>min() -> duration", .walk, least), .one("<list(timestamp)>min() -> timestamp", .walk, least),
        .one("<list(string)>min() -> string", .walk, least), .one("<list(bytes)>min() -> bytes", .walk, least),
        .one("<list(int)>max() -> int", .walk, greatest), .one("<list(uint)>max() -> uint", .walk, greatest),
        .one("<list(double)>max() -> double", .walk, greatest), .one("<list(bool)>max() -> bool", .walk, greatest),
        .one("<list(duration)>max() -> duration", .walk, greatest), .one("<list(timestamp)>max() -> timestamp", .walk, greatest),
        .one("<list(string)>max() -> string", .walk, greatest), .one("<list(bytes)>max() -> bytes", .walk, greatest),
    ]

    private static let least: @Sendable (Value) throws(EvaluationError) -> Value? = { value throws(EvaluationError) in
        try extreme(value, "min", -1)
    }

    private static let greatest: @Sendable (Value) throws(EvaluationError) -> Value? = { value throws(EvaluationError) in
        try extreme(value, "max", 1)
    }

    private static func extreme(_ value: Value, _ name: String, _ sign: Int) throws(EvaluationError) -> Value? {
        guard let list = ListView(value) else { return nil }
        guard list.count > 0 else { throw EvaluationError("\(name) called on empty list") }
        var best: Value = list[0]
        for index in 1..<max(list.count, 1) {
            let other: Value = list[index]
            guard let order = Value.order(other, best) else { throw .noOverload(name, [best, other]) }
            if order == sign { best = other }
        }
        return best
    }

    private static let sums: [Overload] = [
        .one("<list(int)>sum() -> int", .walk) { value throws(EvaluationError) in try sum(value, .int(0)) },
        .one("<list(uint)>sum() -> uint", .walk) { value throws(EvaluationError) in try sum(value, .uint(0)) },
        .one("<list(double)>sum() -> double", .walk) { value throws(EvaluationError) in try sum(value, .double(0)) },
        .one("<list(duration)>sum() -> duration", .walk) { value throws(EvaluationError) in try sum(value, .duration(0)) },
    ]

    private static func sum(_ value: Value, _ start: Value) throws(EvaluationError) -> Value? {
        guard let list = ListView(value) else { return nil }
        var total: Value = start
        for index in 0..<list.count { total = try Arithmetic.add.apply(total, list[index]) }
        return total
    }

    private static let places: [Overload] = [
        .two("<list(T)>indexOf(T) -> int", .walk) { value, wanted in
            guard let list = ListView(value) else { return nil }
            return .int(Int64((0..<list.count).first { Value.isEqual(list[$0], wanted) } ?? -1))
        },
        .two("<list(T)>lastIndexOf(T) -> int", .walk) { value, wanted in
            guard let list = ListView(value) else { return nil }
            return .int(Int64((0..<list.count).last { Value.isEqual(list[$0], wanted) } ?? -1))
        },
    ]
}

/// Lists as sets. Source: github.com/google/cel-go/ext/sets.go.
enum SetFunctions {
    static let all: [Overload] = [
        .two("sets.contains(list(T), list(T)) -> bool", .product) { one, other in
            guard let one = ListView(one), let other = ListView(other) else { return nil }
            return .bool(contains(one, other))
        },
        .two("sets.equivalent(list(T), list(T)) -> bool", .product) { one, other in
            guard let one = ListView(one), let other = ListView(other) else { return nil }
            return .bool(contains(one, other) && contains(other, one))
        },
        .two("sets.intersects(list(T), list(T)) -> bool", .product) { one, other in
            guard let one = ListView(one), let other = ListView(other) else { return nil }
            return .bool((0..<one.count).contains { has(other, one[$0]) })
        },
    ]

    private static func has(_ list: ListView, _ value: Value) -> Bool { (0..<list.count).contains { Value.isEqual(list[$0], value) } }

    private static func contains(_ one: ListView, _ other: ListView) -> Bool { (0..<other.count).allSatisfy { has(one, other[$0]) } }
}
