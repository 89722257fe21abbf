import Client
import Machinery

/// Cells of a table in one run of bytes, row after row: thousands of them are gathered, measured and laid out without a string for each.
struct CellGrid {
    private struct Cell {
        /// Behind its last byte.
        let end: Int
        /// Characters on a terminal.
        let width: Int
    }

    /// Cells of each row.
    private let columns: Int
    private var bytes: [UInt8] = []
    private var cells: [Cell] = []

    /// - Parameter rows: how many there will be, about.
    init(columns: Int, rows: Int) {
        self.columns = columns
        cells.reserveCapacity(columns * rows)
        bytes.reserveCapacity(columns * rows * 10)
    }

    /// Adds the next cell of a row, or the first of a new one.
    mutating func append(_ text: String) {
        let start: Int = bytes.count
        bytes.append(contentsOf: text.utf8)
        close(from: start)
    }

    /// Adds a cell of the server's Table: cut at its first line break, and safe to show on a terminal.
    mutating func append(_ cell: JSON, prefix: String = "") {
        let start: Int = bytes.count
        bytes.append(contentsOf: prefix.utf8)
        let begin: Int = bytes.count
        bytes.append(contentsOf: (cell.string ?? TableCell.text(cell)).utf8)
        let isPlain: Bool = bytes.withUnsafeBufferPointer { bytes in
            for index in begin..<bytes.count where bytes[index] < 0x20 { return false }
            return true
        }
        if !isPlain {
            bytes.removeLast(bytes.count - begin)
            bytes.append(contentsOf: TerminalText.escaped(TableCell.text(cell)).utf8)
        }
        close(from: start)
    }

    /// Lengthens the last cell.
    mutating func mark(_ text: String) {
        guard cells.popLast() != nil else { return }
        let start: Int = cells.last?.end ?? 0
        bytes.append(contentsOf: text.utf8)
        close(from: start)
    }

    private mutating func close(from start: Int) {
        let width: Int = bytes.withUnsafeBufferPointer { bytes in
            // Bytes that go on with a character begin with the bits 10.
            var width: Int = 0
            for index in start..<bytes.count where bytes[index] & 0xC0 != 0x80 { width += 1 }
            return width
        }
        cells.append(Cell(end: bytes.count, width: width))
    }

    /// The rows as lines in which columns line up: a column is as wide as its widest cell so far.
    ///
    /// - Parameters:
    ///   - widths: of the columns so far, padding included.
    ///   - least: the width of a column that holds next to nothing.
    ///   - firstLeast: the same of the first column.
    func lines(_ widths: inout [Int], least: Int, firstLeast: Int) -> [UInt8] {
        guard columns > 0 else { return [] }
        for column in widths.count..<max(widths.count, columns) { widths.append(column == 0 ? firstLeast : least) }
        for (index, cell) in cells.enumerated() { widths[index % columns] = max(widths[index % columns], cell.width + 3) }
        let lineLength: Int = widths.prefix(columns).reduce(1, +)
        // A cell has no more bytes than its column and those that go on with a character.
        let size: Int = cells.count / columns * lineLength + bytes.count
        return [UInt8](unsafeUninitializedCapacity: size) { text, count in
            bytes.withUnsafeBufferPointer { bytes in
                var start: Int = 0
                for (index, cell) in cells.enumerated() {
                    let column: Int = index % columns
                    for byte in bytes[start..<cell.end] {
                        text.initializeElement(at: count, to: byte)
                        count += 1
                    }
                    start = cell.end
                    for _ in 0..<(column == columns - 1 ? 0 : widths[column] - cell.width) {
                        text.initializeElement(at: count, to: UInt8(ascii: " "))
                        count += 1
                    }
                    guard column == columns - 1 else { continue }
                    text.initializeElement(at: count, to: UInt8(ascii: "\n"))
                    count += 1
                }
            }
        }
    }
}
