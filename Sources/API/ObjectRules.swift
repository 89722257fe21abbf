package import Machinery

/// How the objects of a type are read, completed and checked: by the declarations of a built-in kind, or by the schema of a definition.
package struct ObjectRules: Sendable {
    /// Checks types and drops what the schema does not know; see ``ObjectSchema/decode(_:isRoot:findings:)``.
    package let decode: @Sendable (JSON, inout DecodingFindings) throws(DecodingError) -> JSON
    /// Changes nothing the second time; what the object shares with a version that has all its defaults may be left unread.
    private let complete: @Sendable (inout JSON, JSON?) -> Void
    /// The object, and on an update the stored one, whose faults are not held against the new one where it keeps them.
    package let validate: @Sendable (JSON, JSON?, inout Problems) -> Void
    /// The new object and the stored one.
    package let validateUpdate: @Sendable (JSON, JSON, inout Problems) -> Void

    package init(
        decode: @escaping @Sendable (JSON, inout DecodingFindings) throws(DecodingError) -> JSON,
        applyDefaults: @escaping @Sendable (inout JSON, _ complete: JSON?) -> Void,
        validate: @escaping @Sendable (JSON, JSON?, inout Problems) -> Void,
        validateUpdate: @escaping @Sendable (JSON, JSON, inout Problems) -> Void
    ) {
        self.decode = decode
        complete = applyDefaults
        self.validate = validate
        self.validateUpdate = validateUpdate
    }

    /// - Parameter validateCreate: what only a new object has to heed.
    package init(_ schema: ObjectSchema, validateCreate: @escaping @Sendable (JSON, inout Problems) -> Void = { _, _ in }) {
        decode = { json, findings throws(DecodingError) in try schema.decode(json, findings: &findings) }
        complete = { schema.applyDefaults(&$0, since: $1) }
        validate = { object, old, problems in
            schema.validate(object, .root, &problems)
            if old == nil { validateCreate(object, &problems) }
        }
        validateUpdate = { schema.validateUpdate($0, from: $1, .root, &$2) }
    }

    /// Changes nothing the second time.
    ///
    /// - Parameter complete: a version that has all its defaults: what the object shares with it need not be looked through again.
    package func applyDefaults(_ object: inout JSON, since complete: JSON? = nil) { self.complete(&object, complete) }
}
