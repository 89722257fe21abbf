package import Machinery

/// The fields in which two versions of an object differ.
package struct FieldComparison: Sendable {
    package var added = FieldSet()
    package var modified = FieldSet()
    package var removed = FieldSet()

    package var isEmpty: Bool { added.isEmpty && modified.isEmpty && removed.isEmpty }

    package init(_ old: JSON, _ new: JSON, _ shape: FieldShape) {
        self = Self.compare(old, new, shape).below
    }

    /// Without the fields of a set and those below them.
    package func excluding(_ ignored: FieldSet) -> FieldComparison {
        var result: FieldComparison = self
        result.added = added.excluding(ignored)
        result.modified = modified.excluding(ignored)
        result.removed = removed.excluding(ignored)
        return result
    }

    private enum Change { case added, modified, removed }

    private init() {}

    /// What happened to the value itself, and to the fields below it.
    private static func compare(_ old: JSON?, _ new: JSON?, _ shape: FieldShape) -> (change: Change?, below: FieldComparison) {
        if let old, let new, old == new { return (nil, FieldComparison()) }
        var below = Below()
        let wasEmpty: Bool = old.map { $0 == .object([:]) || $0 == .array([]) || $0.isNull } ?? true
        let isEmpty: Bool = new.map { $0 == .object([:]) || $0 == .array([]) || $0.isNull } ?? true
        if !(wasEmpty && isEmpty) {
            let oneShape: FieldShape = shape.isUntyped && (old ?? new)?.object != nil ? .map(.any) : shape
            if let one: JSONObject = oneShape.members(of: old), let two: JSONObject = oneShape.members(of: new) {
                compareMembers(one, two, oneShape, &below)
                return (presence(old, new), below.comparison)
            }
            if let one: [JSON] = shape.elements(of: old), let two: [JSON] = shape.elements(of: new) {
                compareElements(one, two, shape, &below)
                return (presence(old, new), below.comparison)
            }
        }
        return (presence(old, new) ?? (old == nil ? nil : .modified), FieldComparison())
    }

    private static func presence(_ old: JSON?, _ new: JSON?) -> Change? {
        switch (old, new) {
        case (nil, _?): .added
        case (_?, nil): .removed
        default: nil
        }
    }

    private static func compareMembers(_ old: JSONObject, _ new: JSONObject, _ shape: FieldShape, _ below: inout Below) {
        let names: [String: JSON]? = new.count > 24 ? Dictionary(uniqueKeysWithValues: new.members.map { ($0.key, $0.value) }) : nil
        var others: [String: JSON]?
        if old.count > 24 { others = Dictionary(uniqueKeysWithValues: old.members.map { ($0.key, $0.value) }) }
        for member in old.members {
            let value: JSON? = names.map { $0[member.key] } ?? new[member.key]
            below.add(FieldPath.member(member.key), compare(member.value, value, shape.member(member.key).shape))
        }
        for member in new.members where (others.map { $0[member.key] } ?? old[member.key]) == nil {
            below.add(FieldPath.member(member.key), compare(nil, member.value, shape.member(member.key).shape))
        }
    }

    /// Elements are found by their identity. One that stands twice is compared as a whole.
    private static func compareElements(_ old: [JSON], _ new: [JSON], _ shape: FieldShape, _ below: inout Below) {
        let inner: FieldShape = shape.element
        let one: [String: [JSON]] = grouped(old, shape)
        let two: [String: [JSON]] = grouped(new, shape)
        for (path, elements) in one {
            let others: [JSON] = two[path] ?? []
            if elements.count == 1, others.count <= 1 {
                below.add(path, compare(elements[0], others.first, inner))
            } else if elements != others {
                below.add(path, (others.isEmpty ? .removed : .modified, FieldComparison()))
            }
        }
        for (path, elements) in two where one[path] == nil {
            below.add(path, elements.count == 1 ? compare(nil, elements[0], inner) : (.added, FieldComparison()))
        }
    }

    private static func grouped(_ elements: [JSON], _ shape: FieldShape) -> [String: [JSON]] {
        var groups: [String: [JSON]] = [:]
        for element in elements {
            if let path: String = shape.path(of: element) { groups[path, default: []].append(element) }
        }
        return groups
    }

    /// Nodes of the three sets at one level, in any order.
    private struct Below {
        var added: [FieldSet.Node] = []
        var modified: [FieldSet.Node] = []
        var removed: [FieldSet.Node] = []

        mutating func add(_ element: String, _ found: (change: Change?, below: FieldComparison)) {
            Self.append(element, found.change == .added, found.below.added, &added)
            Self.append(element, found.change == .modified, found.below.modified, &modified)
            Self.append(element, found.change == .removed, found.below.removed, &removed)
        }

        private static func append(_ element: String, _ isMember: Bool, _ children: FieldSet, _ nodes: inout [FieldSet.Node]) {
            guard isMember || !children.isEmpty else { return }
            nodes.append(FieldSet.Node(element: element, isMember: isMember, children: children))
        }

        var comparison: FieldComparison {
            var result = FieldComparison()
            if !added.isEmpty { result.added = FieldSet(unsorted: added) }
            if !modified.isEmpty { result.modified = FieldSet(unsorted: modified) }
            if !removed.isEmpty { result.removed = FieldSet(unsorted: removed) }
            return result
        }
    }
}

extension FieldShape {
    var isUntyped: Bool { if case .untyped = self { true } else { false } }
}
