/// Which rows are shown: those in which a cell fits a regular expression; with `!` before it, those in which none does. Case does not matter.
///
/// What is no regular expression, or not yet while it is typed, is a text that a cell holds.
package struct RowFilter: Sendable, Equatable {
    package let text: String
    private let isInverse: Bool
    /// In small letters.
    private let wanted: String
    private let expression: FilterExpression?

    package init(_ text: String = "") {
        self.text = text
        isInverse = text.hasPrefix("!")
        let wanted = String(isInverse ? text.dropFirst() : text[...])
        self.wanted = wanted.lowercased()
        expression = wanted.contains(where: { #".^$*+?()[]{}|\"#.contains($0) }) ? FilterExpression(wanted) : nil
    }

    package static func == (one: RowFilter, other: RowFilter) -> Bool { one.text == other.text }

    package var isEmpty: Bool { wanted.isEmpty }

    package func takes(_ row: ResourceTable.Row) -> Bool { takes([row.namespace] + row.cells) }

    package func takes(_ line: String) -> Bool { takes([line]) }

    private func takes(_ texts: [String]) -> Bool {
        wanted.isEmpty || texts.contains { expression?.isIn($0) ?? $0.lowercased().contains(wanted) } != isInverse
    }
}

/// A regular expression, in which case does not matter.
///
/// Swift's `Regex` is not marked `Sendable`; this one is never changed after it was made.
private final class FilterExpression: @unchecked Sendable {
    private let regex: Regex<AnyRegexOutput>

    /// nil for what is none.
    init?(_ text: String) {
        guard let regex = try? Regex(text) else { return nil }
        self.regex = regex.ignoresCase()
    }

    func isIn(_ text: String) -> Bool { text.firstMatch(of: regex) != nil }
}
