/// Text in columns that line up: cells end with a tab, and neighbouring lines share the width of a column as far as both have it.
/// Works as Go's `text/tabwriter` does, which kubectl prints with.
struct TabWriter {
    private struct Cell {
        let text: String
        let width: Int
    }

    private let minimumWidth: Int
    private let padding: Int
    private var lines: [[Cell]] = []

    /// - Parameter minimumWidth: of a column, padding included.
    init(minimumWidth: Int, padding: Int) {
        self.minimumWidth = minimumWidth
        self.padding = padding
    }

    /// The form of `describe`.
    static let describe = TabWriter(minimumWidth: 0, padding: 2)
    /// The form of `get`.
    static let table = TabWriter(minimumWidth: 6, padding: 3)

    /// A line of cells; the last one ends without a tab.
    mutating func line(_ cells: [String]) {
        lines.append(cells.map { Cell(text: $0, width: $0.unicodeScalars.count) })
    }

    /// Lines of text in which tabs end cells.
    mutating func text(_ text: String) {
        for part in text.split(separator: "\n", omittingEmptySubsequences: false) {
            line(part.split(separator: "\t", omittingEmptySubsequences: false).map(String.init))
        }
    }

    /// All lines, each with a line break.
    func rendered() -> String {
        var result: String = ""
        var widths: [Int] = []
        format(lines[...], &widths, &result)
        return result
    }

    /// Finds blocks of lines that have this column, fixes its width, and goes on with the columns to its right.
    private func format(_ part: ArraySlice<[Cell]>, _ widths: inout [Int], _ result: inout String) {
        let column: Int = widths.count
        var start: Int = part.startIndex
        var index: Int = part.startIndex
        while index < part.endIndex {
            guard column < part[index].count - 1 else {
                index += 1
                continue
            }
            write(part[start..<index], widths, &result)
            start = index
            var width: Int = minimumWidth
            while index < part.endIndex, column < part[index].count - 1 {
                width = max(width, part[index][column].width + padding)
                index += 1
            }
            widths.append(width)
            format(part[start..<index], &widths, &result)
            widths.removeLast()
            start = index
        }
        write(part[start..<part.endIndex], widths, &result)
    }

    private func write(_ part: ArraySlice<[Cell]>, _ widths: [Int], _ result: inout String) {
        for line in part {
            for (column, cell) in line.enumerated() {
                result += cell.text
                if column < widths.count { result += String(repeating: " ", count: max(0, widths[column] - cell.width)) }
            }
            result += "\n"
        }
    }
}
