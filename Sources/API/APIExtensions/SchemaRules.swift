import Machinery

/// What the schema in a definition must be like: no keyword that is not supported, and structural.
///
/// Source: `ValidateCustomResourceDefinitionOpenAPISchema` of pkg/apis/apiextensions/validation, `ValidateStructural` of
/// pkg/apiserver/schema and `ValidateDefaults` of pkg/apiserver/schema/defaulting, all of k8s.io/apiextensions-apiserver.
enum SchemaRules {
    static func validate(_ schema: JSON, hasStatus: Bool, _ path: Path, _ problems: inout Problems) {
        if hasStatus { validateRoot(schema, path, &problems) }
        if schema["nullable"] == true { problems.forbidden(path.child("nullable"), "nullable cannot be true at the root") }
        var structure = Problems()
        StructureRules.validate(schema, .root, path, &structure)
        StructureRules.validateCompleteness(schema, path, &structure)
        if structure.isEmpty { DefaultRules.validate(StructuralSchema(schema), isRoot: true, path, &structure) }
        problems.append(contentsOf: structure)
        validate(schema, Place(isRoot: true), path, &problems)
        // What is not structural has no types that rules could be checked against.
        if structure.isEmpty { RuleCosts.validate(schema, path, &problems) }
    }

    /// With a status of its own, an object is validated in two parts: nothing at the root may speak of both.
    private static func validateRoot(_ schema: JSON, _ path: Path, _ problems: inout Problems) {
        if let type = schema["type"]?.string, type != "object" {
            problems.invalid(
                path.child("type"), .string(type),
                "only \"object\" is allowed as the type at the root of the schema if the status subresource is enabled")
        }
        let allowed: Set<String> = [
            "description", "type", "format", "title", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength",
            "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "multipleOf", "required", "items", "properties",
            "externalDocs", "example", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-validations",
        ]
        guard schema.object?.members.contains(where: { !allowed.contains($0.key) && $0.key != "nullable" }) == true else { return }
        problems.invalid(
            path, schema,
            "only [Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems "
                + "MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations] "
                + "fields are allowed at the root of the schema if the status subresource is enabled")
    }

    /// Where in a schema a part stands, as far as it changes what is allowed.
    private struct Place {
        var isRoot: Bool = false
        var isInMetadata: Bool = false
        /// Why there may be no default; nil where there may be one.
        var forbidsDefaults: String?
    }

    private static func validate(_ schema: JSON, _ place: Place, _ path: Path, _ problems: inout Problems) {
        validateKeywords(schema, place, path, &problems)
        var inner: Place = place
        inner.isRoot = false
        if let additional = schema["additionalProperties"] {
            if schema["properties"]?.isEmpty == false, additional != true {
                problems.forbidden(path.child("additionalProperties"), "additionalProperties and properties are mutual exclusive")
            }
            var values: Place = inner
            if place.isInMetadata { values.forbidsDefaults = "inside additionalProperties applying to object metadata" }
            if additional.object != nil { validate(additional, values, path.child("additionalProperties"), &problems) }
        }
        for member in schema["properties"]?.object?.members ?? [] {
            var property: Place = inner
            if place.isRoot || schema["x-kubernetes-embedded-resource"] == true,
                ["metadata", "kind", "apiVersion"].contains(member.key)
            {
                property.isInMetadata = true
                if place.isRoot { property.forbidsDefaults = "in top-level \(member.key)" }
            }
            validate(member.value, property, path.child("properties").key(member.key), &problems)
        }
        if let not = schema["not"] { validate(not, inner, path.child("not"), &problems) }
        for name in ["allOf", "oneOf", "anyOf"] {
            for (index, one) in (schema[name]?.array ?? []).enumerated() {
                validate(one, inner, path.child(name).index(index), &problems)
            }
        }
        if let items = schema["items"], items.object != nil { validate(items, inner, path.child("items"), &problems) }
        validateLists(schema, path, &problems)
        validateRules(schema, path, &problems)
    }

    private static func validateKeywords(_ schema: JSON, _ place: Place, _ path: Path, _ problems: inout Problems) {
        let type: String = schema["type"]?.string ?? ""
        let types: [String] = ["array", "boolean", "integer", "number", "object", "string"]
        if !type.isEmpty, type != "null", !types.contains(type) {
            problems.notSupported(path.child("type"), .string(type), supported: types)
        }
        if schema["default"] != nil, let why = place.forbidsDefaults { problems.forbidden(path.child("default"), "must not be set " + why) }
        for name in ["id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref"] where schema[name] != nil {
            problems.forbidden(path.child(name), "\(name) is not supported")
        }
        if type == "null" { problems.forbidden(path.child("type"), "type cannot be set to null, use nullable as an alternative") }
        if schema["items"]?.array != nil { problems.forbidden(path.child("items"), "items must be a schema object and not an array") }
        if place.isInMetadata, schema["x-kubernetes-embedded-resource"] == true {
            problems.forbidden(path.child("x-kubernetes-embedded-resource"), "must not be used inside of resource meta")
        }
        if schema["uniqueItems"] == true {
            problems.forbidden(
                path.child("uniqueItems"), "uniqueItems cannot be set to true since the runtime complexity becomes quadratic")
        }
        if schema["x-kubernetes-preserve-unknown-fields"] == false {
            problems.invalid(path.child("x-kubernetes-preserve-unknown-fields"), false, "must be true or undefined")
        }
    }

    // MARK: - Lists and maps

