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
    }

    private let options: Options
    /// Of the columns printed so far: those that come later line up with them.
    private var widths: [Int] = []
    /// As the server sent them; it sends them once in a watch.
    private var columns: [JSON] = []

    init(_ options: Options) { self.options = options }

    /// Text of the table's rows, with the header the first time.
    ///
    /// - Parameter event: the type of the watch event that brought the table.
    mutating func text(_ table: JSON, event: String = "") -> String {
        var lines: [[String]] = []
        if let sent = table["columnDefinitions"]?.array, !sent.isEmpty {
            let isFirst: Bool = columns.isEmpty
            columns = sent
            if isFirst, !options.noHeaders { lines.append(header) }
        }
        for row in table["rows"]?.array ?? [] { lines.append(cells(row, event)) }
        return aligned(lines)
    }

    private var shown: [(index: Int, column: JSON)] {
        columns.enumerated().filter { options.isWide || ($0.element["priority"]?.int ?? 0) == 0 }.map { ($0.offset, $0.element) }
    }

    private var header: [String] {
        var cells: [String] = []
        if options.showsEvents { cells.append("EVENT") }
        if options.showsNamespace { cells.append("NAMESPACE") }
        cells += shown.map { ($0.column["name"]?.string ?? "").uppercased() }
        cells += options.labelColumns.map { label in
            label.split(separator: "/").last.map { $0.uppercased() } ?? label.uppercased()
        }
        if options.showsLabels { cells.append("LABELS") }
        return cells
    }

    private func cells(_ row: JSON, _ event: String) -> [String] {
        let metadata: JSON = row[["object", "metadata"]] ?? [:]
        let values: [JSON] = row["cells"]?.array ?? []
        var cells: [String] = []
        if options.showsEvents { cells.append(event) }
        if options.showsNamespace { cells.append(metadata["namespace"]?.string ?? "") }
        for (index, column) in shown {
            let text: String = index < values.count ? TerminalText.escaped(TableCell.text(values[index])) : ""
            if let kind = options.kindPrefix, column["format"] == "name", column["type"] == "string" {
                cells.append(kind + "/" + text)
            } else {
                cells.append(text)
            }
        }
        let labels: JSONObject = metadata["labels"]?.object ?? [:]
        for label in options.labelColumns { cells.append(labels[label]?.string ?? "") }
        if options.showsLabels { cells.append(LabelText.joined(.object(labels))) }
        return cells
    }

    /// Every row has the same number of cells, so a column is as wide as its widest cell so far.
    private mutating func aligned(_ lines: [[String]]) -> String {
        for line in lines {
            for (column, cell) in line.enumerated() {
                // The longest event is as long as MODIFIED.
                if column == widths.count { widths.append(column == 0 && options.showsEvents ? 11 : 6) }
                widths[column] = max(widths[column], cell.unicodeScalars.count + 3)
            }
        }
        var text: String = ""
        for line in lines {
            for (column, cell) in line.enumerated() {
                text += cell
                if column < line.count - 1 { text += String(repeating: " ", count: widths[column] - cell.unicodeScalars.count) }
            }
            text += "\n"
        }
        return text
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
