/// Makes the readers' state from the rows of the log, and sees that they fit together.
///
/// Versions of one key find each other by one sort of row numbers over the keys' bytes, laid end to end: a dictionary of strings and a
/// sort of entries take three times as long, most of it in reference counts.
struct Loading {
    private struct Version {
        let revision: Revision
        let created: Revision
        let isDelete: Bool
        let value: [UInt8]
    }

    private let compacted: Revision
    private let indexer: Indexer
    /// In the order of revisions, as the log has them.
    private var versions: [Version] = []
    private var keys: [UInt8] = []
    /// Where the key of each version starts in `keys`; one more at the end.
    private var starts: [Int] = [0]

    init(compacted: Revision, indexer: Indexer) {
        self.compacted = compacted
        self.indexer = indexer
    }

    /// Takes the next row. - Parameter value: what its bytes mean.
    mutating func add(_ row: Row, value: [UInt8]) {
        versions.append(Version(revision: row.revision, created: row.created, isDelete: row.isDelete, value: value))
        keys.append(contentsOf: row.key)
        starts.append(keys.count)
    }

    /// The state that the rows make.
    consuming func published() throws(SQLiteFailure) -> Published {
        var entries: [Entry?] = Array(repeating: nil, count: versions.count)
        var previous: [Int?] = Array(repeating: nil, count: versions.count)
        var current: [Entry] = []
        let order: [Int] = order()
        for (place, number) in order.enumerated() {
            let older: Int? = place > 0 && key(order[place - 1], isKeyOf: number) ? order[place - 1] : nil
            let base: Int? = older.flatMap { versions[$0].isDelete ? nil : $0 }
            let entry: Entry = makeEntry(number, older: older.flatMap { entries[$0] })
            try check(entry, follows: base.flatMap { entries[$0] })
            entries[number] = entry
            previous[number] = base
            let isNewest: Bool = place + 1 == order.count || !key(order[place + 1], isKeyOf: number)
            if isNewest, !versions[number].isDelete { current.append(entry) }
        }
        var history: History = History()
        for (number, entry) in entries.enumerated() {
            guard let entry, entry.revision > compacted else { continue }
            history.append(Event(entry: entry, previous: previous[number].flatMap { entries[$0] }, isDelete: versions[number].isDelete))
        }
        return Published(
            current: SortedEntries(sorted: current), history: history, revision: versions.last?.revision ?? 0, compacted: compacted)
    }

    /// The numbers of the versions, in the order of keys, and of revisions within a key.
    private func order() -> [Int] {
        var order: [Int] = Array(versions.indices)
        keys.withUnsafeBufferPointer { keys in
            starts.withUnsafeBufferPointer { starts in
                order.sort { a, b in
                    let order: Int = KeyOrder.compare(
                        UnsafeBufferPointer(rebasing: keys[starts[a]..<starts[a + 1]]),
                        UnsafeBufferPointer(rebasing: keys[starts[b]..<starts[b + 1]]))
                    return order == 0 ? a < b : order < 0
                }
            }
        }
        return order
    }

    private func key(_ a: Int, isKeyOf b: Int) -> Bool {
        keys[starts[a]..<starts[a + 1]] == keys[starts[b]..<starts[b + 1]]
    }

    /// - Parameter older: another version of the same key, whose string is shared.
    private func makeEntry(_ number: Int, older: Entry?) -> Entry {
        let version: Version = versions[number]
        let key: String = older?.key ?? String(decoding: keys[starts[number]..<starts[number + 1]], as: UTF8.self)
        return Entry(key: key, value: version.value, revision: version.revision, created: version.created, indexer: indexer)
    }

    /// After the compacted revision no row may be missing; up to it, only the newest version of a key is kept.
    private func check(_ entry: Entry, follows base: Entry?) throws(SQLiteFailure) {
        if entry.revision > compacted, entry.created != base?.created ?? entry.revision {
            throw .corrupt("the row of revision \(entry.revision) follows a version of \(entry.key) that is missing")
        }
    }
}
