import Machinery

/// What makes a schema structural: every value has its type outside of allOf, anyOf, oneOf and not, which may only narrow it.
enum StructureRules {
    enum Level { case root, item, field }

    static func validate(_ schema: JSON, _ level: Level, _ path: Path, _ problems: inout Problems) {
        let type: String = schema["type"]?.string ?? ""
        func flag(_ name: String) -> Bool { schema[name] == true }
        let isEmbedded: Bool = flag("x-kubernetes-embedded-resource")
        let isIntOrString: Bool = flag("x-kubernetes-int-or-string")
        let keepsUnknown: Bool = flag("x-kubernetes-preserve-unknown-fields")
        if type == "array", schema["items"] == nil { problems.required(path.child("items"), "must be specified") }
        if let items = schema["items"], items.object != nil { validate(items, .item, path.child("items"), &problems) }
        let properties: [JSONObject.Member] = schema["properties"]?.object?.sorted().members ?? []
        for member in properties { validate(member.value, .field, path.child("properties").key(member.key), &problems) }
        if let additional = schema["additionalProperties"] {
            let here: Path = path.child("additionalProperties")
            if level == .root { problems.forbidden(here, "must not be used at the root") }
            if isEmbedded { problems.forbidden(here, "must not be used if x-kubernetes-embedded-resource is set") }
            if additional.object != nil { validate(additional, .field, here, &problems) }
        }
        if isIntOrString, keepsUnknown {
            problems.invalid(
                path.child("x-kubernetes-preserve-unknown-fields"), true, "must be false if x-kubernetes-int-or-string is true")
        }
        if isIntOrString, isEmbedded {
            problems.invalid(path.child("x-kubernetes-embedded-resource"), true, "must be false if x-kubernetes-int-or-string is true")
        }
        validateValues(schema, isIntOrString: isIntOrString, path, &problems)
        validateType(type, level, isEmbedded, mayBeAbsent: isIntOrString || keepsUnknown, path, &problems)
        if level == .root || isEmbedded {
            for name in ["kind", "apiVersion"] {
                guard let found = schema[["properties", name]], found["type"] != "string" else { continue }
                problems.invalid(path.child("properties").key(name).child("type"), found["type"] ?? "", "must be string")
            }
        }
        if let metadata = schema[["properties", "metadata"]] {
            validateMetadata(metadata, level, isChecked: level == .root || isEmbedded, path.child("properties").key("metadata"), &problems)
        }
        if isEmbedded, !keepsUnknown, properties.isEmpty {
            problems.required(
                path.child("properties"),
                "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields")
        }
    }

    private static func validateType(
        _ type: String, _ level: Level, _ isEmbedded: Bool, mayBeAbsent: Bool, _ path: Path, _ problems: inout Problems
    ) {
        let here: Path = path.child("type")
        if isEmbedded, type != "object" {
            let words = "must be object if x-kubernetes-embedded-resource is true"
            if type.isEmpty { problems.required(here, words) } else { problems.invalid(here, .string(type), words) }
        } else if type.isEmpty, !mayBeAbsent {
            switch level {
            case .root: problems.required(here, "must not be empty at the root")
            case .item: problems.required(here, "must not be empty for specified array items")
            case .field: problems.required(here, "must not be empty for specified object fields")
            }
        }
        if level == .root, !type.isEmpty, type != "object" { problems.invalid(here, .string(type), "must be object at the root") }
    }

    /// At the root, metadata may narrow the name only.
    private static func validateMetadata(_ metadata: JSON, _ level: Level, isChecked: Bool, _ path: Path, _ problems: inout Problems) {
        if isChecked, metadata["type"] != "object" { problems.invalid(path.child("type"), metadata["type"] ?? "", "must be object") }
        guard level == .root else { return }
        var rest: JSONObject = metadata.object ?? [:]
        let names: Set<String> = Set(rest["properties"]?.object?.keys ?? [])
        if names.isSubset(of: ["name", "generateName"]) { rest["properties"] = nil }
        rest["type"] = nil
        rest["default"] = nil
        guard !rest.isEmpty else { return }
        problems.forbidden(
            path, "must not specify anything other than name and generateName, but metadata is implicitly specified")
    }

    // MARK: - Inside of allOf, anyOf, oneOf and not

    private static let intOrString: JSON = [["type": "integer"], ["type": "string"]]

