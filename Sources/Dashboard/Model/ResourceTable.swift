package import Client
package import Machinery

/// The objects of a list as the server's Table shows them, kept true by the events of a watch.
///
/// The server chooses the columns, so every kind can be shown, those of custom resources too.
package struct ResourceTable: Sendable, Equatable {
    package struct Column: Sendable, Equatable {
        /// In capitals.
        package let name: String
        /// Shown only when there is room for all.
        package let isWide: Bool

        package init(_ name: String, isWide: Bool = false) {
            self.name = name
            self.isWide = isWide
        }
    }

    package struct Row: Sendable, Equatable {
        /// The uid; namespace and name where the server gives none.
        package let id: String
        /// Empty for kinds without namespace.
        package let namespace: String
        package let name: String
        package let created: Time?
        /// Uids of the owners.
        package let owners: [String]
        /// One for each column.
        package let cells: [String]
        /// The object as far as it came with the row: its metadata, or all of it.
        package let object: JSON

        package init(_ cells: [String], object: JSON) {
            let metadata: JSON = object["metadata"] ?? [:]
            namespace = metadata["namespace"]?.string ?? ""
            name = metadata["name"]?.string ?? cells.first ?? ""
            id = metadata["uid"]?.string ?? "\(namespace)/\(name)"
            created = metadata["creationTimestamp"]?.string.flatMap { Time($0) }
            owners = (metadata["ownerReferences"]?.array ?? []).compactMap { $0["uid"]?.string }
            self.cells = cells
            self.object = object
        }

        package static func == (one: Row, other: Row) -> Bool {
            one.id == other.id && one.cells == other.cells
                && one.object[["metadata", "resourceVersion"]] == other.object[["metadata", "resourceVersion"]]
        }
    }

    package private(set) var columns: [Column]
    /// By id.
    package private(set) var rows: [String: Row]

    package init(columns: [Column] = [], rows: [Row] = []) {
        self.columns = columns
        self.rows = Dictionary(rows.map { ($0.id, $0) }) { _, last in last }
    }

    /// Takes a whole list in place of what was there.
    package mutating func replace(_ table: JSON) {
        takeColumns(table)
        rows = Dictionary(Self.rows(table).map { ($0.id, $0) }) { _, last in last }
    }

    /// Takes one event of a watch. Bookmarks change nothing.
    package mutating func apply(_ event: WatchEvent) {
        takeColumns(event.object)
        for row in Self.rows(event.object) where event.kind != .bookmark {
            if event.kind == .deleted { rows[row.id] = nil } else { rows[row.id] = row }
        }
    }

    package func index(of column: String) -> Int? { columns.firstIndex { $0.name == column } }

    /// A watch tells them once.
    private mutating func takeColumns(_ table: JSON) {
        guard let sent = table["columnDefinitions"]?.array, !sent.isEmpty else { return }
        columns = sent.map { Column(($0["name"]?.string ?? "").uppercased(), isWide: ($0["priority"]?.int ?? 0) > 0) }
    }

    private static func rows(_ table: JSON) -> [Row] {
        (table["rows"]?.array ?? []).map { Row(($0["cells"]?.array ?? []).map(TableCell.text), object: $0["object"] ?? [:]) }
    }
}
