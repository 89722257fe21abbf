/// An object that an expression made by naming its type: `Object.spec{replicas: 3}`.
package struct ConstructedValue: FieldedValue {
    package let typeName: String
    /// In the order of the expression; unique by name.
    package let fields: [(name: String, value: Value)]

    init(typeName: String, fields: [(String, Value)]) {
        self.typeName = typeName
        self.fields = fields.map { (name: $0.0, value: $0.1) }
    }

    package func field(_ name: String, _ frame: Frame) throws(EvaluationError) -> Value? { fields.first { $0.name == name }?.value }

    package func isEqual(to other: any OpaqueValue) -> Bool {
        guard let other = other as? ConstructedValue, typeName == other.typeName, fields.count == other.fields.count else { return false }
        return fields.allSatisfy { field in
            other.fields.first { $0.name == field.name }.map { Value.isEqual(field.value, $0.value) } ?? false
        }
    }
}
