package import Machinery

extension FieldSet {
    /// The fields that are set in a value.
    package init(of value: JSON, _ shape: FieldShape) {
        var nodes: [Node] = []
        if let object: JSONObject = shape.members(of: value) {
            nodes.reserveCapacity(object.count)
            for member in object.members {
                let (inner, isDeclared): (FieldShape, Bool) = shape.member(member.key)
                let children = FieldSet(of: member.value, inner)
                let isMember: Bool =
                    !isDeclared || member.value.isNull || member.value == .object([:])
                    || Self.isLeaf(member.value, inner)
                nodes.append(Node(element: FieldPath.member(member.key), isMember: isMember, children: children))
            }
        } else if let elements: [JSON] = shape.elements(of: value) {
            let inner: FieldShape = shape.element
            var seen: Set<ExactText> = []
            for element in elements {
                guard let path: String = shape.path(of: element), seen.insert(ExactText(path)).inserted else { continue }
                nodes.append(Node(element: path, isMember: true, children: FieldSet(of: element, inner)))
            }
        }
        self.init(unsorted: nodes)
    }

    /// All fields of a value, those above others too: what comes with it where nothing was.
    init(allIn value: JSON, _ shape: FieldShape) {
        if case .object(let schema) = shape, case .object(let object) = value, let declared = FieldSet(allIn: object, schema) {
            self = declared
            return
        }
        var nodes: [Node] = []
        let shape: FieldShape = shape.isUntyped && value.object != nil ? .map(.any) : shape
        if case .object(let object) = value, shape.members(of: value) != nil {
            nodes.reserveCapacity(object.count)
            for member in object.members {
                let children = FieldSet(allIn: member.value, shape.member(member.key).shape)
                nodes.append(Node(element: FieldPath.member(member.key), isMember: true, children: children))
            }
        } else if case .array(let elements) = value, !elements.isEmpty, shape.isTakenApartList {
            let inner: FieldShape = shape.element
            nodes.reserveCapacity(elements.count)
            for element in elements {
                guard let path: String = shape.path(of: element) else { continue }
                nodes.append(Node(element: path, isMember: true, children: FieldSet(allIn: element, inner)))
            }
        }
        self.init(unsorted: nodes)
    }

    /// nil for an object with members that the schema does not declare.
    private init?(allIn object: JSONObject, _ schema: ObjectSchema) {
        let shapes: FieldShapes = .of(schema)
        var nodes: [Node] = []
        nodes.reserveCapacity(object.count)
        schema.withPlaces(of: object) { places in
            for index in shapes.order where places[index] >= 0 {
                let field: FieldShapes.Field = shapes.fields[index]
                let children = FieldSet(allIn: object.members[places[index]].value, field.shape)
                nodes.append(Node(element: field.element, isMember: true, children: children))
            }
        }
        guard nodes.count == object.count else { return nil }
        self.init(sorted: nodes)
    }

    /// True when the value is owned as a whole.
    static func isLeaf(_ value: JSON, _ shape: FieldShape) -> Bool {
        shape.members(of: value) == nil && shape.elements(of: value) == nil
    }

    /// The same with the declared fields above each member: removing them all removes the struct that held them.
    func withDeclaredParents(_ shape: FieldShape) -> FieldSet {
        FieldSet(
            unsorted: nodes.map { node in
                var inner: FieldShape = shape.element
                var isDeclared: Bool = false
                if node.element.hasPrefix("f:") { (inner, isDeclared) = shape.member(String(node.element.dropFirst(2))) }
                return Node(
                    element: node.element, isMember: node.isMember || isDeclared, children: node.children.withDeclaredParents(inner))
            })
    }
}

/// What a field set leaves of a value.
enum FieldRemoval {
    /// The value without the fields of the set; nil when it became empty by that.
    static func removing(_ set: FieldSet, from value: JSON, _ shape: FieldShape) -> JSON? {
        guard !set.isEmpty else { return value }
        if let object: JSONObject = shape.members(of: value) {
            var kept: [JSONObject.Member] = []
            kept.reserveCapacity(object.count)
            for member in object.members {
                guard let node: FieldSet.Node = set[FieldPath.member(member.key)] else {
                    kept.append(member)
                    continue
                }
                guard !node.isMember else { continue }
                if let rest: JSON = removing(node.children, from: member.value, shape.member(member.key).shape) {
                    kept.append(JSONObject.Member(key: member.key, value: rest))
                }
            }
            return kept.isEmpty && !object.isEmpty ? nil : .object(JSONObject(members: kept))
        }
        if let elements: [JSON] = shape.elements(of: value) {
            let inner: FieldShape = shape.element
            let kept: [JSON] = elements.compactMap { element in
                guard let path: String = shape.path(of: element), let node: FieldSet.Node = set[path] else { return element }
                return node.isMember ? nil : removing(node.children, from: element, inner)
            }
            return kept.isEmpty && !elements.isEmpty ? nil : .array(kept)
        }
        return value
    }
}
