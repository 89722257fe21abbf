package import Machinery

/// A JSON schema, in the subset that OpenAPI version 3 and Kubernetes make of it.
package struct JSONSchemaProps: Schema {
    package static let definition = Definition(
        JSONSchemaProps(), CustomResourceDefinition.typeName("JSONSchemaProps"),
        "A JSON schema: what a value looks like, what it is to be by default, and what is said of it.")

    package let id = Field<String>("id", 1, "Not supported.")
    package let schema = Field<String>("$schema", 2, "Not supported.")
    package let ref = Field<String?>("$ref", 3, "Not supported.")
    package let description = Field<String>("description", 4, "What the value is, for people; explain shows it.")
    package let type = Field<String>("type", 5, "object, array, string, integer, number or boolean.")
    package let format = Field<String>(
        "format", 6, "What kind of text or number it is, such as date-time or int64. Unknown ones are ignored.")
    package let title = Field<String>("title", 7, "A heading, for people.")
    package let `default` = Field<JSONSchemaValue>("default", 8, "The value to put where there is none.")
    package let maximum = Field<Double?>("maximum", 9, "The greatest number.")
    package let exclusiveMaximum = Field<Bool>("exclusiveMaximum", 10, "True when the maximum itself is too much.")
    package let minimum = Field<Double?>("minimum", 11, "The least number.")
    package let exclusiveMinimum = Field<Bool>("exclusiveMinimum", 12, "True when the minimum itself is too little.")
    package let maxLength = Field<Int64?>("maxLength", 13, "The greatest number of characters.")
    package let minLength = Field<Int64?>("minLength", 14, "The least number of characters.")
    package let pattern = Field<String>("pattern", 15, "A regular expression that the text has a match of.")
    package let maxItems = Field<Int64?>("maxItems", 16, "The greatest number of elements.")
    package let minItems = Field<Int64?>("minItems", 17, "The least number of elements.")
    package let uniqueItems = Field<Bool>("uniqueItems", 18, "Not supported: give x-kubernetes-list-type instead.")
    package let multipleOf = Field<Double?>("multipleOf", 19, "A number that goes into the value without rest.")
    package let `enum` = Field<[JSONSchemaValue]>("enum", 20, "The only values.", .atomic)
    package let maxProperties = Field<Int64?>("maxProperties", 21, "The greatest number of members.")
    package let minProperties = Field<Int64?>("minProperties", 22, "The least number of members.")
    package let required = Field<[String]>("required", 23, "Members that must be there.", .atomic)
    package let items = Field<JSONSchemaPropsOrArray>("items", 24, "The schema of the elements.")
    package let allOf = Field<[JSONSchemaProps]>("allOf", 25, "Schemas all of which must hold.", .atomic)
    package let oneOf = Field<[JSONSchemaProps]>("oneOf", 26, "Schemas of which exactly one must hold.", .atomic)
    package let anyOf = Field<[JSONSchemaProps]>("anyOf", 27, "Schemas of which at least one must hold.", .atomic)
    package let not = Field<JSONSchemaProps?>("not", 28, "A schema that must not hold.")
    package let properties = Field<[String: JSONSchemaProps]>("properties", 29, "The schemas of members, by name.")
    package let additionalProperties = Field<JSONSchemaPropsOrBool>(
        "additionalProperties", 30, "The schema of the values of a map; true allows any.")
    package let patternProperties = Field<[String: JSONSchemaProps]>("patternProperties", 31, "Not supported.")
    package let dependencies = Field<[String: JSONSchemaPropsOrStringArray]>("dependencies", 32, "Not supported.")
    package let additionalItems = Field<JSONSchemaPropsOrBool>("additionalItems", 33, "Not supported.")
    package let definitions = Field<[String: JSONSchemaProps]>("definitions", 34, "Not supported.")
    package let externalDocs = Field<ExternalDocumentation?>("externalDocs", 35, "Where more is said.")
    package let example = Field<JSONSchemaValue>("example", 36, "A value as it might be.")
    package let nullable = Field<Bool>("nullable", 37, "True allows null.")
    package let preserveUnknownFields = Field<Bool?>(
        "x-kubernetes-preserve-unknown-fields", 38, "True keeps members that the schema does not name.")
    package let embeddedResource = Field<Bool>(
        "x-kubernetes-embedded-resource", 39, "True for a whole object of some kind, with apiVersion, kind and metadata.")
    package let intOrString = Field<Bool>("x-kubernetes-int-or-string", 40, "True for a value that is an integer or a text.")
    package let listMapKeys = Field<[String]>(
        "x-kubernetes-list-map-keys", 41, "Members that identify the elements of a list of type map.", .atomic)
    package let listType = Field<String?>(
        "x-kubernetes-list-type", 42, "atomic is owned as a whole, set has unique values, map has elements that keys identify.")
    package let mapType = Field<String?>(
        "x-kubernetes-map-type", 43, "granular is owned member by member, atomic as a whole.")
    package let validations = Field<[ValidationRule]>(
        "x-kubernetes-validations", 44, "Rules in CEL that the value must keep.", .merge(key: "rule"), .listMap(keys: ["rule"]))

    /// Whether a schema, or one inside it, has a member.
    package static func contains(_ schema: JSON?, _ member: String) -> Bool {
        guard let object = schema?.object else { return false }
        if object[member] != nil { return true }
        return children(of: object).contains { contains($0, member) }
    }

    /// The schemas that stand directly inside a schema.
    private static func children(of object: JSONObject) -> [JSON] {
        var children: [JSON] = []
        for name in ["properties", "patternProperties", "definitions"] { children += object[name]?.object?.members.map(\.value) ?? [] }
        for name in ["allOf", "anyOf", "oneOf"] { children += object[name]?.array ?? [] }
        for name in ["items", "additionalProperties", "not"] { if let child = object[name] { children.append(child) } }
        return children
    }
}