    private static func validateValues(_ schema: JSON, isIntOrString: Bool, _ path: Path, _ problems: inout Problems) {
        if let pattern = schema["pattern"]?.string {
            do throws(RegularExpressionError) { _ = try RegularExpression(pattern) } catch {
                problems.invalid(path.child("pattern"), .string(pattern), "must be a valid regular expression, but isn't: \(error)")
            }
        }
        // The two ways to write that a value is an integer or a text.
        if schema["anyOf"] != intOrString {
            for (index, one) in (schema["anyOf"]?.array ?? []).enumerated() {
                validateNested(one, path.child("anyOf").index(index), &problems)
            }
        }
        for (index, one) in (schema["allOf"]?.array ?? []).enumerated() {
            var one: JSON = one
            if index == 0, one["anyOf"] == intOrString { one["anyOf"] = nil }
            validateNested(one, path.child("allOf").index(index), &problems)
        }
        for (index, one) in (schema["oneOf"]?.array ?? []).enumerated() {
            validateNested(one, path.child("oneOf").index(index), &problems)
        }
        if let not = schema["not"] { validateNested(not, path.child("not"), &problems) }
    }

    private static func validateNested(_ schema: JSON, _ path: Path, _ problems: inout Problems) {
        validateValues(schema, isIntOrString: false, path, &problems)
        if let items = schema["items"], items.object != nil { validateNested(items, path.child("items"), &problems) }
        for member in schema["properties"]?.object?.sorted().members ?? [] {
            validateNested(member.value, path.child("properties").key(member.key), &problems)
        }
        for (name, words) in forbidden where schema[name] != nil && schema[name] != false {
            problems.forbidden(path.child(name), "must be \(words) to be structural")
        }
        if schema[["properties", "metadata"]] != nil {
            problems.forbidden(path.child("properties").key("metadata"), "must not be specified in a nested context")
        }
    }

    private static let forbidden: [(String, String)] = [
        ("type", "empty"), ("additionalProperties", "undefined"), ("default", "undefined"), ("title", "empty"), ("description", "empty"),
        ("nullable", "false"), ("externalDocs", "undefined"), ("x-kubernetes-preserve-unknown-fields", "false"),
        ("x-kubernetes-embedded-resource", "false"), ("x-kubernetes-int-or-string", "false"),
        ("x-kubernetes-list-map-keys", "empty"), ("x-kubernetes-list-type", "undefined"), ("x-kubernetes-map-type", "undefined"),
        ("x-kubernetes-validations", "empty"),
    ]

    // MARK: - Completeness

    /// What is narrowed must be declared outside too.
    static func validateCompleteness(_ schema: JSON, _ path: Path, _ problems: inout Problems) {
        for (nested, here) in nestedSchemas(schema, path) { complete(nested, by: schema, here, path, &problems) }
        for member in schema["properties"]?.object?.sorted().members ?? [] {
            validateCompleteness(member.value, path.child("properties").key(member.key), &problems)
        }
        for name in ["items", "additionalProperties"] {
            if let inner = schema[name], inner.object != nil { validateCompleteness(inner, path.child(name), &problems) }
        }
    }

    private static func nestedSchemas(_ schema: JSON, _ path: Path) -> [(JSON, Path)] {
        var found: [(JSON, Path)] = []
        for name in ["allOf", "anyOf", "oneOf"] {
            for (index, one) in (schema[name]?.array ?? []).enumerated() { found.append((one, path.child(name).index(index))) }
        }
        if let not = schema["not"] { found.append((not, path.child("not"))) }
        return found
    }

    private static func complete(_ nested: JSON, by schema: JSON, _ here: Path, _ path: Path, _ problems: inout Problems) {
        if let items = nested["items"], items.object != nil {
            if let outer = schema["items"] {
                complete(items, by: outer, here.child("items"), path.child("items"), &problems)
            } else {
                problems.required(path.child("items"), "because it is defined in \(here.child("items"))")
            }
        }
        for member in nested["properties"]?.object?.sorted().members ?? [] {
            let inner: Path = here.child("properties").key(member.key)
            let outerPath: Path = path.child("properties").key(member.key)
            if let outer = schema[["properties", member.key]] {
                complete(member.value, by: outer, inner, outerPath, &problems)
            } else {
                problems.required(outerPath, "because it is defined in \(inner)")
            }
        }
        for (one, place) in nestedSchemas(nested, here) { complete(one, by: schema, place, path, &problems) }
    }
}

/// Defaults must be what the schema itself would let pass.
enum DefaultRules {
    static func validate(_ schema: StructuralSchema, isRoot: Bool = false, _ path: Path, _ problems: inout Problems) {
        guard schema.hasDefaults else { return }
        if let value = schema.defaultValue {
            let here: Path = path.child("default")
            var pruned: JSON = value
            var unknown: [String] = []
            schema.prune(&pruned, .root, &unknown)
            if !unknown.isEmpty { problems.invalid(here, value, "must not have unknown fields") }
            schema.validate(value, here, &problems)
        }
        if let items = schema.items { validate(items, path.child("items"), &problems) }
        for (name, property) in schema.properties { validate(property, path.child("properties").key(name), &problems) }
    }
}
