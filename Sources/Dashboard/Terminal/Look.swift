/// What the terminal can show besides ASCII in one colour.
package struct Look: Sendable, Hashable {
    package let isColoured: Bool
    package let isUnicode: Bool

    package init(isColoured: Bool, isUnicode: Bool) {
        self.isColoured = isColoured
        self.isUnicode = isUnicode
    }

    /// nil for terminals that cannot place text.
    ///
    /// `NO_COLOR` (https://no-color.org) turns colours off when it is not empty.
    package init?(environment: (String) -> String?) {
        let term: String = environment("TERM") ?? ""
        guard !term.isEmpty, term != "dumb" else { return nil }
        let locale: String = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap(environment).first { !$0.isEmpty } ?? ""
        isColoured = (environment("NO_COLOR") ?? "").isEmpty && !term.hasSuffix("-m") && term != "vt100"
        isUnicode = locale.lowercased().replacing("-", with: "").contains("utf8")
    }

    var rule: String { isUnicode ? "─" : "-" }
    var separator: String { isUnicode ? " › " : " > " }
    var ascending: String { isUnicode ? "↑" : "^" }
    var descending: String { isUnicode ? "↓" : "v" }

    /// A text in at most so many columns; what is cut off ends with a mark.
    func cut(_ text: String, to width: Int) -> String {
        guard CellWidth.of(text) > width else { return text }
        var result: String = ""
        var room: Int = width - 1
        for character in text {
            room -= CellWidth.of(character)
            if room < 0 { break }
            result.append(character)
        }
        return width > 0 ? result + (isUnicode ? "…" : "~") : ""
    }
}
