import Machinery

/// Types without fields that OpenAPI names.
enum OpenAPIPrimitives {
    static let quantity = "io.k8s.apimachinery.pkg.api.resource.Quantity"
    static let intOrString = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
    static let time = "io.k8s.apimachinery.pkg.apis.meta.v1.Time"
    static let microTime = "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime"
    static let fieldsV1 = "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1"
    static let patch = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch"
    static let rawExtension = "io.k8s.apimachinery.pkg.runtime.RawExtension"

    static func schemas(_ dialect: OpenAPIDialect) -> [(name: String, schema: JSONObject)] {
        [
            (quantity, either(dialect, "number", "string", "A number with a unit: 250m, 1.5Gi, 2e3. Stored in its canonical form.")),
            (
                intOrString,
                either(
                    dialect, "integer", "string", "A number, or a text such as a percentage or the name of a port.",
                    format: "int-or-string")
            ),
            (time, ["description": "A moment to the second, by RFC 3339.", "type": "string", "format": "date-time"]),
            (microTime, ["description": "A moment to the microsecond, by RFC 3339.", "type": "string", "format": "date-time"]),
            (
                fieldsV1,
                [
                    "description": """
                    A set of fields as a tree: f:NAME is a member, k:KEYS an element of a list by its keys, v:VALUE an element of a set, \
                    i:INDEX an element by position, and a dot the value itself.
                    """,
                    "type": "object",
                ]
            ),
            (patch, ["description": "A change to an object, in the form that the content type names.", "type": "object"]),
            (rawExtension, ["description": "An object of any kind, kept as it is.", "type": "object"]),
        ]
    }

    /// Version 2 knows one type only, and takes the text.
    private static func either(
        _ dialect: OpenAPIDialect, _ one: String, _ other: String, _ doc: String, format: String? = nil
    ) -> JSONObject {
        var schema: JSONObject = ["description": .string(doc)]
        if let format { schema["format"] = .string(format) }
        if dialect == .version2 {
            schema["type"] = .string(other)
        } else {
            schema["oneOf"] = [["type": .string(one)], ["type": .string(other)]]
        }
        return schema
    }
}
