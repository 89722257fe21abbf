/// Which row of the screen is for what. A small window gives up the head first, then the lines at the bottom.
struct DashboardLayout {
    var head: Int?
    var hints: Int?
    var title: Int?
    let content: Range<Int>
    /// Why a pod is not running.
    var note: Int?
    /// The way to this page, a message, or the prompt.
    var foot: Int?
    /// Rows for objects or lines of text.
    let room: Int

    init(_ state: DashboardState) {
        let rows: Int = state.rows
        var isTable: Bool = false
        var isWhole: Bool = false
        switch state.pages.last {
        case .table: isTable = true
        case .log(let page): isWhole = page.isWhole
        default: break
        }
        if isWhole || rows < 5 {
            let hasFoot: Bool = rows > 1 && (state.prompt != nil || state.flash != nil)
            foot = hasFoot ? rows - 1 : nil
            content = 0..<max(0, hasFoot ? rows - 1 : rows)
        } else if rows < 10 {
            (title, foot) = (0, rows - 1)
            content = 1..<rows - 1
        } else {
            (head, hints, title, foot) = (0, 1, 2, rows - 1)
            note = isTable ? rows - 2 : nil
            content = 3..<(isTable ? rows - 2 : rows - 1)
        }
        // The names of the columns take one.
        room = max(0, content.count - (isTable ? 1 : 0))
    }
}