/// A rule in CEL.
package struct ValidationRule: Schema {
    package static let definition = Definition(
        ValidationRule(), CustomResourceDefinition.typeName("ValidationRule"), "A rule in CEL that a value must keep.")

    package let rule = Field<String>("rule", 1, "The expression; true for good values. self is the value.", .always)
    package let message = Field<String>("message", 2, "What to say when the rule is broken.")
    package let messageExpression = Field<String>("messageExpression", 3, "An expression that makes what to say.")
    package let reason = Field<String?>("reason", 4, "What the status gives as the reason; FieldValueInvalid if absent.")
    package let fieldPath = Field<String>("fieldPath", 5, "Where the fault is said to be, from the value on.")
    package let optionalOldSelf = Field<Bool?>("optionalOldSelf", 6, "True evaluates a rule on oldSelf on a create too.")
}

/// Where more is said of a value.
package struct ExternalDocumentation: Schema {
    package static let definition = Definition(
        ExternalDocumentation(), CustomResourceDefinition.typeName("ExternalDocumentation"), "Where more is said of a value.")

    package let description = Field<String>("description", 1, "What is there.")
    package let url = Field<String>("url", 2, "Where it is.")
}

/// Marks a field that holds any JSON; it reads as that.
package enum JSONSchemaValue: FieldValue {
    private static let union = UnionSchema(CustomResourceDefinition.typeName("JSON"), "Any JSON value.", [])
    package static var schema: TypeSchema { .union(union) }
    package static func read(_ json: JSON?) -> JSON { json ?? .null }
    package static func write(_ reading: JSON) -> JSON? { reading.isNull ? nil : reading }
}

/// Marks a field that holds a schema or a flag; it reads as their JSON.
package enum JSONSchemaPropsOrBool: FieldValue {
    private static let union = UnionSchema(
        CustomResourceDefinition.typeName("JSONSchemaPropsOrBool"), "A schema, or true for any value.",
        [UnionSchema.Form(1, .boolean), UnionSchema.Form(2, JSONSchemaProps.schema)])
    package static var schema: TypeSchema { .union(union) }
    package static func read(_ json: JSON?) -> JSON { json ?? .null }
    package static func write(_ reading: JSON) -> JSON? { reading.isNull ? nil : reading }
}

/// Marks a field that holds a schema or a list of schemas; it reads as their JSON.
package enum JSONSchemaPropsOrArray: FieldValue {
    private static let union = UnionSchema(
        CustomResourceDefinition.typeName("JSONSchemaPropsOrArray"), "A schema, or a list of schemas.",
        [UnionSchema.Form(1, JSONSchemaProps.schema), UnionSchema.Form(2, .list(JSONSchemaProps.schema))])
    package static var schema: TypeSchema { .union(union) }
    package static func read(_ json: JSON?) -> JSON { json ?? .null }
    package static func write(_ reading: JSON) -> JSON? { reading.isNull ? nil : reading }
}

/// Marks a field that holds a schema or a list of texts; it reads as their JSON.
package enum JSONSchemaPropsOrStringArray: FieldValue {
    private static let union = UnionSchema(
        CustomResourceDefinition.typeName("JSONSchemaPropsOrStringArray"), "A schema, or a list of names.",
        [UnionSchema.Form(1, JSONSchemaProps.schema), UnionSchema.Form(2, .list(.string))])
    package static var schema: TypeSchema { .union(union) }
    package static func read(_ json: JSON?) -> JSON { json ?? .null }
    package static func write(_ reading: JSON) -> JSON? { reading.isNull ? nil : reading }
}
