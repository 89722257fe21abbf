package import Machinery

extension StructuralSchema {
    /// The shape of whole objects, for patches and server-side apply.
    ///
    /// - Parameter name: the OpenAPI name of the kind.
    package func objectSchema(_ name: String) -> ObjectSchema {
        let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
        let others: [FieldSchema] = properties.filter { !["apiVersion", "kind", "metadata"].contains($0.name) }.map(field)
        return ObjectSchema(name: name, doc: description, fields: [metadata] + others, keepsUnknown: keepsUnknown)
    }

    private var description: String { json["description"]?.string ?? "" }

    private func field(_ name: String, _ schema: StructuralSchema) -> FieldSchema {
        var traits: [Trait] = []
        switch schema.listType {
        case .set?: traits.append(.listSet)
        case .map?: traits.append(.listMap(keys: schema.listMapKeys))
        case .atomic?: traits.append(.atomic)
        case nil: if schema.isAtomicMap { traits.append(.atomic) }
        }
        return FieldSchema(
            name: name, number: 0, doc: schema.description, type: schema.typeSchema, isOptional: true, default: schema.defaultValue,
            traits: traits)
    }

    private var typeSchema: TypeSchema {
        if isIntOrString { return .intOrString }
        switch type {
        case "string": return .string
        case "boolean": return .boolean
        case "integer": return .int64
        case "number": return .double
        case "array": return .list(items?.typeSchema ?? .any)
        case "object":
            if case .schema(let values) = additional { return .map(values.typeSchema) }
            guard !properties.isEmpty || isEmbeddedResource else { return .any }
            let schema = ObjectSchema(
                name: "", doc: description, fields: embeddedFields + properties.filter { !isOfEmbedded($0.name) }.map(field),
                keepsUnknown: keepsUnknown, isAtomic: isAtomicMap)
            return .object(SchemaReference { schema })
        default: return .any
        }
    }

    private func isOfEmbedded(_ name: String) -> Bool { isEmbeddedResource && ["apiVersion", "kind", "metadata"].contains(name) }

    private var embeddedFields: [FieldSchema] {
        guard isEmbeddedResource else { return [] }
        return [
            Field<String?>("apiVersion", 0, "Group and version of the kind."), Field<String?>("kind", 0, "What the object is."),
            Field<ObjectMeta?>("metadata", 0, "Name, labels and the like."),
        ]
    }
}
