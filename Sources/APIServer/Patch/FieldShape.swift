package import Machinery

/// How server-side apply takes one value apart.
package enum FieldShape: Sendable {
    /// A plain value, or a list or object that is owned as a whole.
    case leaf
    case object(ObjectSchema)
    case map(TypeSchema)
    /// A list of unique plain values.
    case set
    /// A list of objects that the keys identify.
    case list(keys: [String], TypeSchema)
    /// Nothing is declared: objects are taken apart by member, lists are owned as a whole.
    case untyped

    init(_ field: FieldSchema) {
        switch field.type {
        case .list(let element):
            switch field.listType {
            case .set?: self = .set
            case .map(let keys)?: self = .list(keys: keys, element)
            case .atomic?, nil: self = .leaf
            }
        case .object(let reference) where field.isGranular: self = .object(reference.schema)
        default: self = field.isAtomic ? .leaf : FieldShape(field.type)
        }
    }

    /// Of a value without a field: an element of a list or map.
    init(_ type: TypeSchema) {
        switch type {
        case .object(let reference): self = FieldShape(reference.schema)
        case .map(let value): self = .map(value)
        case .any, .union: self = .untyped
        default: self = .leaf
        }
    }

    package init(_ schema: ObjectSchema) {
        self = schema.isAtomic ? .leaf : schema.fields.isEmpty && schema.keepsUnknown ? .untyped : .object(schema)
    }

    /// The shape of a member; `isDeclared` when a schema names it.
    func member(_ name: String) -> (shape: FieldShape, isDeclared: Bool) {
        switch self {
        case .object(let schema):
            if let place: Int = schema.index(of: name) { return (FieldShapes.of(schema).fields[place].shape, true) }
            // Kinds declare neither, and all have both.
            if name == "apiVersion" || name == "kind" { return (.leaf, true) }
            return (.untyped, false)
        case .map(let value): return (FieldShape(value), false)
        default: return (.untyped, false)
        }
    }

    /// The shape of the elements of a list that is taken apart.
    var element: FieldShape {
        if case .list(_, let element) = self { FieldShape(element) } else { .leaf }
    }

    /// The path element of one element of a list; nil when it lacks a key.
    func path(of element: JSON) -> String? {
        switch self {
        case .set: FieldPath.value(element)
        case .list(let keys, let type): FieldPath.element(element, keys: keys, schema: type.innermostObject)
        default: nil
        }
    }

    /// Whether a value of this shape is a list that is taken apart.
    var isTakenApartList: Bool {
        switch self {
        case .set, .list: true
        default: false
        }
    }

    /// The members of the value when it is taken apart by member; nil when it is no object of that kind. Null counts as empty.
    func members(of value: JSON?) -> JSONObject? {
        switch (self, value) {
        case (.object, .object(let object)?), (.map, .object(let object)?), (.untyped, .object(let object)?): object
        case (.object, nil), (.object, .null?), (.map, nil), (.map, .null?): JSONObject()
        default: nil
        }
    }

    /// The elements of the value when it is taken apart by element. Null counts as empty.
    func elements(of value: JSON?) -> [JSON]? {
        guard isTakenApartList else { return nil }
        switch value {
        case .array(let elements)?: return elements
        case nil, .null?: return []
        default: return nil
        }
    }
}
