import Synchronization

/// One version of one key: immutable, shared by the readers' state, the event history and whoever answers with its bytes.
///
/// Costs its key, its value and less than 200 bytes.
package final class Entry: Sendable {
    /// The key, as written.
    package let key: String

    /// The bytes, as written; what they mean is the writer's affair.
    package let value: [UInt8]

    /// The write that made this version.
    package let revision: Revision

    /// The write that made the key: equal to `revision` in the first version, kept by those that follow until a delete.
    package let created: Revision

    private let indexer: Indexer
    private let made = AtomicLazyReference<any AnyObject & Sendable>()

    package init(key: String, value: [UInt8], revision: Revision, created: Revision, indexer: Indexer) {
        self.key = key
        self.value = value
        self.revision = revision
        self.created = created
        self.indexer = indexer
    }

    /// What the store's ``Indexer`` makes of this version: made when first asked for, then kept.
    ///
    /// Threads that ask at the same moment may make it more than once; all get the same one.
    package var index: any AnyObject & Sendable {
        made.load() ?? made.storeIfNil(indexer.make(key, value))
    }
}

/// Makes the ``Entry/index`` of entries: the few facts that readers select by, so that they need not parse the bytes again.
package final class Indexer: Sendable {
    let make: @Sendable (String, [UInt8]) -> any AnyObject & Sendable

    /// - Parameter make: given a key and its bytes; called on the thread that asks, outside the store's locks.
    package init(_ make: @escaping @Sendable (String, [UInt8]) -> any AnyObject & Sendable) {
        self.make = make
    }
}
