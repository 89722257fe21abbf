package import Machinery

/// How objects of a kind are kept when another version of the kind is the stored one: `autoscaling/v1` reads and writes what
/// `autoscaling/v2` stores. Both functions take and give whole objects with `apiVersion` and `kind`, and lose nothing on the way there and back.
package struct StoredForm: Sendable {
    /// Of the kind that is stored.
    package let names: KindNames
    package let toStored: @Sendable (JSON) -> JSON
    package let fromStored: @Sendable (JSON) -> JSON

    package init(
        _ names: KindNames, toStored: @escaping @Sendable (JSON) -> JSON, fromStored: @escaping @Sendable (JSON) -> JSON
    ) {
        self.names = names
        self.toStored = toStored
        self.fromStored = fromStored
    }
}
