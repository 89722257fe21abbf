import API
import Client
import Machinery

/// Fields of a kind from a document of OpenAPI v3, laid out as kubectl does.
/// Source: k8s.io/kubectl/pkg/explain/v2.
struct Explanation {
    let document: JSON
    let resource: APIResource
    let isRecursive: Bool
    /// Levels of fields; 0 for all.
    let maxDepth: Int

    /// Group, kind and version.
    var head: String {
        (resource.resource.group.isEmpty ? "" : "GROUP:      \(resource.resource.group)\n")
            + "KIND:       \(resource.kind)\nVERSION:    \(resource.resource.version)\n\n"
    }

    /// What follows the head. Throws ``Failure`` for a field that there is not.
    func text(_ fields: [String]) throws -> String {
        guard let schema = schema else {
            throw Failure(
                "GVK map[group:\(resource.resource.group) kind:\(resource.kind) version:\(resource.resource.version)] not found in OpenAPI schema"
            )
        }
        guard let body = output(schema, fields[...], []) else { throw absent(fields) }
        return body + "\n"
    }

    func absent(_ fields: [String]) -> Failure { Failure("field \(JSON.quoted(fields.last ?? "")) does not exist") }

    /// The schema of the kind.
    var schema: JSON? {
        let (group, version): (JSON, JSON) = (.string(resource.resource.group), .string(resource.resource.version))
        let schemas: JSON? = document[["components", "schemas"]] ?? document["definitions"]
        return (schemas?.object ?? [:]).sorted().first { member in
            (member.value["x-kubernetes-group-version-kind"]?.array ?? []).contains {
                $0["kind"]?.string == resource.kind && $0["group"] == group && $0["version"] == version
            }
        }?.value
    }

    /// The schema that a reference means, or the schema itself.
    func resolved(_ schema: JSON) -> JSON {
        guard let reference = schema["$ref"]?.string else { return schema }
        return document[reference.split(separator: "/").dropFirst().map(String.init)] ?? schema
    }

    /// What values of a map have, when that is said.
    static func values(_ schema: JSON) -> JSON? {
        schema["additionalProperties"].flatMap { $0.object == nil ? nil : $0 }
    }

    /// The schema of a field below, through lists, maps and references. nil when there is none.
    func field(_ schema: JSON, _ name: String) -> JSON? {
        let schema: JSON = resolved(schema)
        if let found = schema[["properties", name]] { return found }
        if let items = schema["items"] { return field(items, name) }
        if let values = Self.values(schema) { return field(values, name) }
        for part in schema["allOf"]?.array ?? [] { if let found = field(part, name) { return found } }
        return nil
    }

    private func output(_ schema: JSON, _ fields: ArraySlice<String>, _ history: Set<String>) -> String? {
        guard let name = fields.first else {
            var description: String = description(schema)
            if description.isEmpty { description = "<empty>" }
            var text: String = "DESCRIPTION:\n" + Self.indented(Self.wrapped(description, 76), 4) + "\n"
            let list: String = fieldList(schema, 1, history)
            if !list.isEmpty { text += "FIELDS:\n" + list }
            return text
        }
        guard let found = field(schema, name) else { return nil }
        var text: String = ""
        if fields.count == 1 { text = "FIELD: \(name) <\(type(found))>\n\(allowed(found))\n\n" }
        return output(found, fields.dropFirst(), []).map { text + $0 }
    }

    /// Its own and that of what it refers to.
    func description(_ schema: JSON) -> String {
        let resolved: JSON = resolved(schema)
        var text: String = resolved["description"]?.string.map { $0.isEmpty ? "" : $0 + "\n" } ?? ""
        for part in resolved["allOf"]?.array ?? [] { text += description(part) }
        if let items = resolved["items"] { text += description(items) }
        if let values = Self.values(resolved) { text += description(values) }
        return text
    }

