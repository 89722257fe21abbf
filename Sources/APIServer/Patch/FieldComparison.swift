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
        guard let old else {
            var added = FieldComparison()
            if let new { added.added = FieldSet(allIn: new, shape) }
            return (new == nil ? nil : .added, added)
        }
        guard let new else {
            var removed = FieldComparison()
            removed.removed = FieldSet(allIn: old, shape)
            return (.removed, removed)
        }
        if old == new { return (nil, FieldComparison()) }
        if !(old.isEmptyOrNull && new.isEmptyOrNull) {
            let oneShape: FieldShape = shape.isUntyped && old.object != nil ? .map(.any) : shape
            var below = Below()
            if let one: JSONObject = oneShape.members(of: old), let two: JSONObject = oneShape.members(of: new) {
                compareMembers(one, two, oneShape, &below)
                return (nil, below.comparison)
            }
            if let one: [JSON] = shape.elements(of: old), let two: [JSON] = shape.elements(of: new) {
                if one.isEmpty {
                    below.added = FieldSet(allIn: new, shape).nodes
                } else {
                    compareElements(one, two, shape, &below)
                }
                return (nil, below.comparison)
            }
        }
        return (.modified, FieldComparison())
    }

    private static func compareMembers(_ old: JSONObject, _ new: JSONObject, _ shape: FieldShape, _ below: inout Below) {
        let (names, others): ([ExactText: JSON]?, [ExactText: JSON]?) = (index(new), index(old))
        for member in old.members {
            let value: JSON? = names.map { $0[ExactText(member.key)] } ?? new[member.key]
            below.add(FieldPath.member(member.key), compare(member.value, value, shape.member(member.key).shape))
        }
        for member in new.members where (others.map { $0[ExactText(member.key)] } ?? old[member.key]) == nil {
            below.add(FieldPath.member(member.key), compare(nil, member.value, shape.member(member.key).shape))
        }
    }

    /// By name, where walking would take longer.
    private static func index(_ object: JSONObject) -> [ExactText: JSON]? {
        object.count > 24 ? Dictionary(uniqueKeysWithValues: object.members.map { (ExactText($0.key), $0.value) }) : nil
    }

    /// Elements are found by their identity. One that stands twice is compared as a whole.
    private static func compareElements(_ old: [JSON], _ new: [JSON], _ shape: FieldShape, _ below: inout Below) {
        let inner: FieldShape = shape.element
        let (one, two): (Elements, Elements) = (Elements(old, shape), Elements(new, shape))
        for (path, element) in zip(one.paths, one.elements) {
            guard one.isAlone(path), two.isAlone(path) else {
                let (before, after): ([JSON], [JSON]) = (one.all(path), two.all(path))
                if before != after { below.add(path, (after.isEmpty ? .removed : .modified, FieldComparison())) }
                continue
            }
            below.add(path, compare(element, two.first(path), inner))
        }
        for (path, element) in zip(two.paths, two.elements) where one.first(path) == nil {
            below.add(path, two.isAlone(path) ? compare(nil, element, inner) : (.added, FieldComparison()))
        }
    }

    /// The elements of a list by their paths.
    private struct Elements {
        /// Each once, in the order of the list.
        private(set) var paths: [String] = []
        /// The first of each path.
        private(set) var elements: [JSON] = []
        private var places: [ExactText: Int] = [:]
        /// All that have a path which stands more than once.
        private var repeated: [ExactText: [JSON]] = [:]

        init(_ list: [JSON], _ shape: FieldShape) {
            for element in list {
                guard let path: String = shape.path(of: element) else { continue }
                if let place: Int = places[ExactText(path)] {
                    repeated[ExactText(path), default: [elements[place]]].append(element)
                } else {
                    places[ExactText(path)] = paths.count
                    paths.append(path)
                    elements.append(element)
                }
            }
        }

        func isAlone(_ path: String) -> Bool { repeated.isEmpty || repeated[ExactText(path)] == nil }
        func first(_ path: String) -> JSON? { places[ExactText(path)].map { elements[$0] } }
        func all(_ path: String) -> [JSON] { repeated[ExactText(path)] ?? first(path).map { [$0] } ?? [] }
    }

    /// Nodes of the three sets at one level, in any order.
    private struct Below {
        var added: [FieldSet.Node] = []
        var modified: [FieldSet.Node] = []
        var removed: [FieldSet.Node] = []

        /// - Parameter element: made for what differs.
        mutating func add(_ element: @autoclosure () -> String, _ found: (change: Change?, below: FieldComparison)) {
            guard found.change != nil || !found.below.isEmpty else { return }
            let element: String = element()
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

extension JSON {
    fileprivate var isEmptyOrNull: Bool {
        switch self {
        case .null: true
        case .array(let elements): elements.isEmpty
        case .object(let object): object.isEmpty
        default: false
        }
    }
}
