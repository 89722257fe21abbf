/// Makes the readers' state from the rows of the log, oldest first, and sees that they fit together.
struct Loading {
    private let compacted: Revision
    private let indexer: Indexer
    private var revision: Revision = 0
    private var latest: [Key: Entry] = [:]
    private var history = History()

    init(compacted: Revision, indexer: Indexer) {
        self.compacted = compacted
        self.indexer = indexer
    }

    /// Takes the next row; returns what is wrong with it, if anything.
    mutating func add(_ row: Row, sum: UInt64) -> String? {
        guard row.sum == sum else { return "the row of revision \(row.revision) does not match its checksum" }
        let key: String = String(decoding: row.key, as: UTF8.self)
        let previous: Entry? = latest[Key(key)]
        let isRetained: Bool = row.revision > compacted
        // Before the compacted revision, only the newest version of a key is kept, and its first one may be gone.
        if isRetained, row.created != previous?.created ?? row.revision {
            return "the row of revision \(row.revision) follows a version of \(key) that is missing"
        }
        let entry: Entry = Entry(
            key: previous?.key ?? key, value: Array(row.value), revision: row.revision, created: row.created, indexer: indexer)
        latest[Key(entry.key)] = row.isDelete ? nil : entry
        if isRetained { history.append(Event(entry: entry, previous: previous, isDelete: row.isDelete)) }
        revision = row.revision
        return nil
    }

    consuming func published() -> Published {
        let entries: [Entry] = latest.values.sorted { KeyOrder.precedes($0.key, $1.key) }
        return Published(current: SortedEntries(sorted: entries), history: history, revision: revision, compacted: compacted)
    }
}
