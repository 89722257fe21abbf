/// How urgent a row is.
enum RowTone {
    static func of(_ row: ResourceTable.Row, in table: ResourceTable) -> Style.Tone {
        func cell(_ column: String) -> String? {
            guard let index = table.index(of: column), index < row.cells.count else { return nil }
            return row.cells[index]
        }
        let state: String = cell("STATUS") ?? cell("STATE") ?? cell("PHASE") ?? cell("TYPE") ?? ""
        switch StateTone.of(state) {
        case .bad: return .bad
        case .warning: return .warning
        case .quiet: return .quiet
        case .plain: return cell("READY").map(StateTone.lacks) == true ? .warning : .plain
        }
    }
}
