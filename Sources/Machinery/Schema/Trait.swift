/// What a field declares beside its name and type: whether it must be there, how lists merge, and rules for its value.
public enum Trait: Sendable {
    /// OpenAPI lists the field as required; validation says `Required value` when it is absent or empty.
    case required
    /// OpenAPI lists the field as required, but an empty value is valid (Go writes it always, also when zero).
    case always
    /// Go writes the field always, its zero value too, although OpenAPI does not list it as required.
    case written
    /// The value may not change once set: `field is immutable`.
    case immutable
    /// Strategic merge patch merges the list by this member of its elements; server-side apply sees a map with the same key.
    case merge(key: String)
    /// Strategic merge patch merges a list of plain values; server-side apply sees a set.
    case mergeSet
    /// Strategic merge patch drops the members of the object that the patch does not name.
    case retainKeys
    /// Strategic merge patch replaces the object instead of merging it.
    case replace
    /// Server-side apply: a list that is owned as a whole.
    case atomic
    /// Server-side apply: the members of the object are owned one by one, although its type is owned as a whole elsewhere.
    case granular
    /// Server-side apply: a list of objects that these members identify. Overrides the key given by `merge`.
    case listMap(keys: [String])
    /// Server-side apply: a list of unique plain values.
    case listSet
    /// A rule for the value when it is there.
    case rule(Rule)
}

extension Trait {
    public static func atLeast(_ least: Int64) -> Trait { .rule(.atLeast(least)) }
    public static func atMost(_ most: Int64) -> Trait { .rule(.atMost(most)) }
    public static func between(_ least: Int64, _ most: Int64) -> Trait { .rule(.between(least, most)) }
    public static func oneOf(_ values: String...) -> Trait { .rule(.oneOf(values)) }
    public static func maxLength(_ most: Int) -> Trait { .rule(.maxLength(most)) }
    /// The texts that a checker of ``Names`` gives for a bad string.
    public static func format(_ problems: @escaping @Sendable (String) -> [String]) -> Trait { .rule(.format(problems)) }
    /// Any other rule.
    public static func check(_ check: @escaping @Sendable (JSON, Path, inout Problems) -> Void) -> Trait { .rule(.check(check)) }
}

/// A condition on one value, with the text that Kubernetes gives when it is broken.
public enum Rule: Sendable {
    case atLeast(Int64)
    case atMost(Int64)
    case between(Int64, Int64)
    case oneOf([String])
    case maxLength(Int)
    case format(@Sendable (String) -> [String])
    case check(@Sendable (JSON, Path, inout Problems) -> Void)

    /// - Parameter path: made for the rules that ask for it, and for what is wrong.
    func validate(_ value: JSON, _ path: @autoclosure () -> Path, _ problems: inout Problems) {
        switch self {
        case .atLeast(let least):
            if let number = value.int, number < least {
                problems.invalid(path(), value, "must be greater than or equal to \(least)")
            }
        case .atMost(let most):
            if let number = value.int, number > most { problems.invalid(path(), value, "must be less than or equal to \(most)") }
        case .between(let least, let most):
            if let number = value.int, number < least || number > most {
                problems.invalid(path(), value, "must be between \(least) and \(most), inclusive")
            }
        case .oneOf(let values):
            if let text = value.string, !values.contains(text) { problems.notSupported(path(), value, supported: values) }
        case .maxLength(let most):
            if let text = value.string, text.utf8.count > most {
                problems.tooLong(path(), "may not be more than \(most) bytes")
            }
        case .format(let check):
            if let text = value.string { for detail in check(text) { problems.invalid(path(), value, detail) } }
        case .check(let check):
            check(value, path(), &problems)
        }
    }
}
