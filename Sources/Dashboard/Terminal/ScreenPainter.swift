/// Makes the shortest output that turns what a terminal shows into what it should show.
package struct ScreenPainter: Sendable {
    /// Bold and reverse stay when this is false.
    private let isColoured: Bool
    /// What the terminal shows; nil when nobody knows.
    private var shown: Screen?

    /// - Parameter isColoured: false for `NO_COLOR` and terminals without colours.
    package init(isColoured: Bool) { self.isColoured = isColoured }

    /// The terminal was used by others meanwhile: the next painting is whole.
    package mutating func forget() { shown = nil }

    /// Empty when nothing changed.
    package mutating func paint(_ screen: Screen) -> [UInt8] {
        var output: String = ""
        let old: Screen
        if let shown, shown.rows == screen.rows, shown.columns == screen.columns {
            old = shown
        } else {
            output = "\u{1B}[0m\u{1B}[2J"
            old = Screen(rows: screen.rows, columns: screen.columns)
        }
        for row in 0..<screen.rows where old[row] != screen[row] { paintRow(Array(old[row]), Array(screen[row]), row, &output) }
        shown = screen
        return Array(output.utf8)
    }

    private func paintRow(_ old: [Screen.Cell], _ new: [Screen.Cell], _ row: Int, _ output: inout String) {
        var style: Style = .plain
        var column: Int = 0
        /// Where the terminal's own cursor is, in this row.
        var cursor: Int = -1
        // What follows is blank: one sequence clears it.
        let filled: Int = (new.lastIndex { $0 != .blank } ?? -1) + 1
        let clears: Bool = old[filled...].contains { $0 != .blank }
        while column < filled {
            guard old[column] != new[column] else {
                column += 1
                continue
            }
            // The left half of a wide character comes along with its right half.
            if new[column].text == nil, column > 0 { column -= 1 }
            if cursor != column {
                output += "\u{1B}[\(row + 1);\(column + 1)H"
            }
            repeat {
                if new[column].style != style {
                    style = new[column].style
                    output += sequence(style)
                }
                if let character = new[column].text { output.append(character) }
                column += 1
            } while column < filled && isWorthWriting(old, new, column)
            cursor = column
        }
        if style != .plain { output += "\u{1B}[0m" }
        if clears {
            if cursor != filled { output += "\u{1B}[\(row + 1);\(filled + 1)H" }
            output += "\u{1B}[K"
        }
    }

    /// A few cells that stay as they are cost less than moving the cursor over them.
    private func isWorthWriting(_ old: [Screen.Cell], _ new: [Screen.Cell], _ column: Int) -> Bool {
        (column..<min(column + 5, new.count)).contains { old[$0] != new[$0] }
    }

    private func sequence(_ style: Style) -> String {
        var codes: [String] = ["0"]
        if style.isBold { codes.append("1") }
        if style.isReversed { codes.append("7") }
        if isColoured {
            switch style.tone {
            case .plain: break
            case .accent: codes.append("36")
            case .good: codes.append("32")
            case .warning: codes.append("33")
            case .bad: codes.append("31")
            case .quiet: codes.append("90")
            }
        }
        return "\u{1B}[\(codes.joined(separator: ";"))m"
    }
}
