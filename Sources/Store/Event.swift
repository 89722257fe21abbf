/// One durable write, as a watch tells it.
package struct Event: Sendable {
    /// The new version; for a delete the tombstone: the last bytes as the deleting write left them.
    package let entry: Entry

    /// The version before; nil when the key was absent.
    package let previous: Entry?

    /// Whether the key is absent after this event.
    package let isDelete: Bool

    package init(entry: Entry, previous: Entry?, isDelete: Bool) {
        self.entry = entry
        self.previous = previous
        self.isDelete = isDelete
    }

    /// The write that this event tells of.
    package var revision: Revision { entry.revision }
}