    private static func validateLists(_ schema: JSON, _ path: Path, _ problems: inout Problems) {
        let type: String = schema["type"]?.string ?? ""
        func mustBe(_ wanted: String, _ keyword: String) {
            let words = "must be \(wanted) if \(keyword) is specified"
            if type.isEmpty {
                problems.required(path.child("type"), words)
            } else {
                problems.invalid(path.child("type"), .string(type), words)
            }
        }
        if let mapType = schema["x-kubernetes-map-type"]?.string {
            if type != "object" { mustBe("object", "x-kubernetes-map-type") }
            if !["atomic", "granular"].contains(mapType) {
                problems.notSupported(path.child("x-kubernetes-map-type"), .string(mapType), supported: ["atomic", "granular"])
            }
        }
        let items: JSON? = schema["items"]
        let listType: String? = schema["x-kubernetes-list-type"]?.string
        if let listType {
            if type != "array" {
                mustBe("array", "x-kubernetes-list-type")
            } else if listType == "set", let items {
                validateSet(items, path.child("items"), &problems)
            }
            if !["atomic", "set", "map"].contains(listType) {
                problems.notSupported(path.child("x-kubernetes-list-type"), .string(listType), supported: ["atomic", "set", "map"])
            }
            if listType != "atomic", items?["nullable"] == true {
                problems.forbidden(path.child("items").child("nullable"), "cannot be nullable when x-kubernetes-list-type is " + listType)
            }
        }
        let keys: [String] = (schema["x-kubernetes-list-map-keys"]?.array ?? []).compactMap(\.string)
        if !keys.isEmpty, listType != "map" {
            let words = "must be map if x-kubernetes-list-map-keys is non-empty"
            if let listType {
                problems.invalid(path.child("x-kubernetes-list-type"), .string(listType), words)
            } else {
                problems.required(path.child("x-kubernetes-list-type"), words)
            }
        }
        if listType == "map" { validateMap(schema, keys, path, &problems) }
    }

    private static func validateSet(_ items: JSON, _ path: Path, _ problems: inout Problems) {
        let words = "must be atomic as item of a list with x-kubernetes-list-type=set"
        let listType: JSON? = items["x-kubernetes-list-type"]
        let mapType: JSON? = items["x-kubernetes-map-type"]
        if items["type"] == "array", let listType, listType != "atomic" {
            problems.invalid(path.child("x-kubernetes-list-type"), listType, words)
        }
        if items["type"] == "object", mapType != "atomic" {
            problems.invalid(path.child("x-kubernetes-map-type"), mapType ?? .null, words)
        }
    }

    private static func validateMap(_ schema: JSON, _ keys: [String], _ path: Path, _ problems: inout Problems) {
        let keysPath: Path = path.child("x-kubernetes-list-map-keys")
        if keys.isEmpty { problems.required(keysPath, "must not be empty if x-kubernetes-list-type is map") }
        guard let items = schema["items"] else {
            return problems.required(path.child("items"), "must have a schema if x-kubernetes-list-type is map")
        }
        let itemsPath: Path = path.child("items")
        guard items["type"] == "object" else {
            return problems.invalid(
                itemsPath.child("type"), items["type"] ?? "", "must be object if parent array's x-kubernetes-list-type is map")
        }
        let required: [JSON] = items["required"]?.array ?? []
        let all: JSON = .array(keys.map { .string($0) })
        for (index, key) in keys.enumerated() {
            guard let property = items[["properties", key]] else {
                problems.invalid(keysPath, all, "entries must all be names of item properties")
                continue
            }
            let here: Path = itemsPath.child("properties").key(key)
            if property["type"] == "array" || property["type"] == "object" {
                problems.invalid(here.child("type"), "object", "must be a scalar type if parent array's x-kubernetes-list-type is map")
            }
            if keys[..<index].contains(key) { problems.invalid(keysPath, all, "must not contain duplicate entries") }
            if !required.contains(.string(key)), property["default"] == nil {
                problems.required(
                    here.child("default"),
                    "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property")
            }
            if property["nullable"] == true {
                problems.forbidden(
                    here.child("nullable"), "this property is in x-kubernetes-list-map-keys, so it cannot be nullable")
            }
        }
    }

    // MARK: - Rules in CEL

    private static func validateRules(_ schema: JSON, _ path: Path, _ problems: inout Problems) {
        for (index, rule) in (schema["x-kubernetes-validations"]?.array ?? []).enumerated() {
            let here: Path = path.child("x-kubernetes-validations").index(index)
            let text: String = rule["rule"]?.string ?? ""
            let message: String = rule["message"]?.string ?? ""
            func isBlank(_ text: String) -> Bool { text.allSatisfy(\.isWhitespace) }
            func hasBreaks(_ text: String) -> Bool { text[...].trimmed.contains { $0.isNewline } }
            if isBlank(text) {
                problems.required(here.child("rule"), "rule is not specified")
            } else if !message.isEmpty, isBlank(message) {
                problems.invalid(here.child("message"), .string(message), "message must be non-empty if specified")
            } else if hasBreaks(message) {
                problems.invalid(here.child("message"), .string(message), "message must not contain line breaks")
            } else if hasBreaks(text), isBlank(message) {
                problems.required(here.child("message"), "message must be specified if rule contains line breaks")
            }
            if let expression = rule["messageExpression"]?.string, !expression.isEmpty, isBlank(expression) {
                problems.required(here.child("messageExpression"), "messageExpression must be non-empty if specified")
            }
            let reasons: [String] = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"]
            if let reason = rule["reason"]?.string, !reasons.contains(reason) {
                problems.notSupported(here.child("reason"), .string(reason), supported: reasons)
            }
        }
    }
}
