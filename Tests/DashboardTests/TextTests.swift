import Testing

@testable import Dashboard

@Suite struct TextTests {
    /// The lines that a page shows, three at a time.
    private static func lines(_ page: inout LogPage, after key: Key? = nil) -> [String] {
        if let key { _ = page.move(key, room: 3) }
        return page.window(room: 3, columns: 80)
    }

    @Test func `a log follows until somebody goes up, and again at its end`() {
        var page = LogPage(id: 1, name: "web", command: ["web"], isPrevious: false)
        page.take((1...20).map { "line \($0)" })
        var seen: [[String]] = [Self.lines(&page), Self.lines(&page, after: .up)]
        page.take(["line 21"])
        seen += [Self.lines(&page), Self.lines(&page, after: .character("G"))]
        page.look(for: RowFilter("1"))
        seen.append(Self.lines(&page))
        let expected: [[Int]] = [[18, 19, 20], [17, 18, 19], [17, 18, 19], [19, 20, 21], [18, 19, 21]]
        #expect(seen == expected.map { $0.map { "line \($0)" } })
    }

    @Test func `only the newest lines are kept`() {
        var page = LogPage(id: 1, name: "web", command: [], isPrevious: false)
        page.take((0..<LogPage.limit + 5).map { "\($0)" })
        let seen: [String] = Self.lines(&page, after: .character("g"))
        #expect(seen == ["5", "6", "7"])
    }

    @Test func `lines wrap, tabs stand, colours of programs go`() {
        #expect(TextLayout.wrapped("abcdef", 4) == ["abcd", "ef"])
        #expect(TextLayout.wrapped("界界界", 4) == ["界界", "界"])
        #expect(TextLayout.expanded("a\tb") == "a       b")
        #expect(TextLayout.withoutEscapes("\u{1B}[1;31merror\u{1B}[0m: x") == "error: x")
        #expect(TextLayout.dropped("abcdef", 2) == "cdef")
    }

    @Test func `pieces of a log become lines`() {
        var cutter = LineCutter()
        let lines: [[String]] = [cutter.take(Array("one\ntw".utf8)), cutter.take(Array("o\n\nth".utf8)), cutter.rest()]
        #expect(lines == [["one"], ["two", ""], ["th"]])
    }

    @Test(arguments: [
        ([30, 30, 10], 80, [30, 30, 10]), ([60, 30, 10], 80, [36, 30, 10]), ([40, 40, 40], 60, [19, 19, 18]), ([12, 12, 12], 20, [12]),
        ([30], 20, [20]),
    ])
    func `the widest columns give way first, then the last ones go`(natural: [Int], total: Int, widths: [Int]) {
        #expect(TableDrawing.widths(natural, total: total).reduce(0, +) == widths.reduce(0, +))
        #expect(TableDrawing.widths(natural, total: total).count == widths.count)
    }

    @Test func `a screen is drawn at most 20 times a second, and the last change is always shown`() {
        var pace = DrawPace(perSecond: 20)
        let start: ContinuousClock.Instant = .now
        var decisions: [DrawPace.Decision] = [0, 10, 20].map { pace.changed(start + .milliseconds($0)) }
        #expect(decisions == [.now, .at(start + .milliseconds(50)), .never])
        pace.fire(start + .milliseconds(50))
        decisions = [pace.changed(start + .milliseconds(60))]
        pace.fire(start + .milliseconds(100))
        decisions.append(pace.changed(start + .milliseconds(200)))
        #expect(decisions == [.at(start + .milliseconds(100)), .now])
    }
}
