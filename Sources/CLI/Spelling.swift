/// Words that could have been meant.
enum Spelling {
    /// Those that differ from the word in two letters at most, or begin with it; nearest first.
    static func near(_ word: String, among words: [String]) -> [String] {
        guard word.utf8.count > 2 else { return [] }
        var found: [(word: String, distance: Int)] = []
        for candidate in words where !found.contains(where: { $0.word == candidate }) {
            let distance: Int = distance(candidate, word)
            // In short words two letters are most of it.
            if distance <= min(2, word.utf8.count / 2) || candidate.hasPrefix(word) { found.append((candidate, distance)) }
        }
        return found.sorted { ($0.distance, $0.word) < ($1.distance, $1.word) }.prefix(3).map(\.word)
    }

    /// Number of letters to change, add or remove. Source: Levenshtein 1966.
    static func distance(_ one: String, _ other: String) -> Int {
        let (left, right): ([UInt8], [UInt8]) = (Array(one.utf8), Array(other.utf8))
        var row: [Int] = Array(0...right.count)
        for (i, letter) in left.enumerated() {
            var diagonal: Int = row[0]
            row[0] = i + 1
            for (j, candidate) in right.enumerated() {
                let change: Int = diagonal + (letter == candidate ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(change, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[right.count]
    }
}
