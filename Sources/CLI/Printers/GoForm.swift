import API
import Client
import Machinery

/// Objects as Go writes them from its own types: structs and fields without `omitempty` are always there, members stand in the order of
/// their declaration. kubectl prints so what it has made itself.
enum GoForm {
    /// The object with everything that Go writes.
    static func completed(_ object: JSON) -> JSON {
        guard let schema = KnownSchema.of(object) else { return object }
        return completed(object, schema)
    }

    private static func completed(_ json: JSON, _ schema: ObjectSchema) -> JSON {
        guard json.object != nil else { return json }
        var json: JSON = json
        for field in schema.fields {
            if let value = json[field.name] {
                json[field.name] = completed(value, field.type)
            } else if !field.isOptional, case .object(let reference) = field.type {
                json[field.name] = completed([:], reference.schema)
            } else if field.isAlwaysWritten, !field.isOptional {
                json[field.name] = zero(of: field.type)
            }
        }
        return json
    }

    private static func completed(_ json: JSON, _ type: TypeSchema) -> JSON {
        switch type {
        case .object(let reference): completed(json, reference.schema)
        case .list(let element): json.array.map { .array($0.map { completed($0, element) }) } ?? json
        default: json
        }
    }

    private static func zero(of type: TypeSchema) -> JSON {
        switch type {
        case .boolean: false
        case .int32, .int64, .double: 0
        case .string: ""
        default: .null
        }
    }

    /// The object with its members in the order of Go's struct, for JSON.
    static func ordered(_ object: JSON) -> JSON {
        if object["kind"] == "List", object["items"] != nil {
            return .object(
                JSONObject(
                    members: ["kind", "apiVersion", "metadata", "items"].compactMap { key in
                        object[key].map { JSONObject.Member(key: key, value: $0.sortedByKey) }
                    }))
        }
        guard let schema = KnownSchema.of(object), let members = ordered(object, schema).object else { return object.sortedByKey }
        let type: [JSONObject.Member] = ["kind", "apiVersion"].compactMap { key in
            object[key].map { JSONObject.Member(key: key, value: $0) }
        }
        return .object(JSONObject(members: type + members.members.filter { $0.key != "kind" && $0.key != "apiVersion" }))
    }

    /// Fields that Go declares elsewhere than their numbers say, by another field of the same struct.
    private static let late: [(key: String, besides: String, place: Double)] = [
        ("terminationMessagePolicy", "imagePullPolicy", 13.5), ("readyReplicas", "unavailableReplicas", 3.5),
        ("terminatingReplicas", "unavailableReplicas", 5.5), ("lastUpdateTime", "lastTransitionTime", 2.3),
        ("lastTransitionTime", "lastUpdateTime", 2.6),
    ]

    private static func ordered(_ json: JSON, _ schema: ObjectSchema) -> JSON {
        guard let object = json.object else { return json }
        func place(_ key: String) -> Double {
            guard let number = schema[key]?.number else { return .infinity }
            return late.first { $0.key == key && schema[$0.besides] != nil }?.place ?? Double(number)
        }
        let members: [JSONObject.Member] = object.sorted().enumerated().sorted { one, other in
            (place(one.element.key), one.offset) < (place(other.element.key), other.offset)
        }.map { member in
            JSONObject.Member(
                key: member.element.key,
                value: schema[member.element.key].map { ordered(member.element.value, $0.type) } ?? member.element.value.sortedByKey)
        }
        return .object(JSONObject(members: members))
    }

    private static func ordered(_ json: JSON, _ type: TypeSchema) -> JSON {
        switch type {
        case .object(let reference): ordered(json, reference.schema)
        case .list(let element): json.array.map { .array($0.map { ordered($0, element) }) } ?? json
        default: json.sortedByKey
        }
    }

    /// `v1.Service`
    static func type(_ resource: APIResource) -> String { "\(resource.resource.version).\(resource.kind)" }
}
