import API
import CEL
import Machinery

/// What becomes of an object by the value of a mutation's expression. Pure.
enum PolicyChange {
    struct Failure: Error {
        let text: String
    }

    // MARK: - Apply configurations

    /// Lays the fields that an expression made over the object, as a server-side apply would, without owning them.
    ///
    /// Source: k8s.io/apiserver/pkg/admission/plugin/policy/mutating/patch/smd.go.
    static func merged(_ object: JSON, _ value: Value, _ type: ResourceType) throws(Failure) -> JSON {
        guard case .object(let opaque) = value, let made = opaque as? ConstructedValue, made.typeName == "Object" else {
            throw Failure(text: "invalid return type: \(value.typeName)")
        }
        var fields: JSON = try json(made, path: "Object")
        let shape = FieldShape(type.schema)
        let atomics: [String] = atomics(fields, shape, "")
        guard atomics.isEmpty else {
            throw Failure(
                text: "error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: "
                    + atomics.joined(separator: ", "))
        }
        fields["apiVersion"] = object["apiVersion"]
        fields["kind"] = object["kind"]
        return FieldMerge.merge(object, fields, shape) ?? object
    }

    /// Members that are owned as a whole: setting a part of one would drop the others.
    private static func atomics(_ value: JSON, _ shape: FieldShape, _ path: String) -> [String] {
        switch (value, shape) {
        case (.object, .leaf), (.array, .leaf): return [path]
        case (.object(let object), _):
            return object.members.flatMap { atomics($0.value, shape.member($0.key).shape, path + "." + $0.key) }
        case (.array(let elements), .list):
            return elements.enumerated().flatMap { atomics($1, shape.element, "\(path)[\($0)]") }
        default: return []
        }
    }

    /// An object that was made by name; each part has to be named for the field that it stands in.
    private static func json(_ made: ConstructedValue, path: String) throws(Failure) -> JSON {
        guard made.typeName == path else {
            throw Failure(
                text: "type mismatch: unexpected type name \"\(made.typeName)\", expected \"\(path)\", which matches field name path from "
                    + "root Object type")
        }
        var result: JSON = [:]
        for field in made.fields { result[field.name] = try json(field.value, path: path + "." + field.name) }
        return result
    }

    private static func json(_ value: Value, path: String) throws(Failure) -> JSON {
        switch value {
        case .object(let opaque):
            guard let made = opaque as? ConstructedValue else { return try plain(value) }
            return try json(made, path: path)
        case .list(let values):
            var elements: [JSON] = []
            for value in values { elements.append(try json(value, path: path)) }
            return .array(elements)
        case .map(let map):
            var object: JSON = [:]
            for (key, value) in map.entries {
                guard case .string(let name) = key else { throw Failure(text: "map key must be string, but got \(key.typeName)") }
                object[name] = try json(value, path: path)
            }
            return object
        default: return try plain(value)
        }
    }

    private static func plain(_ value: Value) throws(Failure) -> JSON {
        guard let json = value.json else { throw Failure(text: "invalid value of type \(value.typeName)") }
        return json
    }

    // MARK: - JSON patches

    /// Performs the operations that an expression made.
    ///
    /// Source: k8s.io/apiserver/pkg/admission/plugin/policy/mutating/patch/json_patch.go.
    static func patched(_ object: JSON, _ value: Value) throws(Failure) -> JSON {
        guard let operations = value.elements else {
            throw Failure(text: "type mismatch: JSONPatchType.expression should evaluate to array")
        }
        var patch: [JSON] = []
        for operation in operations {
            guard case .object(let opaque) = operation, let made = opaque as? ConstructedValue, made.typeName == "JSONPatch" else {
                throw Failure(
                    text:
                        "type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch, got element of \(operation.typeName)"
                )
            }
            var json: JSON = [:]
            for field in made.fields {
                if field.name == "value" {
                    json["value"] = try self.json(unnamed: field.value)
                } else {
                    json[field.name] = try plain(field.value)
                }
            }
            patch.append(json)
        }
        do {
            return try JSONPatch(.array(patch)).applied(to: object)
        } catch {
            throw Failure(text: "JSON Patch: \(error)")
        }
    }

    /// As ``json(_:path:)``, for values that stand anywhere.
    private static func json(unnamed value: Value) throws(Failure) -> JSON {
        switch value {
        case .object(let opaque):
            guard let made = opaque as? ConstructedValue else { return try plain(value) }
            var result: JSON = [:]
            for field in made.fields { result[field.name] = try json(unnamed: field.value) }
            return result
        case .list(let values):
            var elements: [JSON] = []
            for value in values { elements.append(try json(unnamed: value)) }
            return .array(elements)
        case .map(let map):
            var object: JSON = [:]
            for (key, value) in map.entries {
                guard case .string(let name) = key else { throw Failure(text: "map key must be string, but got \(key.typeName)") }
                object[name] = try json(unnamed: value)
            }
            return object
        default: return try plain(value)
        }
    }
}
