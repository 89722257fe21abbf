import Machinery

/// Columns that kinds with a pod template share.
extension Column {
    /// Names of the containers, with `-o wide`.
    static func containers(_ template: @escaping @Sendable (View<K>) -> View<PodTemplateSpec>) -> Column<K> {
        Column("Containers", .string, "Names of the containers in the template.", priority: 1) { object, _ in
            Cells.containerNames(template(object))
        }
    }

    /// Images of the containers, with `-o wide`.
    static func images(_ template: @escaping @Sendable (View<K>) -> View<PodTemplateSpec>) -> Column<K> {
        Column("Images", .string, "Images that the containers of the template run.", priority: 1) { object, _ in
            Cells.containerImages(template(object))
        }
    }

    /// The label selector, with `-o wide`.
    static func selector(_ text: @escaping @Sendable (View<K>) -> JSON) -> Column<K> {
        Column("Selector", .string, "Labels by which the object finds its pods.", priority: 1) { object, _ in text(object) }
    }

    /// A number of the object.
    static func count(_ name: String, _ doc: String, _ number: @escaping @Sendable (View<K>) -> Int) -> Column<K> {
        Column(name, .integer, doc) { object, _ in .int(Int64(number(object))) }
    }
}
