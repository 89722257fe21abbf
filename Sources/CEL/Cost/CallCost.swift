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
    /// Blocks of addresses; true when the other side is a text.
    case containsIP(Bool)
    case containsCIDR(Bool)
    /// A text that is filled in.
    case format
    /// A walk over the second argument's text, by a machine of some size.
    case walkText

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
        case .containsIP(let isText): return Self.traversal(size(0), 2) + (isText ? Self.traversal(size(1)) : 0)
        case .containsCIDR(let isText):
            return Self.traversal(size(0), 2) + Self.traversal(size(0)) + 1 + (isText ? Self.traversal(size(1)) : 0)
        case .format: return Self.traversal(size(0)) + 1
        case .walkText: return Self.traversal(size(1).capped(adding: 1)).capped(times: 15)
        }
    }

    func after(_ result: Value) -> UInt64 { Self.traversal(result.costSize, 2) }

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
