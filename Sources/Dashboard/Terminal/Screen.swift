/// How a cell looks. What a look means in colours is the ``ScreenPainter``'s to say.
package struct Style: Sendable, Hashable {
    package enum Tone: Sendable, Hashable { case plain, accent, good, warning, bad, quiet }

    package var tone: Tone = .plain
    package var isBold = false
    /// Foreground and background change places.
    package var isReversed = false

    package init(_ tone: Tone = .plain, isBold: Bool = false, isReversed: Bool = false) {
        self.tone = tone
        self.isBold = isBold
        self.isReversed = isReversed
    }

    package static let plain = Style()
    package static let bold = Style(isBold: true)
    package static let quiet = Style(.quiet)
}

/// What the window of a terminal shows: a character and a style for each cell.
package struct Screen: Sendable, Equatable {
    package struct Cell: Sendable, Equatable {
        /// Empty for the right half of a wide character.
        package var text: Character?
        package var style: Style

        static let blank = Cell(text: " ", style: .plain)
    }

    package let rows: Int
    package let columns: Int
    /// Row by row.
    package private(set) var cells: [Cell]

    package init(rows: Int, columns: Int) {
        self.rows = max(0, rows)
        self.columns = max(0, columns)
        cells = Array(repeating: .blank, count: self.rows * self.columns)
    }

    package subscript(row: Int) -> ArraySlice<Cell> { cells[row * columns..<(row + 1) * columns] }

    /// Writes a text from a column on, at most up to the column `end`. What does not fit is left out; so is what lies outside. Characters
    /// that would steer the terminal are shown as dots. Returns the column behind the text.
    @discardableResult
    package mutating func write(_ text: some StringProtocol, row: Int, column: Int, style: Style = .plain, end: Int? = nil) -> Int {
        let end: Int = min(end ?? columns, columns)
        guard row >= 0, row < rows else { return column }
        var column: Int = column
        for character in text {
            let shown: Character = character.isControl ? "·" : character
            let width: Int = CellWidth.of(shown)
            if width == 0 { continue }
            if column + width > end { break }
            if column >= 0 {
                cells[row * columns + column] = Cell(text: shown, style: style)
                if width == 2 { cells[row * columns + column + 1] = Cell(text: nil, style: style) }
            }
            column += width
        }
        return column
    }

    /// Gives a whole row a style; its text stays.
    package mutating func restyle(row: Int, _ style: Style) {
        guard row >= 0, row < rows else { return }
        for index in row * columns..<(row + 1) * columns { cells[index].style = style }
    }

    /// The lines without styles, without blanks at their ends: for tests and people.
    package var text: String {
        (0..<rows).map { row in
            var line = String(self[row].compactMap(\.text))
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }
}

extension Character {
    fileprivate var isControl: Bool {
        unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) || (0x2028...0x202E).contains($0.value) }
    }
}
