import API
import Client

/// How the state looks on a screen.
extension DashboardState {
    /// Draws everything; what is scrolled follows what is chosen.
    package mutating func draw() -> Screen {
        var screen = Screen(rows: rows, columns: columns)
        let layout = DashboardLayout(self)
        if let row = layout.head { drawHead(row, &screen) }
        if let row = layout.hints { screen.write(look.cut(" " + hints, to: columns), row: row, column: 0, style: .quiet) }
        if let row = layout.title { drawTitle(row, &screen) }
        switch pages.last {
        case .table(var page):
            page.scroll(room: layout.room)
            TableDrawing(look: look, now: now).draw(page, layout.content, &screen)
            if let row = layout.note { drawNote(page, row, &screen) }
            pages[pages.count - 1] = .table(page)
        case .text(var page):
            let lines: [String] = page.hasLoaded ? page.window(room: layout.room, columns: columns) : ["reading …"]
            for (row, line) in zip(layout.content, lines) { screen.write(line, row: row, column: 0, style: TextTone.style(of: line)) }
            pages[pages.count - 1] = .text(page)
        case .log(var page):
            for (row, line) in zip(layout.content, logLines(&page, layout.room)) { screen.write(line, row: row, column: 0) }
            pages[pages.count - 1] = .log(page)
        case nil: break
        }
        if let row = layout.foot { drawFoot(row, &screen) }
        return screen
    }

    private func logLines(_ page: inout LogPage, _ room: Int) -> [String] {
        guard let ending = page.ending else { return page.isEmpty ? ["waiting for lines"] : page.window(room: room, columns: columns) }
        // Why it ended stands below the last line.
        let text: String = ending.isEmpty ? "(the log ends here; r reads it anew)" : "(\(ending); r tries again)"
        return page.window(room: room - 1, columns: columns) + [text]
    }

    // MARK: - Lines

    private func drawHead(_ row: Int, _ screen: inout Screen) {
        // A narrow window has room for the context only.
        let shares: String = columns < 60 ? "" : usage.shares.map { "\($0.name) \($0.share)" }.joined(separator: "  ")
        let room: Int = shares.isEmpty ? columns : columns - shares.count - 2
        var column: Int = screen.write(
            look.cut(" \(facts.context) ", to: room), row: row, column: 0, style: Style(.accent, isBold: true, isReversed: true))
        for text in [facts.version, facts.user, facts.server] where !text.isEmpty {
            guard column + 2 + CellWidth.of(text) <= room else { continue }
            column = screen.write("  " + text, row: row, column: column, style: text == facts.version ? .plain : .quiet, end: room)
        }
        screen.write(shares, row: row, column: room + 1, style: .bold)
    }

    private func drawTitle(_ row: Int, _ screen: inout Screen) {
        screen.write(String(repeating: look.rule, count: columns), row: row, column: 0, style: .quiet)
        let title: String
        switch pages.last {
        case .table(let page): title = page.title
        case .text(let page): title = page.title
        case .log(let page): title = page.title + (page.follows ? "" : " (paused)")
        case nil: title = ""
        }
        let filter: String = filterText.isEmpty ? "" : " /\(filterText)"
        let text: String = look.cut(" \(title)\(filter) ", to: max(0, columns - 4))
        let end: Int = screen.write(text, row: row, column: min(2, columns), style: Style(.accent, isBold: true))
        if !filter.isEmpty, end < columns { screen.write(" esc shows all ", row: row, column: end + 1, style: .quiet) }
    }

    /// The chosen pod's trouble; the reason why nothing comes before that.
    private func drawNote(_ page: TablePage, _ row: Int, _ screen: inout Screen) {
        if let failure = page.failure {
            screen.write(look.cut(" ! " + failure, to: columns), row: row, column: 0, style: Style(.bad))
        } else if let reason = page.reason, let text = reason.text, reason.row == page.chosenRow?.id {
            let oneLine: String = text.split(whereSeparator: \.isNewline).joined(separator: " ")
            screen.write(look.cut(" why: " + oneLine, to: columns), row: row, column: 0, style: Style(.warning))
        }
    }

    private func drawFoot(_ row: Int, _ screen: inout Screen) {
        if let prompt {
            // The end of what is typed stays in sight.
            let shown: String = prompt.label + prompt.text
            let surplus: Int = max(0, CellWidth.of(shown) + 1 - columns)
            let end: Int = screen.write(TextLayout.dropped(shown, surplus), row: row, column: 0, style: .bold)
            screen.write(" ", row: row, column: end, style: Style(isReversed: true))
            let ending: String = prompt.ending(words)
            if !ending.isEmpty {
                screen.write(ending, row: row, column: end, style: .quiet)
                screen.write(ending.prefix(1), row: row, column: end, style: Style(isReversed: true))
            }
        } else if let flash {
            let style = Style(flash.isError ? .bad : .good, isBold: true)
            screen.write(look.cut(" " + flash.text, to: columns), row: row, column: 0, style: style)
        } else {
            let crumbs: [String] = pages.map { page in
                switch page {
                case .table(let page): page.crumb
                case .text(let page): page.title
                case .log(let page): page.title
                }
            }
            screen.write(look.cut(" " + crumbs.joined(separator: look.separator), to: columns), row: row, column: 0, style: .quiet)
        }
    }

    /// The most useful keys of the shown page.
    private var hints: String {
        switch pages.last {
        case .table(let page) where page.query == nil: "enter use  : go to  / filter  ? help  esc back"
        case .table(let page) where page.pod != nil:
            "enter down  d describe  y yaml  l logs  s shell  e edit  ^d delete  ? help"
        case .table(let page) where page.resource?.resource.resource == "nodes":
            "enter pods  d describe  y yaml  c cordon  u uncordon  r drain  e edit  ? help"
        case .table: "enter down  d describe  y yaml  l logs  s scale  r restart  ^d delete  ? help"
        case .text(let page): (page.place == nil ? "" : "e edit  ") + "/ filter  w wrap  r read anew  g top  G end  esc back"
        case .log: "s follow  w wrap  f whole  t times  / filter  c clear  p previous  esc back"
        case nil: ""
        }
    }
}

/// How lines of descriptions and YAML look.
enum TextTone {
    /// Headings stand at the left and end with a colon.
    static func style(of line: String) -> Style {
        guard let first = line.first, first.isLetter else { return .plain }
        return line.hasSuffix(":") ? Style(.accent, isBold: true) : .plain
    }
}
