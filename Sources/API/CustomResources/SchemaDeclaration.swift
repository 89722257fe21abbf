package import CEL
package import Machinery

/// What expressions know of values that a schema describes.
///
/// Source: `SchemaDeclType` of k8s.io/apiserver/pkg/cel/common.
package enum SchemaDeclaration {
    private static let maxRequest: Int64 = Declaration.maxRequestSize

    /// nil for a schema of which nothing can be said: no type, a list of such, a map of such.
    ///
    /// - Parameter isRoot: a whole object, whose apiVersion, kind and name are known without the schema.
    package static func of(_ schema: JSON, isRoot: Bool) -> Declaration? {
        if schema["x-kubernetes-int-or-string"] == true {
            let most: Int64 = count(schema, "maxLength").map { $0 * 4 } ?? maxRequest - 2
            return Declaration(.dyn, name: "dyn", maxElements: UInt64(most), minSize: 1)
        }
        switch schema["type"]?.string ?? "" {
        case "array": return list(schema)
        case "object": return object(isRoot ? withMeta(schema) : schema)
        case "string": return text(schema)
        case "boolean": return .bool
        case "number": return .double
        case "integer": return .int
        default: return nil
        }
    }

    private static func count(_ schema: JSON, _ keyword: String) -> Int64? { schema[keyword]?.int.map { max(0, $0) } }

    private static func isEmbedded(_ schema: JSON) -> Bool { schema["x-kubernetes-embedded-resource"] == true }

    private static func list(_ schema: JSON) -> Declaration? {
        guard let items = schema["items"], let element = of(items, isRoot: isEmbedded(items)) else { return nil }
        let most: Int64 = count(schema, "maxItems") ?? (maxRequest - 2) / (element.minSize + 1)
        return Declaration(.list(element), maxElements: UInt64(most), minSize: 2)
    }

    private static func object(_ schema: JSON) -> Declaration? {
        if let values = schema["additionalProperties"], values.object != nil {
            guard let value = of(values, isRoot: isEmbedded(values)) else { return nil }
            let most: Int64 = count(schema, "maxProperties") ?? (maxRequest - 2) / (value.minSize + 6)
            return Declaration(.map(value), maxElements: UInt64(most), minSize: 2)
        }
        let required: Set<String> = Set((schema["required"]?.array ?? []).compactMap(\.string))
        var members: [String: Declaration.Member] = [:]
        var minSize: Int64 = 2
        for property in schema["properties"]?.object?.members ?? [] {
            guard let declaration = of(property.value, isRoot: isEmbedded(property.value)) else { continue }
            if let name = PropertyName.escaped(property.key) {
                members[name] = Declaration.Member(property: property.key, declaration: declaration)
            }
            if required.contains(property.key), property.value["default"] == nil {
                minSize += Int64(property.key.utf8.count) + declaration.minSize + 4
            }
        }
        return Declaration(.object(members), minSize: minSize)
    }

    /// What may be said of every object: its type, and of its metadata the name.
    private static func withMeta(_ schema: JSON) -> JSON {
        let text: JSON = ["type": "string"]
        let known: JSON? = schema["properties"]
        if known?[["kind", "type"]] == "string", known?[["apiVersion", "type"]] == "string", known?[["metadata", "type"]] == "object",
            known?[["metadata", "properties", "name", "type"]] == "string",
            known?[["metadata", "properties", "generateName", "type"]] == "string"
        {
            return schema
        }
        var result: JSON = schema
        result[["properties", "kind"]] = text
        result[["properties", "apiVersion"]] = text
        result[["properties", "metadata"]] = ["type": "object", "properties": ["name": text, "generateName": text]]
        return result
    }

    private static func text(_ schema: JSON) -> Declaration {
        let maxLength: Int64? = count(schema, "maxLength")
        switch schema["format"]?.string ?? "" {
        case "byte": return Declaration(.plain(.bytes), maxElements: UInt64(maxLength ?? maxRequest - 2), minSize: 2)
        case "duration": return Declaration(.plain(.duration), maxElements: 32, minSize: 3)
        case "date": return Declaration(.plain(.timestamp), maxElements: 12, minSize: 12)
        case "date-time": return Declaration(.plain(.timestamp), maxElements: 32, minSize: 21)
        default: break
        }
        // Characters may have four bytes each.
        if let maxLength { return Declaration(.plain(.string), maxElements: UInt64(maxLength * 4), minSize: 2) }
        if let values = schema["enum"]?.array, !values.isEmpty {
            let longest: Int = values.compactMap { $0.string?.utf8.count }.max() ?? 0
            return Declaration(.plain(.string), maxElements: UInt64(longest), minSize: 2)
        }
        return .string
    }
}
