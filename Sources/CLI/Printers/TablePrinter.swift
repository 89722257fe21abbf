import Client
import Machinery

/// Prints the server's Tables as `get` shows them.
/// Source: k8s.io/cli-runtime/pkg/printers/tableprinter.go.
struct TablePrinter {
    struct Options: Sendable {
        var isWide = false
        var noHeaders = false
        var showsNamespace = false
        var showsLabels = false
        var labelColumns: [String] = []
        /// `pod` to print `pod/web-1` as the name; nil prints the name alone.
        var kindPrefix: String?
        /// Prints the type of each watch event before the row.
        var showsEvents = false
        /// Says of rows of deleted objects that they are, where no type of event does.
        var marksDeletions = false
    }

    private let options: Options
    /// Of the columns printed so far: those that come later line up with them.
    private var widths: [Int] = []
    /// Those that are shown, of those that the server sent; it sends them once in a watch.
    private var columns: [Column]?

    private struct Column {
        let index: Int
        let header: String
        let isName: Bool
    }

    init(_ options: Options) { self.options = options }

    /// The table's rows as text, with the header the first time.
    ///
    /// - Parameter event: the type of the watch event that brought the table.
    mutating func text(_ table: JSON, event: String = "") -> [UInt8] {
        var needsHeader: Bool = false
        if let sent = table["columnDefinitions"]?.array, !sent.isEmpty {
            needsHeader = columns == nil && !options.noHeaders
            columns = sent.enumerated().filter { options.isWide || ($0.element["priority"]?.int ?? 0) == 0 }.map { index, column in
                Column(
                    index: index, header: (column["name"]?.string ?? "").uppercased(),
                    isName: column["format"] == "name" && column["type"] == "string")
            }
        }
        let columns: [Column] = columns ?? []
        let header: [String] = header(columns)
        let rows: [JSON] = table["rows"]?.array ?? []
        var grid = CellGrid(columns: header.count, rows: rows.count + 1)
        if needsHeader { for cell in header { grid.append(cell) } }
        for row in rows { append(row, columns, event, to: &grid) }
        // The longest event is as long as MODIFIED.
        return grid.lines(&widths, least: 6, firstLeast: options.showsEvents ? 11 : 6)
    }

    private func header(_ columns: [Column]) -> [String] {
        var cells: [String] = []
        if options.showsEvents { cells.append("EVENT") }
        if options.showsNamespace { cells.append("NAMESPACE") }
        cells += columns.map(\.header)
        cells += options.labelColumns.map { label in
            label.split(separator: "/").last.map { $0.uppercased() } ?? label.uppercased()
        }
        if options.showsLabels { cells.append("LABELS") }
        return cells
    }

    private func append(_ row: JSON, _ columns: [Column], _ event: String, to grid: inout CellGrid) {
        let needsMetadata: Bool = options.showsNamespace || options.showsLabels || !options.labelColumns.isEmpty
        let metadata: JSON = needsMetadata ? row[["object", "metadata"]] ?? [:] : [:]
        let labels: JSONObject = metadata["labels"]?.object ?? [:]
        let values: [JSON] = row["cells"]?.array ?? []
        if options.showsEvents { grid.append(event) }
        if options.showsNamespace { grid.append(metadata["namespace"]?.string ?? "") }
        for column in columns {
            let cell: JSON = column.index < values.count ? values[column.index] : .null
            grid.append(cell, prefix: column.isName ? prefix : "")
        }
        for label in options.labelColumns { grid.append(labels[label]?.string ?? "") }
        if options.showsLabels { grid.append(LabelText.joined(.object(labels))) }
        if options.marksDeletions, !options.showsEvents, event == "DELETED" { grid.mark("   (deleted)") }
    }

    /// Before each name.
    private var prefix: String { options.kindPrefix.map { $0 + "/" } ?? "" }
}

/// Labels as kubectl shows them.
enum LabelText {
    /// `app=web,tier=front`, sorted; `<none>` for none.
    static func joined(_ labels: JSON?, separator: String = ",", none: String = "<none>") -> String {
        let members: [JSONObject.Member] = (labels?.object ?? [:]).sorted().members
        return members.isEmpty ? none : members.map { "\($0.key)=\($0.value.string ?? GoText.of($0.value))" }.joined(separator: separator)
    }
}

/// Text from the cluster that is safe to show on a terminal.
enum TerminalText {
    /// Escape characters are shown as `^[`, as kubectl does.
    static func escaped(_ text: String) -> String {
        guard text.utf8.contains(0x1B) else { return text }
        return String(text.unicodeScalars.flatMap { $0 == "\u{1B}" ? Array("^[".unicodeScalars) : [$0] }.map(Character.init))
    }
}
