import Client
import Machinery

/// Draws the rows of a table into a part of the screen.
struct TableDrawing {
    private static let gap = 2

    let look: Look
    let now: Time

    func draw(_ page: TablePage, _ area: Range<Int>, _ screen: inout Screen) {
        guard let first = area.first else { return }
        let places: [Int] = page.shown.columns.indices.filter { page.isWide || !page.shown.columns[$0].isWide }
        let hasNamespaces: Bool = page.query?.namespace == nil && page.resource?.isNamespaced == true
        let rows: ArraySlice<ResourceTable.Row> = page.rows[page.top..<min(page.rows.count, page.top + area.count - 1)]
        let header: [String] = (hasNamespaces ? ["NAMESPACE"] : []) + places.map { page.shown.columns[$0].name }
        let titles: [String] = header.map { title($0, page.order) }
        let cells: [[String]] = rows.map { row in
            var cells: [String] = (hasNamespaces ? [row.namespace] : []) + places.map { cell(row, $0, page) }
            // Also for terminals without colours and bold letters.
            if page.marked.contains(row.id), let first = cells.first { cells[0] = "*" + first }
            return cells
        }
        let natural: [Int] = titles.indices.map { column in
            max(CellWidth.of(titles[column]), cells.map { CellWidth.of($0[column]) }.max() ?? 0)
        }
        let widths: [Int] = Self.widths(natural, total: screen.columns)
        write(titles, widths, row: first, style: Style(.accent, isBold: true), &screen)
        guard page.hasLoaded else {
            screen.write("reading …", row: first + 1, column: 0, style: .quiet)
            return
        }
        if page.rows.isEmpty, area.count > 1 {
            screen.write(page.filter.isEmpty ? "nothing here" : "nothing holds this text", row: first + 1, column: 0, style: .quiet)
        }
        for (offset, row) in rows.enumerated() {
            let tone: Style.Tone = RowTone.of(row, in: page.shown)
            let isChosen: Bool = page.top + offset == page.cursor
            let isMarked: Bool = page.marked.contains(row.id)
            if isChosen { screen.restyle(row: first + 1 + offset, Style(tone, isReversed: true)) }
            write(cells[offset], widths, row: first + 1 + offset, style: Style(tone, isBold: isMarked, isReversed: isChosen), &screen)
        }
    }

    private func title(_ column: String, _ order: TableOrder) -> String {
        order.column == column ? column + (order.isDescending ? look.descending : look.ascending) : column
    }

    /// Ages go on while rows stay as they are.
    private func cell(_ row: ResourceTable.Row, _ place: Int, _ page: TablePage) -> String {
        if page.shown.columns[place].name == "AGE", page.container == nil, let created = row.created { return (now - created).human }
        return place < row.cells.count ? row.cells[place] : ""
    }

    private func write(_ cells: [String], _ widths: [Int], row: Int, style: Style, _ screen: inout Screen) {
        var column: Int = 0
        for (cell, width) in zip(cells, widths) {
            screen.write(look.cut(cell, to: width), row: row, column: column, style: style)
            column += width + Self.gap
        }
    }

    /// Widths of the columns that fit: the widest give way first; when all are narrow, the last ones go.
    static func widths(_ natural: [Int], total: Int) -> [Int] {
        var widths: [Int] = natural
        func surplus() -> Int { widths.reduce(0, +) + gap * max(0, widths.count - 1) - total }
        while surplus() > 0, let widest = widths.indices.max(by: { widths[$0] < widths[$1] }), widths[widest] > 10 { widths[widest] -= 1 }
        while surplus() > 0, widths.count > 1 { widths.removeLast() }
        for index in widths.indices where surplus() < 0 {
            widths[index] = min(natural[index], widths[index] - surplus())
        }
        if widths.count == 1 { widths[0] = min(widths[0], total) }
        return widths
    }
}
