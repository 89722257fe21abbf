import API
import Machinery

/// Holds an object against the definitions of OpenAPI v2, in the words of kubectl.
/// Source: k8s.io/kube-openapi/pkg/util/proto, with its package `validation`.
struct SchemaCheck {
    private let definitions: [String: JSON]
    /// By `apiVersion kind`, the names of definitions.
    private var names: [String: String] = [:]

    /// - Parameter document: what a server has at `/openapi/v2`.
    init(_ document: JSON) {
        let members: JSONObject = document["definitions"]?.object ?? [:]
        definitions = Dictionary(members.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
        for definition in members {
            for kind in definition.value["x-kubernetes-group-version-kind"]?.array ?? [] {
                let group: String = kind.text(at: "group")
                names[(group.isEmpty ? "" : group + "/") + kind.text(at: "version") + " " + kind.text(at: "kind")] = definition.key
            }
        }
    }

    /// What is wrong with an object; for a `List`, with each of its items. Nothing for a kind that has no definition.
    func problems(_ object: JSON) -> [String] {
        guard object["kind"] == "List", object["apiVersion"] == "v1" else { return ofOne(object) }
        guard let items = object["items"]?.array else { return ["invalid object to validate"] }
        return items.flatMap { item in
            guard item.object != nil else { return ["invalid object to validate"] }
            let missing: [String] = ["apiVersion", "kind"].filter { item[$0]?.string == nil }
            return missing.isEmpty ? ofOne(item) : missing.map { $0 + (item[$0] ?? .null == .null ? " not set" : " isn't string type") }
        }
    }

    private func ofOne(_ object: JSON) -> [String] {
        let kind: String = object.text(at: "kind")
        guard let name = names[object.text(at: "apiVersion") + " " + kind] else { return [] }
        var found = Walk(definitions: definitions)
        found.check(object, ["$ref": .string(Walk.prefix + name)], kind, name)
        return found.problems
    }
}

/// The way through an object and its definition.
private struct Walk {
    static let prefix = "#/definitions/"
    let definitions: [String: JSON]
    private(set) var problems: [String] = []

    init(definitions: [String: JSON]) { self.definitions = definitions }

    /// - Parameters:
    ///   - path: of the value in the object: `Pod.spec.containers[0]`.
    ///   - place: of the definition: `io.k8s.api.core.v1.PodSpec.containers`.
    mutating func check(_ value: JSON, _ schema: JSON, _ path: String, _ place: String) {
        if let reference = schema["$ref"]?.string {
            let name = String(reference.dropFirst(Self.prefix.count))
            guard let definition = definitions[name] else { return }
            return check(value, definition, path, name)
        }
        let properties: JSONObject? = schema["properties"]?.object
        switch schema["type"]?.string {
        // Old servers leave the type of objects out; what has neither may be anything.
        case nil: if let properties { checkFields(value, properties, schema, path, place) }
        case "object"?:
            if let properties { checkFields(value, properties, schema, path, place) } else { checkMap(value, schema, path, place) }
        case "array"?: checkList(value, schema, path, place)
        case let type?: checkScalar(value, type, path, place)
        }
    }

    private mutating func checkFields(_ value: JSON, _ fields: JSONObject, _ schema: JSON, _ path: String, _ place: String) {
        guard let members = value.object else { return refuse(value, "map", path, place) }
        let keepsUnknown: Bool = schema["x-kubernetes-preserve-unknown-fields"] == true
        for member in members.sorted() where !member.value.isNull {
            if let field = fields[member.key] {
                check(member.value, field, "\(path).\(member.key)", "\(place).\(member.key)")
            } else if !keepsUnknown {
                add("unknown field \(JSON.quoted(member.key)) in \(place)", at: path)
            }
        }
        for required in schema["required"]?.array ?? [] {
            guard let name = required.string, value[name] ?? .null == .null else { continue }
            add("missing required field \(JSON.quoted(name)) in \(place)", at: path)
        }
    }

    private mutating func checkMap(_ value: JSON, _ schema: JSON, _ path: String, _ place: String) {
        guard let members = value.object else { return refuse(value, "map", path, place) }
        for member in members.sorted() {
            let inner: String = "\(path).\(member.key)"
            if member.value.isNull {
                problems.append("unknown object type \"nil\" in \(inner)")
            } else if let values = schema["additionalProperties"], values.object != nil {
                check(member.value, values, inner, place)
            }
        }
    }

    private mutating func checkList(_ value: JSON, _ schema: JSON, _ path: String, _ place: String) {
        guard let items = value.array else { return refuse(value, "array", path, place) }
        for (index, item) in items.enumerated() {
            if item.isNull {
                add("unknown object type \"nil\" in \(path)[\(index)]", at: path)
            } else if let element = schema["items"] {
                check(item, element, "\(path)[\(index)]", place)
            }
        }
    }

    /// A number may stand where a text is wanted, and a fraction where a whole number is: the server says the rest.
    private mutating func checkScalar(_ value: JSON, _ type: String, _ path: String, _ place: String) {
        let isFit: Bool =
            switch Self.type(of: value) {
            case "array", "map": false
            case "integer", "number": ["string", "integer", "number"].contains(type)
            case let own: own == type || type == "string"
            }
        if !isFit { refuse(value, type, path, place) }
    }

    private mutating func refuse(_ value: JSON, _ expected: String, _ path: String, _ place: String) {
        add("invalid type for \(place): got \"\(Self.type(of: value))\", expected \"\(expected)\"", at: path)
    }

    private mutating func add(_ problem: String, at path: String) { problems.append("ValidationError(\(path)): \(problem)") }

    private static func type(of value: JSON) -> String {
        switch value {
        case .bool: "boolean"
        case .int: "integer"
        case .number: "number"
        case .array: "array"
        case .object: "map"
        case .string, .null: "string"
        }
    }
}
