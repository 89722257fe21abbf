import Client
import Machinery

/// A watched table that keeps its order: on a terminal it is drawn anew in its place with each change, elsewhere written once more below.
struct SortedWatch {
    let sortBy: SortBy
    let options: TablePrinter.Options
    let shell: Shell
    private var columns: JSON = []
    /// By namespace and name, with the object of each.
    private var rows: [String: JSON] = [:]
    /// How many lines the terminal shows of it.
    private var shown = 0

    init(sortBy: SortBy, options: TablePrinter.Options, shell: Shell) {
        self.sortBy = sortBy
        self.options = options
        self.shell = shell
    }

    mutating func begin(_ table: JSON) throws {
        columns = table["columnDefinitions"] ?? []
        for row in table.list("rows") { rows[Self.key(row)] = row }
        try draw()
    }

    mutating func change(_ event: WatchEvent) throws {
        if columns.isEmpty { columns = event.object["columnDefinitions"] ?? [] }
        for row in event.object.list("rows") { rows[Self.key(row)] = event.kind == .deleted ? nil : row }
        try draw()
    }

    private static func key(_ row: JSON) -> String {
        row.text(at: "object", "metadata", "namespace") + "/" + row.text(at: "object", "metadata", "name")
    }

    private mutating func draw() throws {
        let ordered: [JSON] = try sortBy.sorted(rows.keys.sorted().compactMap { rows[$0] }, needsField: false)
        var printer = TablePrinter(options)
        let text: [UInt8] = ordered.isEmpty ? [] : printer.text(["columnDefinitions": columns, "rows": .array(ordered)])
        if shell.columns != nil, shown > 0 {
            // Up to the first line, and clear what is below: the codes of every terminal since the VT100.
            shell.output.write("\u{1B}[\(shown)A\u{1B}[J")
        } else if shown > 0 {
            shell.output.line()
        }
        shell.output.write(text)
        shell.output.flush()
        shown = lines(text)
    }

    /// Lines on the terminal: long ones take several.
    private func lines(_ text: [UInt8]) -> Int {
        let width: Int = max(1, shell.columns ?? .max)
        return text.split(separator: UInt8(ascii: "\n")).reduce(0) { $0 + ($1.count - 1) / width + 1 }
    }
}
