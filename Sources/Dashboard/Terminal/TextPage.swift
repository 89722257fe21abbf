/// A page with text: a description, YAML, help.
struct TextPage: Sendable {
    let id: Int
    let title: String
    /// What the text came from, to read it anew; empty for a text of our own.
    let command: [String]
    /// What can be edited from here.
    let place: ObjectPlace?
    var filter = RowFilter()
    var wraps = false
    private(set) var lines: [String]
    private(set) var hasLoaded: Bool
    private(set) var top: Int = 0
    private(set) var left: Int = 0

    init(id: Int, title: String, command: [String] = [], place: ObjectPlace? = nil, lines: [String]? = nil) {
        self.id = id
        self.title = title
        self.command = command
        self.place = place
        self.lines = lines ?? []
        hasLoaded = lines != nil
    }

    mutating func take(_ lines: [String]) {
        self.lines = lines
        hasLoaded = true
    }

    /// The lines that the filter leaves.
    var shown: [String] { filter.isEmpty ? lines : lines.filter(filter.takes) }

    /// Rows of a screen of this size.
    mutating func window(room: Int, columns: Int) -> [String] {
        let rows: [String] = wraps ? shown.flatMap { TextLayout.wrapped($0, columns) } : shown
        top = max(0, min(top, rows.count - room))
        let window: ArraySlice<String> = rows[top..<min(rows.count, top + max(0, room))]
        return window.map { wraps ? TextLayout.expanded($0) : TextLayout.dropped(TextLayout.expanded($0), left) }
    }

    /// True when the key moves the text.
    mutating func move(_ key: Key, room: Int) -> Bool {
        switch key {
        case .up, .character("k"): top -= 1
        case .down, .character("j"), .enter: top += 1
        case .pageUp, .control("b"): top -= room
        case .pageDown, .control("f"), .character(" "): top += room
        case .home, .character("g"): top = 0
        case .end, .character("G"): top = .max - room
        case .left, .character("h"): left = max(0, left - 8)
        case .right: left += 8
        default: return false
        }
        top = max(0, top)
        return true
    }
}

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
