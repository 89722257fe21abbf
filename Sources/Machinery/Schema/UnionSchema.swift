/// A value with several JSON forms, told apart by their JSON type: a schema or a list of schemas. In protobuf it is a message with one
/// field for each form.
public final class UnionSchema: Sendable {
    public struct Form: Sendable {
        /// The protobuf field number.
        public let number: Int
        public let type: TypeSchema

        public init(_ number: Int, _ type: TypeSchema) {
            self.number = number
            self.type = type
        }
    }

    /// As ``ObjectSchema/name``.
    public let name: String
    public let doc: String
    /// No two have the same JSON type. None at all: any JSON, whose text is field 1 of the message.
    public let forms: [Form]

    public init(_ name: String, _ doc: String, _ forms: [Form]) {
        self.name = name
        self.doc = doc
        self.forms = forms
    }

    /// `v1.JSONSchemaPropsOrBool`, as Go's errors name it.
    public var goName: String { name.split(separator: ".").suffix(2).joined(separator: ".") }

    /// The form that a value has; nil when it has none of them.
    public func form(of value: JSON) -> Form? {
        forms.first { form in
            switch (form.type, value) {
            case (.boolean, .bool), (.string, .string), (.object, .object), (.map, .object), (.list, .array): true
            default: false
            }
        }
    }
}
