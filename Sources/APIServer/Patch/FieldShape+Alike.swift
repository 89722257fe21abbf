import Machinery

extension FieldShape {
    /// Whether two values have the same fields, with as much in them as a creation looks at: which of them are zero, and what identifies the
    /// elements of lists. Then whoever creates one owns the same of it as whoever creates the other.
    ///
    /// False when members stand in another order.
    func areAlike(_ one: JSON, _ other: JSON) -> Bool {
        switch (self, one, other) {
        case (.object, .object(let one), .object(let other)), (.map, .object(let one), .object(let other)),
            (.untyped, .object(let one), .object(let other)):
            guard one.count == other.count else { return false }
            return zip(one.members, other.members).allSatisfy { one, other in
                guard one.key.isExactly(other.key) else { return false }
                switch one.value {
                case .object, .array: return member(one.key).shape.areAlike(one.value, other.value)
                default: return Self.areAlikeAsAWhole(one.value, other.value)
                }
            }
        case (.set, _, _): return one == other
        case (.list(let keys, _), .array(let one), .array(let other)):
            guard one.count == other.count else { return false }
            let element: FieldShape = element
            return zip(one, other).allSatisfy { one, other in
                keys.allSatisfy { one[$0] == other[$0] } && element.areAlike(one, other)
            }
        default: return Self.areAlikeAsAWhole(one, other)
        }
    }

    private static func areAlikeAsAWhole(_ one: JSON, _ other: JSON) -> Bool {
        switch (one, other) {
        case (.number(let one), .number(let other)): one == other
        case (.null, .null), (.bool, .bool), (.int, .int), (.string, .string), (.array, .array), (.object, .object):
            one.isEmpty == other.isEmpty
        default: false
        }
    }
}
