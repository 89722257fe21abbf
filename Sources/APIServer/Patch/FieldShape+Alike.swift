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
            return one.isSameStorage(as: other) || haveAlikeMembers(one.members.span, other.members.span)
        case (.set, _, _): return one == other
        case (.list(let keys, _), .array(let one), .array(let other)):
            guard one.count == other.count else { return false }
            let element: FieldShape = element
            return one.indices.allSatisfy { index in
                keys.allSatisfy { one[index][$0] == other[index][$0] } && element.areAlike(one[index], other[index])
            }
        default: return Self.areAlikeAsAWhole(one, other)
        }
    }

    /// The same of the members of two objects, which are looked at where they stand.
    private func haveAlikeMembers(_ one: Span<JSONObject.Member>, _ other: Span<JSONObject.Member>) -> Bool {
        guard one.count == other.count else { return false }
        for index in one.indices {
            guard one[index].key.isExactly(other[index].key) else { return false }
            switch one[index].value {
            case .object, .array:
                guard member(one[index].key).shape.areAlike(one[index].value, other[index].value) else { return false }
            default:
                guard Self.areAlikeAsAWhole(one[index].value, other[index].value) else { return false }
            }
        }
        return true
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
