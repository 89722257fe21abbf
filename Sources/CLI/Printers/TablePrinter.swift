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
        var lines: [[String]] = []
        if let sent = table["columnDefinitions"]?.array, !sent.isEmpty {
            let isFirst: Bool = columns == nil
            let shown: [Column] = sent.enumerated().filter { options.isWide || ($0.element["priority"]?.int ?? 0) == 0 }.map {
                index, column in
                Column(
                    index: index, header: (column["name"]?.string ?? "").uppercased(),
                    isName: column["format"] == "name" && column["type"] == "string")
            }
            columns = shown
            if isFirst, !options.noHeaders { lines.append(header(shown)) }
        }
        for row in table["rows"]?.array ?? [] { lines.append(cells(row, columns ?? [], event)) }
        let isMarked: Bool = options.marksDeletions && !options.showsEvents && event == "DELETED"
        if isMarked { for index in lines.indices where !lines[index].isEmpty { lines[index][lines[index].count - 1] += "   (deleted)" } }
        return aligned(lines)
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

    private func cells(_ row: JSON, _ columns: [Column], _ event: String) -> [String] {
        let needsMetadata: Bool = options.showsNamespace || options.showsLabels || !options.labelColumns.isEmpty
        let metadata: JSON = needsMetadata ? row[["object", "metadata"]] ?? [:] : [:]
        let values: [JSON] = row["cells"]?.array ?? []
        var cells: [String] = []
        if options.showsEvents { cells.append(event) }
        if options.showsNamespace { cells.append(metadata["namespace"]?.string ?? "") }
        for column in columns {
            let text: String = column.index < values.count ? TerminalText.escaped(TableCell.text(values[column.index])) : ""
            if let kind = options.kindPrefix, column.isName { cells.append(kind + "/" + text) } else { cells.append(text) }
        }
        guard needsMetadata else { return cells }
        let labels: JSONObject = metadata["labels"]?.object ?? [:]
        for label in options.labelColumns { cells.append(labels[label]?.string ?? "") }
        if options.showsLabels { cells.append(LabelText.joined(.object(labels))) }
        return cells
    }

    /// Every row has the same number of cells, so a column is as wide as its widest cell so far.
    private mutating func aligned(_ lines: [[String]]) -> [UInt8] {
        for line in lines {
            for (column, cell) in line.enumerated() {
                // The longest event is as long as MODIFIED.
                if column == widths.count { widths.append(column == 0 && options.showsEvents ? 11 : 6) }
                widths[column] = max(widths[column], Self.width(cell) + 3)
            }
        }
        var text: [UInt8] = []
        text.reserveCapacity(lines.count * widths.reduce(1, +))
        for line in lines {
            for (column, cell) in line.enumerated() {
                text.append(contentsOf: cell.utf8)
                if column < line.count - 1 {
                    text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: widths[column] - Self.width(cell)))
                }
            }
            text.append(UInt8(ascii: "\n"))
        }
        return text
    }

    private static func width(_ text: String) -> Int {
        var text: String = text
        // Bytes that go on with a character begin with the bits 10.
        return text.withUTF8 { bytes in bytes.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) } }
    }
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
