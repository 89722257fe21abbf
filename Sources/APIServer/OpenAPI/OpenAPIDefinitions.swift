import API
import Machinery

/// The schemas of kinds and of all types below them, by name.
struct OpenAPIDefinitions: Sendable {
    let dialect: OpenAPIDialect
    private var schemas: [String: JSONObject] = [:]
    /// By `apps/v1/Deployment`.
    private var namesByKind: [String: String] = [:]

    init(_ dialect: OpenAPIDialect, types: [ResourceType], bodies: [ResourceType]) {
        self.dialect = dialect
        var groupVersions: [(group: String, version: String)] = []
        for type in types where !groupVersions.contains(where: { $0 == (type.names.group, type.names.version) }) {
            groupVersions.append((type.names.group, type.names.version))
        }
        for (name, schema) in OpenAPIPrimitives.schemas(dialect) { schemas[name] = schema }
        // Kinds before the types that contain them: a kind has members that the same type as a part has not.
        for kind in OpenAPIMetaTypes.kinds {
            let name: String = kind.schema.shortName
            let kinds: [GroupVersionKind] = kind.isInEveryGroup ? groupVersions.map { ($0.group, $0.version, name) } : [("", "v1", name)]
            add(kind.schema, kinds: kinds, hasTypeMeta: kind.hasTypeMeta)
        }
        for type in types + bodies {
            if let custom = type.custom {
                addCustom(type, custom)
            } else {
                add(type.schema, kinds: [(type.names.group, type.names.version, type.names.kind)])
            }
            if type.names.verbs.contains(.list) { schemas[type.schema.name + "List"] = list(of: type) }
        }
        for schema in OpenAPIMetaTypes.parts { add(schema, kinds: []) }
    }

    /// Every definition, by name.
    func all() -> JSONObject { object(Set(schemas.keys)) }

    /// The definitions that paths name, and those that they name in turn.
    func reachable(from paths: [JSONObject.Member], and names: [String] = []) -> JSONObject {
        var found: Set<String> = []
        var open: [String] = names
        for path in paths { collect(path.value, into: &open) }
        while let name: String = open.popLast() {
            guard let schema: JSONObject = schemas[name], found.insert(name).inserted else { continue }
            collect(.object(schema), into: &open)
        }
        return object(found)
    }

    /// The name of the definition of a kind: `io.k8s.api.apps.v1.Deployment`; nil when the kind is not defined.
    func name(ofKind kind: String, apiVersion: String) -> String? { namesByKind[apiVersion + "/" + kind] }

    /// The definitions of these resources and their lists alone.
    func ofResources(_ types: [ResourceType]) -> JSONObject { object(Set(types.flatMap { [$0.schema.name, $0.schema.name + "List"] })) }

    private func object(_ names: Set<String>) -> JSONObject {
        JSONObject(
            members: names.sorted().compactMap { name in
                schemas[name].map { JSONObject.Member(key: name, value: .object($0)) }
            })
    }

    private func collect(_ json: JSON, into names: inout [String]) {
        switch json {
        case .array(let elements):
            for element in elements { collect(element, into: &names) }
        case .object(let object):
            for member in object.members {
                if member.key == "$ref", let name: String = member.value.string.flatMap({ dialect.name(of: $0) }) {
                    names.append(name)
                } else {
                    collect(member.value, into: &names)
                }
            }
        default: break
        }
    }

    private typealias GroupVersionKind = (group: String, version: String, kind: String)

