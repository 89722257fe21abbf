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
