import Dashboard
import Testing

@Suite struct ScreenTests {
    private static func painted(_ first: (inout Screen) -> Void, _ second: (inout Screen) -> Void, isColoured: Bool = true) -> String {
        var painter = ScreenPainter(isColoured: isColoured)
        var screen = Screen(rows: 3, columns: 20)
        first(&screen)
        _ = painter.paint(screen)
        screen = Screen(rows: 3, columns: 20)
        second(&screen)
        return String(decoding: painter.paint(screen), as: UTF8.self)
    }

    @Test func `text that does not fit is cut, and characters that would steer the terminal are dots`() {
        var screen = Screen(rows: 2, columns: 5)
        screen.write("ab\u{1B}[2Jcdef", row: 0, column: 1)
        screen.write("界界界", row: 1, column: 0)
        screen.write("outside", row: 7, column: 0)
        #expect(screen.text == " ab·[\n界界\n")
    }

    @Test func `the same screen again costs nothing`() {
        #expect(Self.painted({ $0.write("web", row: 0, column: 0) }, { $0.write("web", row: 0, column: 0) }) == "")
    }

    @Test func `only cells that changed are written`() {
        let output: String = Self.painted(
            { $0.write("pods 12 running", row: 1, column: 0) }, { $0.write("pods 13 running", row: 1, column: 0) })
        #expect(output == "\u{1B}[2;7H3")
    }

    @Test func `blanks at the end of a row are cleared by one sequence`() {
        let output: String = Self.painted({ $0.write("CrashLoopBackOff", row: 2, column: 0) }, { $0.write("Crash", row: 2, column: 0) })
        #expect(output == "\u{1B}[3;6H\u{1B}[K")
    }

    @Test(arguments: [(true, "\u{1B}[0;7;31m"), (false, "\u{1B}[0;7m")])
    func `without colours, what is chosen is still seen`(isColoured: Bool, sequence: String) {
        let output: String = Self.painted(
            { _ in }, { $0.write("x", row: 0, column: 0, style: Style(.bad, isReversed: true)) }, isColoured: isColoured)
        #expect(output == "\u{1B}[1;1H\(sequence)x\u{1B}[0m")
    }

    @Test func `a window of another size is drawn anew`() {
        var painter = ScreenPainter(isColoured: false)
        _ = painter.paint(Screen(rows: 2, columns: 4))
        var larger = Screen(rows: 3, columns: 4)
        larger.write("z", row: 2, column: 1)
        #expect(String(decoding: painter.paint(larger), as: UTF8.self) == "\u{1B}[0m\u{1B}[2J\u{1B}[3;2Hz")
    }

    @Test(
        arguments: [
            (["TERM": "xterm-256color", "LANG": "en_US.UTF-8"], Look(isColoured: true, isUnicode: true)),
            (["TERM": "xterm", "LANG": "C", "NO_COLOR": "1"], Look(isColoured: false, isUnicode: false)),
            (["TERM": "xterm", "LC_ALL": "C.utf8", "LANG": "C", "NO_COLOR": ""], Look(isColoured: true, isUnicode: true)),
            (["TERM": "dumb"], nil),
            ([:], nil),
        ] as [([String: String], Look?)])
    func `the environment says what the terminal can show`(environment: [String: String], look: Look?) {
        #expect(Look { environment[$0] } == look)
    }
}
