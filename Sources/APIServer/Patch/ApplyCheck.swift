import Machinery

/// Whether an applied configuration fits the schema: no unknown fields, no wrong types, no element without or with the same key.
///
/// Source: sigs.k8s.io/structured-merge-diff/v6/typed/validate.go, whose texts these are.
enum ApplyCheck {
    static func check(_ applied: JSON, _ schema: ObjectSchema) throws(ApplyError) {
        var errors: [String] = []
        check(applied, FieldShape(schema), .object(SchemaReference { schema }), "", &errors)
        guard let first: String = errors.first else { return }
        let text: String = errors.count == 1 ? first : "errors:\n" + errors.map { "  " + $0 + "\n" }.joined()
        throw .mismatch("failed to create typed patch object (\(identity(applied))): \(text)")
    }

    /// `default/web; apps/v1, Kind=Deployment`
    private static func identity(_ object: JSON) -> String {
        let metadata: JSON? = object["metadata"]
        let apiVersion: String = object["apiVersion"]?.string ?? ""
        let version: String = apiVersion.contains("/") ? apiVersion : "/" + apiVersion
        return "\(metadata?["namespace"]?.string ?? "")/\(metadata?["name"]?.string ?? ""); \(version), "
            + "Kind=\(object["kind"]?.string ?? "")"
    }

    private static func check(_ value: JSON, _ shape: FieldShape, _ type: TypeSchema, _ path: String, _ errors: inout [String]) {
        guard !value.isNull else { return }
        switch type {
        case .object(let reference):
            guard case .object(let object) = value else { return errors.append("\(path): expected map, got &{\(value.goText)}") }
            checkMembers(object, reference.schema, path, &errors)
        case .map(let inner):
            guard case .object(let object) = value else { return errors.append("\(path): expected map, got &{\(value.goText)}") }
            for member in object.members { check(member.value, FieldShape(inner), inner, path + "." + member.key, &errors) }
        case .list(let inner):
            guard case .array(let elements) = value else { return errors.append("\(path): expected list, got &{\(value.goText)}") }
            checkElements(elements, shape, inner, path, &errors)
        case .string, .base64, .time, .microTime:
            if value.string == nil { errors.append("\(path): expected string, got \(goSyntax(value))") }
        case .boolean:
            if value.bool == nil { errors.append("\(path): expected boolean, got \(goSyntax(value))") }
        case .int32, .int64, .double:
            if value.double == nil { errors.append("\(path): expected numeric (int or float), got \(goType(value))") }
        case .quantity, .intOrString:
            if value.object != nil || value.array != nil { errors.append("\(path): expected scalar, got \(goSyntax(value))") }
        case .any, .union: break
        }
    }

    private static func checkMembers(_ object: JSONObject, _ schema: ObjectSchema, _ path: String, _ errors: inout [String]) {
        for member in object.members {
            let inner: String = path + "." + member.key
            if let field: FieldSchema = schema[member.key] {
                check(member.value, FieldShape(field), field.type, inner, &errors)
            } else if !schema.keepsUnknown, !(path.isEmpty && (member.key == "apiVersion" || member.key == "kind")) {
                errors.append("\(inner): field not declared in schema")
            }
        }
    }

    private static func checkElements(
        _ elements: [JSON], _ shape: FieldShape, _ type: TypeSchema, _ path: String, _ errors: inout [String]
    ) {
        var seen: Set<ExactText> = []
        var duplicates: Set<ExactText> = []
        for (index, element) in elements.enumerated() {
            guard shape.isTakenApartList else {
                check(element, shape.element, type, "\(path)[\(index)]", &errors)
                continue
            }
            guard let name: String = shape.path(of: element) else {
                errors.append("\(path): element \(index): \(missingKey(element, shape))")
                continue
            }
            let text: String = FieldPath.text(element: name)
            if !seen.insert(ExactText(name)).inserted, duplicates.insert(ExactText(name)).inserted {
                errors.append("\(path): duplicate entries for key \(text)")
            }
            check(element, shape.element, type, path + text, &errors)
        }
    }

    private static func missingKey(_ element: JSON, _ shape: FieldShape) -> String {
        guard case .list(let keys, let type) = shape else { return "invalid element" }
        guard case .object(let object) = element else { return "associative list with keys may not have non-map elements" }
        let missing: String = keys.first { object[$0] == nil && type.innermostObject?[$0]?.defaultValue == nil } ?? ""
        return "associative list with keys has an element that omits key field \(JSON.quoted(missing)) (and doesn't have default value)"
    }

    /// As Go's `%#v` prints the value that structured-merge-diff holds.
    private static func goSyntax(_ value: JSON) -> String {
        let inner: String = value.string.map { JSON.quoted($0) } ?? value.goText
        return "&value.valueUnstructured{Value:\(inner)}"
    }

    private static func goType(_ value: JSON) -> String {
        switch value {
        case .string: "string"
        case .bool: "bool"
        case .array: "[]interface {}"
        case .object: "map[string]interface {}"
        default: "unknown"
        }
    }
}
