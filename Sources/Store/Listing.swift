/// The answer to a list: entries of one consistent state.
package struct Listing: Sendable {
    /// In the order of their keys.
    package let entries: [Entry]

    /// The state that was read.
    package let revision: Revision

    /// How many more entries the limit left out.
    package let remaining: Int

    package init(entries: [Entry], revision: Revision, remaining: Int) {
        self.entries = entries
        self.revision = revision
        self.remaining = remaining
    }
}
