/// A page with a log as it comes.
struct LogPage: Sendable {
    /// Older lines are dropped.
    static let limit = 10_000

    let id: Int
    /// Whose log it is.
    let name: String
    /// `logs …`, without the flags that the page's switches stand for.
    let command: [String]
    let isPrevious: Bool
    var hasTimestamps = false
    var wraps = false
    /// Nothing but the log is on the screen.
    var isWhole = false
    /// New lines come into view.
    var follows = true
    private(set) var filter = RowFilter()
    /// Why no more comes; empty for an ordinary end.
    private(set) var ending: String?

    private var lines: [String] = []
    private var shown: [String] = []
    /// First line on the screen; counts when the page does not follow.
    private var top: Int = 0

    init(id: Int, name: String, command: [String], isPrevious: Bool) {
        self.id = id
        self.name = name
        self.command = command
        self.isPrevious = isPrevious
    }

    /// The command line that brings the log.
    var words: [String] {
        ["logs"] + command + (isPrevious ? ["--previous"] : ["--follow"]) + ["--tail=1000"] + (hasTimestamps ? ["--timestamps"] : [])
    }

    var title: String { (isPrevious ? "previous log of " : "log of ") + name }

    var isEmpty: Bool { lines.isEmpty }

    mutating func take(_ more: [String]) {
        let more: [String] = more.map { TextLayout.withoutEscapes($0) }
        lines += more
        shown += more.filter(filter.takes)
        let surplus: Int = lines.count - Self.limit
        guard surplus > 0 else { return }
        let gone: Int = lines[..<surplus].count(where: filter.takes)
        lines.removeFirst(surplus)
        shown.removeFirst(gone)
        top = max(0, top - gone)
    }

    mutating func end(_ text: String?) { ending = text ?? "" }

    /// The log is read anew.
    mutating func restart() {
        (lines, shown, top, ending) = ([], [], 0, nil)
    }

    mutating func clear() { (lines, shown, top) = ([], [], 0) }

    mutating func look(for filter: RowFilter) {
        self.filter = filter
        shown = lines.filter(filter.takes)
        top = min(top, max(0, shown.count - 1))
    }

    /// Rows of a screen of this size.
    mutating func window(room: Int, columns: Int) -> [String] {
        guard room > 0 else { return [] }
        guard follows else {
            top = max(0, min(top, shown.count - 1))
            var rows: [String] = []
            for line in shown[min(top, shown.count)...].prefix(room) { rows += row(line, columns) }
            return Array(rows.prefix(room))
        }
        var rows: [String] = []
        var index: Int = shown.count
        while index > 0, rows.count < room {
            index -= 1
            rows = row(shown[index], columns) + rows
        }
        top = index
        return Array(rows.suffix(room))
    }

    private func row(_ line: String, _ columns: Int) -> [String] {
        wraps ? TextLayout.wrapped(line, columns) : [TextLayout.expanded(line)]
    }

    /// True when the key moves the text. Whoever goes up wants to read: the page follows no more; at the end it does again.
    mutating func move(_ key: Key, room: Int) -> Bool {
        switch key {
        case .up, .character("k"): top -= 1
        case .pageUp, .control("b"): top -= room
        case .home, .character("g"): top = 0
        case .down, .character("j"): top += 1
        case .pageDown, .control("f"), .character(" "): top += room
        case .end, .character("G"):
            follows = true
            return true
        default: return false
        }
        top = max(0, top)
        follows = top + room >= shown.count && [.down, .pageDown, .character("j"), .control("f"), .character(" ")].contains(key)
        return true
    }
}
