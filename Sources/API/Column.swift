package import Machinery

/// One column of the table that `get` prints for a kind.
package struct Column<K: Kind>: Sendable {
    package let definition: ColumnDefinition
    /// The cell of one object; `now` is the cluster's clock, for ages.
    package let cell: @Sendable (View<K>, Time) -> JSON
    /// The same for those who have the object without its type: made here, where the kind is known, it takes no generic code.
    let reader: @Sendable (JSON, Time) -> JSON

    /// - Parameter priority: 0 is always shown, 1 with `-o wide` only.
    package init(
        _ name: String, _ type: ColumnDefinition.CellType = .string, _ doc: String, priority: Int = 0,
        format: String = "", cell: @escaping @Sendable (View<K>, Time) -> JSON
    ) {
        definition = ColumnDefinition(name: name, type: type, format: format, doc: doc, priority: priority)
        self.cell = cell
        reader = { cell(View<K>($0), $1) }
    }

    package static var name: Column<K> {
        Column("Name", .string, "Name, unique within the namespace.", format: "name") { object, _ in .string(object.metadata.name) }
    }

    package static var age: Column<K> {
        Column("Age", .string, "Time since the object was created.") { object, now in
            .string(humanAge(object.metadata.creationTimestamp, now))
        }
    }
}

/// The head of a column, as a Table carries it.
package struct ColumnDefinition: Sendable {
    package enum CellType: String, Sendable { case string, integer, number, boolean, date }

    package let name: String
    package let type: CellType
    /// `name` marks the object's name.
    package let format: String
    package let doc: String
    package let priority: Int

    package init(name: String, type: CellType, format: String, doc: String, priority: Int) {
        self.name = name
        self.type = type
        self.format = format
        self.doc = doc
        self.priority = priority
    }
}

/// `5d3h` since then; `<unknown>` without a time.
package func humanAge(_ since: Time?, _ now: Time) -> String {
    guard let since else { return "<unknown>" }
    return (now - since).human
}
