/// One wish to change one key.
package struct Write: Sendable {
    package enum Kind: Sendable {
        /// Makes the key or replaces its bytes.
        case put
        /// Removes the key, which must be there; the bytes become its tombstone, which watchers see.
        case delete
    }

    package let key: String
    package let kind: Kind
    package let condition: Condition

    /// Makes the bytes, given the revision of this write, which is known only then.
    ///
    /// Called at most once, under the store's lock, before ``Store/write(_:done:)`` returns: splice the revision in, do nothing
    /// slow, call no store.
    package let value: @Sendable (Revision) -> [UInt8]

    /// Called with what sends the write to the disk, together with all that were staged until then: for writers who know that others are about
    /// to write. nil sends it at once. Not called for a write that goes with others already.
    package var departs: (@Sendable (_ depart: @escaping @Sendable () -> Void) -> Void)?

    package init(_ kind: Kind, _ key: String, if condition: Condition = .any, value: @escaping @Sendable (Revision) -> [UInt8]) {
        self.kind = kind
        self.key = key
        self.condition = condition
        self.value = value
    }
}

/// What must hold for a write to happen, compared with the newest state, staged writes included.
package enum Condition: Sendable {
    /// Nothing; a delete still needs the key to be there.
    case any
    /// The key is absent or deleted.
    case absent
    /// The newest version of the key is the one that this write made.
    case revision(Revision)
}