    /// A type with all below it. Kinds have `apiVersion` and `kind` too.
    private mutating func add(_ schema: ObjectSchema, kinds: [GroupVersionKind], hasTypeMeta: Bool = true) {
        for kind in kinds { namesByKind[(kind.group.isEmpty ? "" : kind.group + "/") + kind.version + "/" + kind.kind] = schema.name }
        guard schemas[schema.name] == nil else { return }
        schemas[schema.name] = JSONObject()  // holds the place, for types that contain themselves
        var properties: [JSONObject.Member] = kinds.isEmpty || !hasTypeMeta ? [] : Self.typeMeta.filter { schema[$0.key] == nil }
        for field in schema.fields {
            properties.append(JSONObject.Member(key: field.name, value: .object(property(field))))
            addParts(of: field.type)
        }
        var definition: JSONObject = ["description": .string(schema.doc), "type": "object"]
        let required: [String] = schema.fields.filter { $0.isAlwaysWritten }.map(\.name)
        if !required.isEmpty { definition["required"] = .array(required.map { .string($0) }) }
        if !properties.isEmpty { definition["properties"] = .object(JSONObject(members: properties).sorted()) }
        if schema.isAtomic { definition["x-kubernetes-map-type"] = "atomic" }
        if schema.keepsUnknown { definition["x-kubernetes-preserve-unknown-fields"] = true }
        if !kinds.isEmpty { definition["x-kubernetes-group-version-kind"] = .array(kinds.map(Self.json)) }
        schemas[schema.name] = definition
    }

    /// The types that a type names.
    private mutating func addParts(of type: TypeSchema) {
        switch type {
        case .object(let reference): add(reference.schema, kinds: [])
        case .list(let element), .map(let element): addParts(of: element)
        case .union(let union):
            schemas[union.name] = ["description": .string(union.doc)]
            for form in union.forms { addParts(of: form.type) }
        default: break
        }
    }

    /// What the definition of a custom resource says, with the members that all objects have. In version 2 nothing is said of what may
    /// have members of any name: clients took the members that are named for the only ones. Source: `buildKubeNative` of
    /// k8s.io/apiextensions-apiserver.
    private mutating func addCustom(_ type: ResourceType, _ custom: CustomTraits) {
        let names: KindNames = type.names
        namesByKind[names.apiVersion + "/" + names.kind] = type.schema.name
        add(ObjectMeta.definition.schema, kinds: [])
        let kinds: JSON = [Self.json((names.group, names.version, names.kind))]
        if dialect == .version2, custom.openAPI["x-kubernetes-preserve-unknown-fields"]?.bool == true {
            schemas[type.schema.name] = ["type": "object", "x-kubernetes-group-version-kind": kinds]
            return
        }
        var definition: JSONObject = (dialect == .version3 ? custom.openAPI : CustomSwagger.schema(custom.openAPI)).object ?? [:]
        var properties: JSONObject = definition["properties"]?.object ?? [:]
        for member in Self.typeMeta { properties[member.key] = member.value }
        var metadata: JSONObject = dialect.fieldReference(ObjectMeta.definition.schema.name)
        metadata["description"] = "Standard object's metadata: name, labels and the like."
        properties["metadata"] = .object(metadata)
        definition["type"] = "object"
        definition["properties"] = .object(properties.sorted())
        definition["x-kubernetes-group-version-kind"] = kinds
        schemas[type.schema.name] = definition
    }

    private func list(of type: ResourceType) -> JSONObject {
        let kind: String = type.names.listKind
        let items: JSON = ["description": "The objects.", "type": "array", "items": dialect.reference(type.schema.name)]
        var metadata: JSONObject = dialect.fieldReference(ListMeta.definition.schema.name)
        metadata["description"] = "Revision of the list and where its next page begins."
        let properties = JSONObject(
            members: Self.typeMeta + [
                JSONObject.Member(key: "items", value: items), JSONObject.Member(key: "metadata", value: .object(metadata)),
            ]
        ).sorted()
        return [
            "description": .string("\(kind) is a list of objects of kind \(type.names.kind)."), "type": "object", "required": ["items"],
            "properties": .object(properties),
            "x-kubernetes-group-version-kind": [Self.json((type.names.group, type.names.version, kind))],
        ]
    }

    private static func json(_ kind: GroupVersionKind) -> JSON {
        ["group": .string(kind.group), "kind": .string(kind.kind), "version": .string(kind.version)]
    }

