/// Lines of text on a screen.
enum TextLayout {
    /// Tabs become blanks up to the next multiple of 8.
    static func expanded(_ line: String) -> String {
        guard line.utf8.contains(0x09) else { return line }
        var result: String = ""
        var column: Int = 0
        for character in line {
            guard character == "\t" else {
                result.append(character)
                column += CellWidth.of(character)
                continue
            }
            let blanks: Int = 8 - column % 8
            result += String(repeating: " ", count: blanks)
            column += blanks
        }
        return result
    }

    /// A line as rows of at most so many columns; an empty line is one row.
    static func wrapped(_ line: String, _ columns: Int) -> [String] {
        let line: String = expanded(line)
        guard columns > 0, CellWidth.of(line) > columns else { return [line] }
        var rows: [String] = []
        var row: String = ""
        var width: Int = 0
        for character in line {
            let step: Int = CellWidth.of(character)
            if width + step > columns {
                rows.append(row)
                (row, width) = ("", 0)
            }
            row.append(character)
            width += step
        }
        return rows + [row]
    }

    /// Without its first columns.
    static func dropped(_ line: String, _ columns: Int) -> String {
        guard columns > 0 else { return line }
        var rest: Substring = line[...]
        var left: Int = columns
        while left > 0, let first = rest.popFirst() { left -= CellWidth.of(first) }
        return String(rest)
    }

    /// Without the sequences that programs colour their logs with.
    static func withoutEscapes(_ line: String) -> String {
        guard line.utf8.contains(0x1B) else { return line }
        var result: [UInt8] = []
        var bytes: ArraySlice<UInt8> = Array(line.utf8)[...]
        while let byte = bytes.popFirst() {
            guard byte == 0x1B else {
                result.append(byte)
                continue
            }
            guard bytes.first == UInt8(ascii: "[") else { continue }
            bytes.removeFirst()
            while let next = bytes.popFirst(), !(0x40...0x7E).contains(next) {}
        }
        return String(decoding: result, as: UTF8.self)
    }
}
