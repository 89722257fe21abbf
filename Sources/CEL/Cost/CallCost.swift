/// What a call of a function costs beside its arguments.
///
/// Source: `costCall` of github.com/google/cel-go/interpreter and `CallCost` of k8s.io/apiserver/pkg/cel/library.
enum CallCost: Sendable {
    case one
    /// An authorization check: two of them fit into an expression.
    case check
    /// A walk over the first argument's text, so often.
    case text(Double)
    /// The estimate walks over the second argument: prefixes and suffixes.
    case affix
    /// A walk over a list with all that is in it, or over a text.
    case walk
    case contains
    case matches
    /// As `matches`, with a result as long as the text.
    case find
    case replace
    case split
    case join
    /// Every element of one list against every one of another.
    case product
    /// A list that is made of another.
    case list(ListWork)
    /// Blocks of addresses; true when the other side is a text.
    case containsIP(Bool)
    case containsCIDR(Bool)
    /// A text that is filled in.
    case format
    /// A walk over the second argument's text, by a machine of some size.
    case walkText

    /// What is done for each element. Source: the estimators and trackers of github.com/google/cel-go/ext/lists.go.
    enum ListWork {
        case slice
        case range
        case reverse
        /// As deep as the second argument says.
        case flatten
        /// Each against each.
        case distinct
        /// Each key against each; the keys are the last argument.
        case sort
    }

    /// Of a call that makes a list.
    static let madeList: UInt64 = 11

    static func traversal(_ size: UInt64, _ times: Double = 1) -> UInt64 { size.scaled(by: 0.1 * times) }

    static func ofComparison(_ one: Value, _ other: Value) -> UInt64 {
        switch (one, other) {
        case (.int, _), (.bool, _), (.double, _): 1
        default: traversal(min(one.costSize, other.costSize))
        }
    }

    var dependsOnResult: Bool { if case .join = self { true } else { false } }

    /// Known before the call is made.
    func before(_ arguments: [Value]) -> UInt64 {
        func size(_ index: Int) -> UInt64 { index < arguments.count ? arguments[index].costSize : 0 }
        switch self {
        case .one: return 1
        case .check: return 350_000
        case .text(let times): return Self.traversal(size(0), times)
        case .affix: return Self.traversal(size(0))
        case .walk: return arguments.first.map(Self.walkCost) ?? 1
        case .contains: return Self.traversal(size(0)).capped(times: Self.traversal(size(1)))
        case .matches, .find:
            return Self.traversal(size(0).capped(adding: 1)).capped(times: size(1).scaled(by: 0.25))
        case .replace, .split: return Self.traversal(size(0), 2)
        case .join: return 0
        case .product: return 1 + size(0).capped(times: size(1))
        case .list(let work): return Self.listCost(work, arguments).capped(adding: Self.madeList)
        case .containsIP(let isText): return Self.traversal(size(0), 2) + (isText ? Self.traversal(size(1)) : 0)
        case .containsCIDR(let isText):
            return Self.traversal(size(0), 2) + Self.traversal(size(0)) + 1 + (isText ? Self.traversal(size(1)) : 0)
        case .format: return Self.traversal(size(0)) + 1
        case .walkText: return Self.traversal(size(1).capped(adding: 1)).capped(times: 15)
        }
    }

    func after(_ result: Value) -> UInt64 { Self.traversal(result.costSize, 2) }

    private static func listCost(_ work: ListWork, _ arguments: [Value]) -> UInt64 {
        func number(_ index: Int, else other: UInt64) -> UInt64 {
            guard index < arguments.count, case .int(let number) = arguments[index] else { return other }
            return UInt64(clamping: number)
        }
        let size: UInt64 = arguments[0].costSize
        switch work {
        case .slice: return min(size, number(2, else: 0) &- min(number(1, else: 0), number(2, else: 0)))
        case .range: return number(0, else: 0)
        case .reverse: return size
        case .flatten: return size.capped(times: number(1, else: 1))
        case .distinct: return square(arguments[0])
        case .sort: return square(arguments[arguments.count - 1])
        }
    }

    private static func square(_ list: Value) -> UInt64 {
        let size: UInt64 = list.costSize
        guard size > 0, let first = ListView(list)?[0] else { return 0 }
        let isText: Bool = first.typeName == "string" || first.typeName == "bytes"
        return size.capped(times: size).scaled(by: isText ? 2.1 : 2)
    }

    private static func walkCost(_ value: Value) -> UInt64 {
        switch value {
        case .string(let text): return UInt64(Double(text.utf8.count) * 0.1)
        case .bytes(let bytes): return UInt64(Double(bytes.count) * 0.1)
        default: break
        }
        if let list = ListView(value) { return (0..<list.count).reduce(0) { $0 + walkCost(list[$1]) } }
        if let map = MapView(value) { return map.entries.reduce(0) { $0 + walkCost($1.key) + walkCost($1.value) } }
        return 1
    }
}
