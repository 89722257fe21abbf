/// The retained events, oldest first, in chunks: appended at the end, dropped from the front, read from any revision.
///
/// A value, as ``SortedEntries`` is: readers walk a copy.
///
/// Invariants: revisions rise strictly (a failed write leaves a gap); no chunk is empty.
struct History {
    private static let capacity = 256

    private var chunks: [ContiguousArray<Event>] = []
    private(set) var count = 0

    /// Bytes of memory that only the history holds: versions that were replaced or deleted, and tombstones.
    private(set) var bytes = 0

    mutating func append(_ event: Event) {
        assert(chunks.last?.last.map { $0.revision < event.revision } ?? true, "revisions rise")
        if let last: Int = chunks.indices.last, chunks[last].count < Self.capacity {
            chunks[last].append(event)
        } else {
            chunks.append([event])
        }
        count += 1
        bytes += event.retainedBytes
    }

    /// Forgets all events up to and including a revision.
    mutating func drop(through revision: Revision) {
        let start: Position = position(after: revision)
        for chunk in chunks[..<start.chunk] { forget(chunk[...]) }
        chunks.removeFirst(start.chunk)
        if start.offset > 0 {
            forget(chunks[0][..<start.offset])
            chunks[0].removeFirst(start.offset)
        }
    }

    /// Calls `body` with the events after a revision, oldest first, until it returns false.
    func forEach(after revision: Revision, _ body: (Event) -> Bool) {
        let start: Position = position(after: revision)
        var offset: Int = start.offset
        for chunk in chunks[start.chunk...] {
            for event in chunk[offset...] where !body(event) { return }
            offset = 0
        }
    }

    /// Calls `body` with the events after a revision, newest first.
    func forEachReversed(after revision: Revision, _ body: (Event) -> Void) {
        for chunk in chunks.reversed() {
            for event in chunk.reversed() {
                guard event.revision > revision else { return }
                body(event)
            }
        }
    }

    private struct Position {
        var chunk: Int
        var offset: Int
    }

    private func position(after revision: Revision) -> Position {
        var (low, high): (Int, Int) = (0, chunks.count)
        while low < high {
            let middle: Int = (low + high) / 2
            if chunks[middle][chunks[middle].count - 1].revision <= revision { low = middle + 1 } else { high = middle }
        }
        guard low < chunks.count else { return Position(chunk: low, offset: 0) }
        let chunk: Int = low
        (low, high) = (0, chunks[chunk].count - 1)
        while low < high {
            let middle: Int = (low + high) / 2
            if chunks[chunk][middle].revision <= revision { low = middle + 1 } else { high = middle }
        }
        return Position(chunk: chunk, offset: low)
    }

    private mutating func forget(_ events: ContiguousArray<Event>.SubSequence) {
        count -= events.count
        for event in events { bytes -= event.retainedBytes }
    }
}

extension Event {
    /// Bytes that are free once this event is forgotten.
    package var retainedBytes: Int { (previous?.bytes ?? 0) + (isDelete ? entry.bytes : 0) }

    /// Rows of the log that are needed no more once this event is forgotten: the version before, and a tombstone.
    var obsoleteRevisions: [Revision] { (previous.map { [$0.revision] } ?? []) + (isDelete ? [revision] : []) }
}

extension Entry {
    /// Memory that this version takes, about.
    var bytes: Int { key.utf8.count + value.count + 200 }
}