    private func fieldList(_ schema: JSON, _ level: Int, _ history: Set<String>) -> String {
        if maxDepth > 0, level > maxDepth { return "" }
        let reference: String = schema["$ref"]?.string ?? ""
        if !reference.isEmpty, history.contains(reference) { return "" }
        let seen: Set<String> = reference.isEmpty ? history : history.union([reference])
        let resolved: JSON = resolved(schema)
        var text: String = ""
        for member in (resolved["properties"]?.object ?? [:]).sorted() {
            text += detail(member.key, member.value, resolved, level)
            if isRecursive { text += fieldList(member.value, level + 1, seen) }
        }
        for part in resolved["allOf"]?.array ?? [] { text += fieldList(part, level, seen) }
        if let items = resolved["items"] { text += fieldList(items, level, seen) }
        if let values = Self.values(resolved) { text += fieldList(values, level, seen) }
        return text
    }

    private func detail(_ name: String, _ field: JSON, _ owner: JSON, _ level: Int) -> String {
        let indent: Int = level * 2
        let space = String(repeating: " ", count: indent)
        var text: String = "\(space)\(name)\t<\(type(field))>"
        if (owner["required"]?.array ?? []).contains(.string(name)) { text += " -required-" }
        if let values = field["enum"]?.array, !values.isEmpty {
            let shown: [String] = values.prefix(4).map(Self.shown)
            text += "\n\(space)enum: " + shown.joined(separator: ", ") + (values.count > 4 ? ", ...." : "")
        }
        text += "\n"
        if isRecursive { return text }
        let description: String = field["description"]?.string.flatMap { $0.isEmpty ? nil : $0 } ?? "<no description>"
        return text + Self.indented(Self.wrapped(description, 78 - indent), indent + 2) + "\n\n"
    }

    /// `string`, `[]Container`, `map[string]string`
    func type(_ schema: JSON) -> String {
        if let items = schema["items"] { return "[]" + type(items) }
        if let values = Self.values(schema) { return "map[string]" + type(values) }
        if let parts = schema["allOf"]?.array, parts.count == 1, schema["properties"] == nil { return type(parts[0]) }
        if let reference = schema["$ref"]?.string {
            let target: String = resolved(schema)["type"]?.string ?? ""
            if !target.isEmpty, target != "object", resolved(schema) != schema { return target }
            return reference.split(separator: "/").last?.split(separator: ".").last.map(String.init) ?? "Object"
        }
        let type: String = schema["type"]?.string ?? ""
        return type.isEmpty || type == "object" ? "Object" : type
    }

    private func allowed(_ schema: JSON) -> String {
        guard let values = schema["enum"]?.array, !values.isEmpty else { return "" }
        return "ENUM:" + values.map { "\n    " + Self.shown($0) }.joined()
    }

    private static func shown(_ value: JSON) -> String { value == "" ? "\"\"" : GoText.of(value) }

    // MARK: - Lines

    static func indented(_ text: String, _ amount: Int) -> String {
        let space = String(repeating: " ", count: amount)
        return space + text.replacing("\n", with: "\n" + space)
    }

    /// Lines broken at spaces; words that are longer than a line stay whole.
    static func wrapped(_ text: String, _ limit: Int) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            var result: String = ""
            var width: Int = 0
            var rest: Substring = line
            while !rest.isEmpty {
                let space: Substring = rest.prefix { $0 == " " || $0 == "\t" }
                rest = rest.dropFirst(space.count)
                let word: Substring = rest.prefix { $0 != " " && $0 != "\t" }
                rest = rest.dropFirst(word.count)
                let length: Int = word.unicodeScalars.count
                if width > 0, width + space.count + length > limit, length < limit || !word.isEmpty && width + space.count + 1 > limit {
                    result += "\n" + word
                    width = length
                } else {
                    result += space + word
                    width += space.count + length
                }
            }
            return result
        }.joined(separator: "\n")
    }
}
