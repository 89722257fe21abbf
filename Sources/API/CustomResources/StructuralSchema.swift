package import Machinery

/// The schema of a custom resource, read once from its definition: what values look like, what is dropped, defaulted and refused.
///
/// Source: k8s.io/apiextensions-apiserver/pkg/apiserver/schema.
package final class StructuralSchema: Sendable {
    package enum ListType: String, Sendable { case atomic, set, map }

    /// What members may be there beside the declared ones.
    package enum Additional: Sendable {
        case none
        case any
        case schema(StructuralSchema)
    }

    /// As the definition has it.
    package let json: JSON
    /// Empty where any type will do.
    package let type: String
    package let format: String
    package let isNullable: Bool
    package let isIntOrString: Bool
    /// A whole object, with apiVersion, kind and metadata.
    package let isEmbeddedResource: Bool
    package let keepsUnknown: Bool
    package let defaultValue: JSON?
    /// In the order of the definition.
    package let properties: [(name: String, schema: StructuralSchema)]
    package let additional: Additional
    package let items: StructuralSchema?
    package let listType: ListType?
    package let listMapKeys: [String]
    package let isAtomicMap: Bool
    package let required: [String]
    /// What else must hold.
    let checks: ValueChecks
    /// Whether a default stands here or anywhere below.
    package let hasDefaults: Bool
    /// Whether an embedded resource stands here or anywhere below.
    let hasEmbeddedResources: Bool
    private let indexes: [ExactText: Int]

    package init(_ json: JSON) {
        self.json = json
        func flag(_ name: String) -> Bool { json[name] == true }
        type = json["type"]?.string ?? ""
        format = json["format"]?.string ?? ""
        isNullable = flag("nullable")
        isIntOrString = flag("x-kubernetes-int-or-string")
        isEmbeddedResource = flag("x-kubernetes-embedded-resource")
        keepsUnknown = flag("x-kubernetes-preserve-unknown-fields")
        defaultValue = json["default"]
        properties = (json["properties"]?.object?.members ?? []).map { ($0.key, StructuralSchema($0.value)) }
        indexes = [ExactText: Int](uniqueKeysWithValues: properties.enumerated().map { (ExactText($1.name), $0) })
        switch json["additionalProperties"] {
        case .object?: additional = .schema(StructuralSchema(json["additionalProperties"] ?? [:]))
        case .bool(true)?: additional = .any
        default: additional = .none
        }
        items = json["items"]?.object == nil ? nil : json["items"].map { StructuralSchema($0) }
        listType = json["x-kubernetes-list-type"]?.string.flatMap { ListType(rawValue: $0) }
        listMapKeys = (json["x-kubernetes-list-map-keys"]?.array ?? []).compactMap(\.string)
        isAtomicMap = json["x-kubernetes-map-type"] == "atomic"
        required = (json["required"]?.array ?? []).compactMap(\.string)
        checks = ValueChecks(json)
        var hasDefaults: Bool = defaultValue != nil || items?.hasDefaults == true || properties.contains { $0.schema.hasDefaults }
        if case .schema(let values) = additional, values.hasDefaults { hasDefaults = true }
        self.hasDefaults = hasDefaults
        var hasEmbedded: Bool =
            isEmbeddedResource || items?.hasEmbeddedResources == true || properties.contains { $0.schema.hasEmbeddedResources }
        if case .schema(let values) = additional, values.hasEmbeddedResources { hasEmbedded = true }
        hasEmbeddedResources = hasEmbedded
    }

    package subscript(property: String) -> StructuralSchema? { indexes[ExactText(property)].map { properties[$0].schema } }
}

/// Conditions on a value beside its type. Source: the validation keywords of JSON schema.
struct ValueChecks: Sendable {
    /// nil without the keyword.
    let values: [JSON]?
    let maximum: JSON?
    let isMaximumExclusive: Bool
    let minimum: JSON?
    let isMinimumExclusive: Bool
    let multipleOf: JSON?
    let maxLength: Int?
    let minLength: Int?
    let pattern: RegularExpression?
    let maxItems: Int?
    let minItems: Int?
    let hasUniqueItems: Bool
    let maxProperties: Int?
    let minProperties: Int?
    let allOf: [StructuralSchema]
    let anyOf: [StructuralSchema]
    let oneOf: [StructuralSchema]
    /// None or one.
    let not: [StructuralSchema]
    /// False when all of the above is absent.
    let isNeeded: Bool

    init(_ json: JSON) {
        func count(_ name: String) -> Int? { json[name]?.int.map(Int.init) }
        func schemas(_ name: String) -> [StructuralSchema] { (json[name]?.array ?? []).map { StructuralSchema($0) } }
        values = json["enum"]?.array
        maximum = json["maximum"]
        isMaximumExclusive = json["exclusiveMaximum"] == true
        minimum = json["minimum"]
        isMinimumExclusive = json["exclusiveMinimum"] == true
        multipleOf = json["multipleOf"]
        maxLength = count("maxLength")
        minLength = count("minLength")
        // A pattern that can't be read was refused when the definition was written.
        pattern = json["pattern"]?.string.flatMap { try? RegularExpression($0) }
        maxItems = count("maxItems")
        minItems = count("minItems")
        hasUniqueItems = json["uniqueItems"] == true
        maxProperties = count("maxProperties")
        minProperties = count("minProperties")
        allOf = schemas("allOf")
        anyOf = schemas("anyOf")
        oneOf = schemas("oneOf")
        not = json["not"].map { [StructuralSchema($0)] } ?? []
        isNeeded = Self.keywords.contains { json[$0] != nil }
    }

    private static let keywords = [
        "enum", "maximum", "minimum", "multipleOf", "maxLength", "minLength", "pattern", "maxItems", "minItems", "uniqueItems",
        "maxProperties", "minProperties", "allOf", "anyOf", "oneOf", "not",
    ]
}
