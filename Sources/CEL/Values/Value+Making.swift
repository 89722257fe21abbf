package import Machinery

/// Values that Swift makes for expressions, where JSON would not do.
extension Value {
    package static func quantity(_ quantity: Quantity) -> Value { .object(QuantityValue(quantity)) }

    /// nil for a text that is no semantic version.
    package static func version(_ text: String) -> Value? { (try? Semver(text)).map { .object($0) } }

    /// - Parameter fallback: what keys lead to that are not there; nil for nothing.
    package static func mapping(_ entries: [String: Value], otherwise fallback: Value? = nil) -> Value {
        let sorted: [(key: String, value: Value)] = entries.sorted { $0.key < $1.key }
        return .map(
            MapValue(
                sorted.map { (.string($0.key), $0.value) },
                [MapValue.Key: Int](uniqueKeysWithValues: sorted.enumerated().map { (.string(ExactText($1.key)), $0) }), fallback: fallback)
        )
    }

    /// An object of a declared type, by its fields.
    package static func fields(_ typeName: String, _ fields: [(String, Value)]) -> Value {
        .object(ConstructedValue(typeName: typeName, fields: fields))
    }
}