    private static let typeMeta: [JSONObject.Member] = [
        JSONObject.Member(
            key: "apiVersion",
            value: [
                "description": "APIVersion defines group and version of the kind, such as apps/v1; v1 alone for the core group.",
                "type": "string",
            ]),
        JSONObject.Member(key: "kind", value: ["description": "What the object is, such as Pod.", "type": "string"]),
    ]

    // MARK: - Fields

    private func property(_ field: FieldSchema) -> JSONObject {
        var property: JSONObject = field.isFieldsV1 ? dialect.fieldReference(OpenAPIPrimitives.fieldsV1) : type(field.type, isField: true)
        property["description"] = .string(field.doc)
        if dialect == .version3 { addValues(field, &property) }
        if field.mergesList || field.retainsKeys {
            let strategies: [String] = (field.mergesList ? ["merge"] : []) + (field.retainsKeys ? ["retainKeys"] : [])
            property["x-kubernetes-patch-strategy"] = .string(strategies.joined(separator: ","))
        } else if field.isReplaced {
            property["x-kubernetes-patch-strategy"] = "replace"
        }
        if let key: String = field.mergeKey { property["x-kubernetes-patch-merge-key"] = .string(key) }
        switch field.listType {
        case .atomic?: property["x-kubernetes-list-type"] = "atomic"
        case .set?: property["x-kubernetes-list-type"] = "set"
        case .map(let keys)?:
            property["x-kubernetes-list-type"] = "map"
            property["x-kubernetes-list-map-keys"] = .array(keys.map { .string($0) })
        case nil:
            if field.isGranular { property["x-kubernetes-map-type"] = "granular" }
            if field.isAtomic, case .map = field.type { property["x-kubernetes-map-type"] = "atomic" }
            if field.isAtomic, case .base64 = field.type { property["x-kubernetes-list-type"] = "atomic" }
        }
        return property
    }

    /// Defaults and the values that validation allows.
    private func addValues(_ field: FieldSchema, _ property: inout JSONObject) {
        if let value: JSON = field.defaultValue {
            property["default"] = value
        } else if case .object = field.type, !field.isOptional {
            property["default"] = .object([:])
        }
        for rule in field.rules {
            if case .oneOf(let values) = rule { property["enum"] = .array(values.map { .string($0) }) }
        }
    }

    /// The type of a value; in version 3 the references of fields are wrapped, so that a description may stand beside them.
    private func type(_ type: TypeSchema, isField: Bool = false) -> JSONObject {
        func named(_ name: String) -> JSONObject {
            isField ? dialect.fieldReference(name) : dialect.reference(name).object ?? JSONObject()
        }
        switch type {
        case .boolean: return ["type": "boolean"]
        case .int32: return ["type": "integer", "format": "int32"]
        case .int64: return ["type": "integer", "format": "int64"]
        case .double: return ["type": "number", "format": "double"]
        case .string: return ["type": "string"]
        case .base64: return ["type": "string", "format": "byte"]
        case .quantity: return named(OpenAPIPrimitives.quantity)
        case .intOrString: return named(OpenAPIPrimitives.intOrString)
        case .time: return named(OpenAPIPrimitives.time)
        case .microTime: return named(OpenAPIPrimitives.microTime)
        case .any: return named(OpenAPIPrimitives.rawExtension)
        case .object(let reference): return named(reference.schema.name)
        case .union(let union): return named(union.name)
        case .list(let element): return ["type": "array", "items": .object(self.type(element))]
        case .map(let value): return ["type": "object", "additionalProperties": .object(self.type(value))]
        }
    }
}

extension FieldSchema {
    /// The one field of any JSON that OpenAPI knows under a name of its own.
    fileprivate var isFieldsV1: Bool {
        if case .any = type { name == API.ManagedFieldsEntry.definition.fields.pointee.fieldsV1.name } else { false }
    }
}
