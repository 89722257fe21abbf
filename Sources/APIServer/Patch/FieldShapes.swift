import Machinery

/// How the fields of one schema are owned; made once for each.
final class FieldShapes: SchemaDerivative, @unchecked Sendable {
    struct Field {
        let element: String
        let shape: FieldShape
    }

    /// In the order of declaration, as the schema has them.
    let fields: [Field]
    /// Places of the fields, in the order of their elements.
    let order: [Int]
    private let made = OnceReference<OwnershipTemplate>()

    private init(_ schema: ObjectSchema) {
        fields = schema.fields.map { Field(element: FieldPath.member($0.name), shape: FieldShape($0)) }
        let names: [String] = schema.fields.map(\.name)
        order = names.indices.sorted { names[$0].precedes(names[$1]) }
        super.init()
    }

    static func of(_ schema: ObjectSchema) -> FieldShapes {
        if let known = schema.derived.load() as? FieldShapes { return known }
        let made = FieldShapes(schema)
        return schema.derived.storeIfNil(made) as? FieldShapes ?? made
    }

    /// Of a kind.
    func template(_ schema: ObjectSchema) -> OwnershipTemplate { made.load() ?? made.storeIfNil(OwnershipTemplate(schema)) }
}
