import API
import Client
import Machinery

/// The layout that kubectl had before OpenAPI v3, for `--output=plaintext-openapiv2`.
/// Source: k8s.io/kubectl/pkg/explain.
struct OldExplanation {
    private let new: Explanation

    init(_ explanation: Explanation) { new = explanation }

    func text(_ fields: [String]) throws -> String {
        var schema: JSON = new.schema ?? [:]
        for name in fields {
            guard let next = new.field(schema, name) else { throw new.absent([name]) }
            schema = next
        }
        let resource: APIResource = new.resource
        var text: String = "KIND:     \(resource.kind)\nVERSION:  \(resource.apiVersion)\n\n"
        let inner: JSON = element(schema)
        let hasFields: Bool = inner["properties"]?.object?.isEmpty == false
        if let last = fields.last { text += "\(hasFields ? "RESOURCE: " : "FIELD:    ")\(last) <\(type(schema))>\n\n" }
        text += "DESCRIPTION:\n"
        for line in new.description(schema).split(separator: "\n") {
            text += Explanation.indented(Explanation.wrapped(String(line), 75), 5) + "\n\n"
        }
        if new.description(schema).isEmpty { text += "     <empty>\n\n" }
        if hasFields { text += "FIELDS:\n" + list(inner, 1, []) }
        return hasFields ? text : String(text.dropLast())
    }

    private func element(_ schema: JSON) -> JSON {
        let resolved: JSON = new.resolved(schema)
        if let items = resolved["items"] { return element(items) }
        if let values = Explanation.values(resolved) { return element(values) }
        if let part = resolved["allOf"]?.array?.first, resolved["properties"] == nil { return element(part) }
        return resolved
    }

    private func list(_ schema: JSON, _ level: Int, _ seen: [JSON]) -> String {
        var text: String = ""
        let space = String(repeating: " ", count: level * 3)
        for member in (schema["properties"]?.object ?? [:]).sorted() {
            let isRequired: Bool = (schema["required"]?.array ?? []).contains(.string(member.key))
            text += "\(space)\(member.key)\t<\(type(member.value))>\(isRequired ? " -required-" : "")\n"
            if new.isRecursive {
                let inner: JSON = element(member.value)
                if inner["properties"] != nil, !seen.contains(inner) { text += list(inner, level + 1, seen + [inner]) }
            } else {
                let description: String = new.description(member.value).split(separator: "\n").first.map(String.init) ?? "<no description>"
                text += Explanation.indented(Explanation.wrapped(description, 75), 5) + "\n\n"
            }
        }
        return text
    }

    private func type(_ schema: JSON) -> String {
        if let items = schema["items"] { return "[]" + type(items) }
        if let values = Explanation.values(schema) { return "map[string]" + type(values) }
        let resolved: JSON = element(schema)
        if resolved["properties"] != nil { return "Object" }
        let type: String = resolved["type"]?.string ?? ""
        return type.isEmpty || type == "object" ? "Object" : type
    }
}
