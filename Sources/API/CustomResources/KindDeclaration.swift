package import CEL
import Machinery

/// What expressions know of the objects of a built-in kind, by its declaration.
///
/// Source: `SchemaDeclType` of k8s.io/apiserver/pkg/cel/common, with the OpenAPI schema of the kind.
package enum KindDeclaration {
    package static func of(_ type: ResourceType) -> Declaration {
        guard case .object(let members) = declaration(type.schema, []).form else { return .dyn }
        var all: [String: Declaration.Member] = members
        for name in ["apiVersion", "kind"] { all[name] = Declaration.Member(property: name, declaration: .string) }
        return Declaration(.object(all), name: type.names.kind)
    }

    /// - Parameter above: names of the types that this one stands in; one that stands in itself is not looked into.
    private static func declaration(_ schema: ObjectSchema, _ above: Set<String>) -> Declaration {
        guard !above.contains(schema.name), !(schema.fields.isEmpty && schema.keepsUnknown) else { return .dyn }
        let inside: Set<String> = above.union([schema.name])
        var members: [String: Declaration.Member] = [:]
        for field in schema.fields {
            guard let name = PropertyName.escaped(field.name) else { continue }
            members[name] = Declaration.Member(property: field.name, declaration: declaration(field.type, inside))
        }
        return Declaration(.object(members), name: schema.shortName)
    }

    private static func declaration(_ type: TypeSchema, _ above: Set<String>) -> Declaration {
        switch type {
        case .boolean: .bool
        case .int32, .int64: .int
        case .double: .double
        case .string, .quantity: .string
        case .base64: Declaration(.plain(.bytes))
        case .time, .microTime: Declaration(.plain(.timestamp))
        case .intOrString, .any, .union: .dyn
        case .object(let reference): declaration(reference.schema, above)
        case .list(let element): Declaration(.list(declaration(element, above)))
        case .map(let value): Declaration(.map(declaration(value, above)))
        }
    }
}
