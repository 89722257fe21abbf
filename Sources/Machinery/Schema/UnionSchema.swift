/// A value with several JSON forms, told apart by their JSON type: a schema or a list of schemas. In protobuf it is a message with one
/// field for each form.
package final class UnionSchema: Sendable {
    package struct Form: Sendable {
        /// The protobuf field number.
        package let number: Int
        package let type: TypeSchema

        package init(_ number: Int, _ type: TypeSchema) {
            self.number = number
            self.type = type
        }
    }

    /// As ``ObjectSchema/name``.
    package let name: String
    package let doc: String
    /// No two have the same JSON type. None at all: any JSON, whose text is field 1 of the message.
    package let forms: [Form]

    package init(_ name: String, _ doc: String, _ forms: [Form]) {
        self.name = name
        self.doc = doc
        self.forms = forms
    }

    /// `v1.JSONSchemaPropsOrBool`, as Go's errors name it.
    package var goName: String { name.split(separator: ".").suffix(2).joined(separator: ".") }

    /// The form that a value has; nil when it has none of them.
    package func form(of value: JSON) -> Form? {
        forms.first { form in
            switch (form.type, value) {
            case (.boolean, .bool), (.string, .string), (.object, .object), (.map, .object), (.list, .array): true
            default: false
            }
        }
    }
}
