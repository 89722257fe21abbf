/// Indexes of an Indexed Job in the form of its status: `1,3-5,7`.
struct CompletionIndexes: Equatable {
    private var indexes: Set<Int>

    /// Parts that can't be read are left out.
    init(_ text: String) {
        indexes = []
        for part in text.split(separator: ",") {
            let ends: [Int] = part.split(separator: "-").compactMap { Int($0) }
            if let first = ends.first, let last = ends.last, first <= last { indexes.formUnion(first...last) }
        }
    }

    var count: Int { indexes.count }

    func contains(_ index: Int) -> Bool { indexes.contains(index) }

    /// How many are in both.
    func common(with other: CompletionIndexes) -> Int { indexes.intersection(other.indexes).count }

    mutating func insert(_ index: Int) { indexes.insert(index) }

    var text: String {
        var runs: [(first: Int, last: Int)] = []
        for index in indexes.sorted() {
            if let run = runs.last, run.last + 1 == index { runs[runs.count - 1].last = index } else { runs.append((index, index)) }
        }
        // Two in a row are written one by one, as upstream does.
        return runs.map { run in
            run.first == run.last ? "\(run.first)" : run.first + 1 == run.last ? "\(run.first),\(run.last)" : "\(run.first)-\(run.last)"
        }.joined(separator: ",")
    }
}
