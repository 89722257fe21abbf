import Machinery

/// By which column rows are sorted.
package struct TableOrder: Sendable, Equatable {
    /// Name of a column in capitals; `NAMESPACE` for the namespace, empty for namespace and name.
    package var column: String = ""
    package var isDescending = false

    package init(column: String = "", isDescending: Bool = false) {
        self.column = column
        self.isDescending = isDescending
    }

    /// Sorts by a column; once more by the same one, the other way round.
    package mutating func choose(_ column: String) {
        self = TableOrder(column: column, isDescending: self.column == column && !isDescending)
    }

    package func sorted(_ table: ResourceTable, _ rows: [ResourceTable.Row]) -> [ResourceTable.Row] {
        let place: Int? = table.index(of: column)
        let isAge: Bool = column == "AGE"
        return rows.sorted { one, other in
            switch compare(one, other, place, isAge: isAge) {
            case 0: (one.namespace, one.name, one.id) < (other.namespace, other.name, other.id)
            case let order: isDescending ? order > 0 : order < 0
            }
        }
    }

    /// Below 0 when the first comes first.
    private func compare(_ one: ResourceTable.Row, _ other: ResourceTable.Row, _ place: Int?, isAge: Bool) -> Int {
        if isAge, let one = one.created, let other = other.created { return one == other ? 0 : one > other ? -1 : 1 }
        if column == "NAMESPACE" { return Self.order(one.namespace, other.namespace) }
        guard let place, place < one.cells.count, place < other.cells.count else { return 0 }
        let (left, right): (String, String) = (one.cells[place], other.cells[place])
        guard let leftNumber = Self.number(left), let rightNumber = Self.number(right) else { return Self.order(left, right) }
        return leftNumber == rightNumber ? Self.order(left, right) : leftNumber < rightNumber ? -1 : 1
    }

    private static func order<Value: Comparable>(_ one: Value, _ other: Value) -> Int { one == other ? 0 : one < other ? -1 : 1 }

    /// `3 (5m ago)` is 3, `1/2` is 1, `250m` is 250, `10Gi` is 10 × 2³⁰; nil for a word, and for an address such as `10.0.0.1`.
    static func number(_ text: String) -> Double? {
        let digits: Substring = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let value = Double(digits) else { return nil }
        let factors: [String: Double] = ["Ki": 0x1p10, "Mi": 0x1p20, "Gi": 0x1p30, "Ti": 0x1p40]
        return value * (factors[String(text.dropFirst(digits.count))] ?? 1)
    }
}
