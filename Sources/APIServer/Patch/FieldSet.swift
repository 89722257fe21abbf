package import Machinery

/// A set of fields of an object, as a tree of path elements: what one manager owns.
///
/// A path element is kept in the form of FieldsV1: `f:NAME` a member, `k:{…}` an element of a list by its keys, `v:VALUE` an element of
/// a set, `i:INDEX`. Source: sigs.k8s.io/structured-merge-diff/v6/fieldpath.
package struct FieldSet: Sendable, Hashable {
    struct Node: Sendable, Hashable {
        let element: String
        /// True when the path that ends here is in the set; false when only paths below are.
        var isMember: Bool
        var children: FieldSet

        static func == (one: Node, other: Node) -> Bool {
            one.element.isExactly(other.element) && one.isMember == other.isMember && one.children == other.children
        }
    }

    /// Sorted by element, without duplicates; each is a member or has children.
    private(set) var nodes: [Node] = []

    package init() {}

    /// Takes nodes in any order; an element that stands twice is taken as a whole.
    init(unsorted nodes: [Node]) {
        let isNothing: (Node) -> Bool = { !$0.isMember && $0.children.isEmpty }
        self.nodes = nodes.contains(where: isNothing) ? nodes.filter { !isNothing($0) } : nodes
        guard !isSorted else { return }
        // Places are lighter to move than nodes.
        self.nodes = self.nodes.indices.sorted { Self.precedes(self.nodes[$0].element, self.nodes[$1].element) }.map { self.nodes[$0] }
        for index in self.nodes.indices.dropFirst().reversed()
        where self.nodes[index].element.isExactly(self.nodes[index - 1].element) {
            self.nodes.remove(at: index)
            self.nodes[index - 1].children = FieldSet()
        }
    }

    /// - Parameter nodes: in their order, without duplicates; each is a member or has children.
    init(sorted nodes: [Node]) { self.nodes = nodes }

    /// Whole members: `FieldSet(paths: [["metadata", "name"], ["status"]])`.
    package init(paths: [[String]]) {
        for path in paths { self = union(FieldSet(path: path[...])) }
    }

    private init(path: ArraySlice<String>) {
        guard let first: String = path.first else { return }
        nodes = [Node(element: "f:" + first, isMember: path.count == 1, children: FieldSet(path: path.dropFirst()))]
    }

    package var isEmpty: Bool { nodes.isEmpty }

    subscript(element: String) -> Node? {
        var low: Int = 0
        var high: Int = nodes.count
        while low < high {
            let middle: Int = (low + high) / 2
            if nodes[middle].element.isExactly(element) { return nodes[middle] }
            if Self.precedes(nodes[middle].element, element) { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    /// Fields in either.
    package func union(_ other: FieldSet) -> FieldSet {
        if isEmpty || other.isEmpty { return isEmpty ? other : self }
        return combined(other, keepsLeft: true, keepsRight: true) { $0 || $1 }
    }

    /// Fields in both.
    package func intersection(_ other: FieldSet) -> FieldSet { combined(other, keepsLeft: false, keepsRight: false) { $0 && $1 } }

    /// Fields in this and not in the other. A field of the other does not stand for those below it.
    package func subtracting(_ other: FieldSet) -> FieldSet { combined(other, keepsLeft: true, keepsRight: false) { $0 && !$1 } }

    /// Fields that are neither in the other nor below one that is.
    package func excluding(_ other: FieldSet) -> FieldSet {
        guard other.nodes.contains(where: { self[$0.element] != nil }) else { return self }
        return FieldSet(
            unsorted: nodes.compactMap { node in
                guard let unwanted: Node = other[node.element] else { return node }
                guard !unwanted.isMember else { return nil }
                return Node(element: node.element, isMember: node.isMember, children: node.children.excluding(unwanted.children))
            })
    }

    /// Whether a member of this set is one of a set in the form of FieldsV1; decodes nothing.
    func hasMember(in json: JSON) -> Bool {
        guard case .object(let object) = json else { return false }
        for node in nodes {
            guard let other: JSON = object[node.element], case .object(let below) = other else { continue }
            if node.isMember, below.isEmpty || below["."] != nil { return true }
            if node.children.hasMember(in: other) { return true }
        }
        return false
    }

    /// Whether all members of this set are ones of a set in the form of FieldsV1; decodes nothing.
    func isSubset(of json: JSON) -> Bool {
        guard case .object(let object) = json else { return isEmpty }
        return nodes.allSatisfy { node in
            guard let other: JSON = object[node.element], case .object(let below) = other else { return false }
            guard !node.isMember || below.isEmpty || below["."] != nil else { return false }
            return node.children.isSubset(of: other)
        }
    }

    /// The paths of all members, each as its elements, in order.
    var paths: [[String]] {
        nodes.flatMap { node in
            (node.isMember ? [[node.element]] : []) + node.children.paths.map { [node.element] + $0 }
        }
    }

    private func combined(
        _ other: FieldSet, keepsLeft: Bool, keepsRight: Bool, _ isMember: (Bool, Bool) -> Bool
    ) -> FieldSet {
        var result: [Node] = []
        var left: Int = 0
        var right: Int = 0
        while left < nodes.count, right < other.nodes.count {
            let one: Node = nodes[left]
            let two: Node = other.nodes[right]
            if one.element.isExactly(two.element) {
                let children: FieldSet = one.children.combined(
                    two.children, keepsLeft: keepsLeft, keepsRight: keepsRight, isMember)
                let node = Node(element: one.element, isMember: isMember(one.isMember, two.isMember), children: children)
                if node.isMember || !children.isEmpty { result.append(node) }
                left += 1
                right += 1
            } else if Self.precedes(one.element, two.element) {
                if keepsLeft { result.append(one) }
                left += 1
            } else {
                if keepsRight { result.append(two) }
                right += 1
            }
        }
        if keepsLeft { result += nodes[left...] }
        if keepsRight { result += other.nodes[right...] }
        var set = FieldSet()
        set.nodes = result
        return set
    }

    private var isSorted: Bool {
        for index in nodes.indices.dropFirst() where !Self.precedes(nodes[index - 1].element, nodes[index].element) { return false }
        return true
    }

    /// Members come first, then elements by key, by value, by index; each in the order of its bytes.
    private static func precedes(_ one: String, _ other: String) -> Bool {
        if one.utf8.first == other.utf8.first { return one.precedes(other) }
        return rank(one) < rank(other)
    }

    private static func rank(_ element: String) -> Int {
        switch element.utf8.first {
        case UInt8(ascii: "f"): 0
        case UInt8(ascii: "k"): 1
        case UInt8(ascii: "v"): 2
        default: 3
        }
    }
}

// MARK: - FieldsV1

extension FieldSet {
    /// Reads FieldsV1; nil when it is no object or holds an element of an unknown form.
    package init?(_ json: JSON) {
        guard case .object(let object) = json else { return nil }
        var nodes: [Node] = []
        nodes.reserveCapacity(object.count)
        for member in object.members where member.key != "." {
            guard Self.isElement(member.key), case .object(let inner) = member.value, let children = FieldSet(member.value) else {
                return nil
            }
            nodes.append(Node(element: member.key, isMember: inner.isEmpty || inner["."] != nil, children: children))
        }
        self.init(unsorted: nodes)
    }

    /// FieldsV1: `{"f:spec":{"f:replicas":{}}}`; `.` marks a member that has members of the set below it.
    package var json: JSON { json(isMember: false) }

    /// - Parameter isMember: the path above is in the set too.
    private func json(isMember: Bool) -> JSON {
        guard !isEmpty else { return Self.nothing }
        var members: [JSONObject.Member] = []
        members.reserveCapacity(nodes.count + 1)
        if isMember { members.append(JSONObject.Member(key: ".", value: Self.nothing)) }
        for node in nodes {
            members.append(JSONObject.Member(key: node.element, value: node.children.json(isMember: node.isMember)))
        }
        return .object(JSONObject(members: members))
    }

    private static let nothing: JSON = .object([:])

    private static func isElement(_ text: String) -> Bool {
        var bytes: String.UTF8View.Iterator = text.utf8.makeIterator()
        switch bytes.next() {
        case UInt8(ascii: "f"), UInt8(ascii: "k"), UInt8(ascii: "v"), UInt8(ascii: "i"): return bytes.next() == UInt8(ascii: ":")
        default: return false
        }
    }
}
