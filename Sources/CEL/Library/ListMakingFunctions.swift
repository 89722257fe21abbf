/// Functions that make a list of a list. Source: github.com/google/cel-go/ext/lists.go, version 3, which Kubernetes has since 1.34.
enum ListMakingFunctions {
    static let all: [Overload] = parts + sorts

    private static let parts: [Overload] = [
        .many("<list(T)>slice(int, int) -> list(T)", .list(.slice)) { values throws(EvaluationError) in
            guard let list = ListView(values[0]), case .int(let start) = values[1], case .int(let end) = values[2] else { return nil }
            let complaint: String? =
                if start < 0 || end < 0 {
                    "negative indexes not supported"
                } else if start > end {
                    "start index must be less than or equal to end index"
                } else {
                    list.count < end ? "list is length \(list.count)" : nil
                }
            if let complaint { throw EvaluationError("cannot slice(\(start), \(end)), \(complaint)") }
            return .list((Int(start)..<Int(end)).map { list[$0] })
        },
        .one("<list(list(T))>flatten() -> list(T)", .list(.flatten)) { value in ListView(value).map { .list(flat($0, 1)) } },
        .two("<list(dyn)>flatten(int) -> list(dyn)", .list(.flatten)) { value, depth throws(EvaluationError) in
            guard let list = ListView(value), case .int(let depth) = depth else { return nil }
            guard depth >= 0 else { throw EvaluationError("level must be non-negative") }
            return .list(flat(list, depth))
        },
        .one("lists.range(int) -> list(int)", .list(.range)) { value throws(EvaluationError) in
            guard case .int(let count) = value else { return nil }
            guard count >= 0 else { throw EvaluationError("lists.range: size must be non-negative, got \(count)") }
            return .list((0..<count).map { .int($0) })
        },
        .one("<list(T)>reverse() -> list(T)", .list(.reverse)) { value in ListView(value).map { .list($0.values.reversed()) } },
        .one("<list(T)>distinct() -> list(T)", .list(.distinct)) { value in
            guard let list = ListView(value) else { return nil }
            var kept: [Value] = []
            for value in list.values where !kept.contains(where: { Value.isEqual($0, value) }) { kept.append(value) }
            return .list(kept)
        },
    ]

    private static func flat(_ list: ListView, _ depth: Int64) -> [Value] {
        guard depth > 0 else { return list.values }
        return list.values.flatMap { value in ListView(value).map { flat($0, depth - 1) } ?? [value] }
    }

    private static let sorts: [Overload] = [
        .one("<list(int)>sort() -> list(int)", .list(.sort), sorted), .one("<list(uint)>sort() -> list(uint)", .list(.sort), sorted),
        .one("<list(double)>sort() -> list(double)", .list(.sort), sorted), .one("<list(bool)>sort() -> list(bool)", .list(.sort), sorted),
        .one("<list(duration)>sort() -> list(duration)", .list(.sort), sorted),
        .one("<list(timestamp)>sort() -> list(timestamp)", .list(.sort), sorted),
        .one("<list(string)>sort() -> list(string)", .list(.sort), sorted),
        .one("<list(bytes)>sort() -> list(bytes)", .list(.sort), sorted),
        .two("<list(T)>@sortByAssociatedKeys(list(int)) -> list(T)", .list(.sort), ordered),
        .two("<list(T)>@sortByAssociatedKeys(list(uint)) -> list(T)", .list(.sort), ordered),
        .two("<list(T)>@sortByAssociatedKeys(list(double)) -> list(T)", .list(.sort), ordered),
        .two("<list(T)>@sortByAssociatedKeys(list(bool)) -> list(T)", .list(.sort), ordered),
        .two("<list(T)>@sortByAssociatedKeys(list(duration)) -> list(T)", .list(.sort), ordered),
        .two("<list(T)>@sortByAssociatedKeys(list(timestamp)) -> list(T)", .list(.sort), ordered),
        .two("<list(T)>@sortByAssociatedKeys(list(string)) -> list(T)", .list(.sort), ordered),
        .two("<list(T)>@sortByAssociatedKeys(list(bytes)) -> list(T)", .list(.sort), ordered),
    ]

    private static let sorted: @Sendable (Value) throws(EvaluationError) -> Value? = { list throws(EvaluationError) in
        try ordered(list, list)
    }

    /// The elements of one list in the order of the other's, which has a key for each.
    private static let ordered: @Sendable (Value, Value) throws(EvaluationError) -> Value? = { list, keys throws(EvaluationError) in
        guard let list = ListView(list), let keys = ListView(keys)?.values else { return nil }
        guard let first = keys.first else { return .list([]) }
        guard Value.order(first, first) != nil || first.typeName == "double" else {
            throw EvaluationError("list elements must be comparable")
        }
        guard keys.allSatisfy({ $0.typeName == first.typeName }) else {
            throw EvaluationError("list elements must have the same type")
        }
        return .list(keys.indices.sorted { Value.order(keys[$0], keys[$1]) == -1 }.map { list[$0] })
    }
}
