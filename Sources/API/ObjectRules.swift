package import Machinery

/// How the objects of a type are read, completed and checked: by the declarations of a built-in kind, or by the schema of a definition.
package struct ObjectRules: Sendable {
    /// Checks types and drops what the schema does not know; see ``ObjectSchema/decode(_:isRoot:findings:)``.
    package let decode: @Sendable (JSON, inout DecodingFindings) throws(DecodingError) -> JSON
    /// Changes nothing the second time.
    package let applyDefaults: @Sendable (inout JSON) -> Void
    /// The object, and on an update the stored one, whose faults are not held against the new one where it keeps them.
    package let validate: @Sendable (JSON, JSON?, inout Problems) -> Void
    /// The new object and the stored one.
    package let validateUpdate: @Sendable (JSON, JSON, inout Problems) -> Void

    package init(
        decode: @escaping @Sendable (JSON, inout DecodingFindings) throws(DecodingError) -> JSON,
        applyDefaults: @escaping @Sendable (inout JSON) -> Void,
        validate: @escaping @Sendable (JSON, JSON?, inout Problems) -> Void,
        validateUpdate: @escaping @Sendable (JSON, JSON, inout Problems) -> Void
    ) {
        self.decode = decode
        self.applyDefaults = applyDefaults
        self.validate = validate
        self.validateUpdate = validateUpdate
    }

    /// - Parameter validateCreate: what only a new object has to heed.
    package init(_ schema: ObjectSchema, validateCreate: @escaping @Sendable (JSON, inout Problems) -> Void = { _, _ in }) {
        decode = { json, findings throws(DecodingError) in try schema.decode(json, findings: &findings) }
        applyDefaults = { schema.applyDefaults(&$0) }
        validate = { object, old, problems in
            schema.validate(object, .root, &problems)
            if old == nil { validateCreate(object, &problems) }
        }
        validateUpdate = { schema.validateUpdate($0, from: $1, .root, &$2) }
    }
}
