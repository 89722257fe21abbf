package import Machinery

/// Labels of Secrets with tokens of service accounts, by which those that nobody uses any longer are found and go.
package enum LegacyTokenLabel {
    /// The day of the last use: `2006-01-02`.
    package static let lastUsed = "kubernetes.io/legacy-token-last-used"
    /// The day since which the token does not count.
    package static let invalidSince = "kubernetes.io/legacy-token-invalid-since"
}

extension Time {
    /// The day, as these labels have it.
    package var day: String { String(civil.text.prefix(10)) }

    /// The start of a day; nil when the text is none.
    package init?(day: String) {
        guard day.utf8.count == 10 else { return nil }
        self.init(day + "T00:00:00Z")
    }
}
