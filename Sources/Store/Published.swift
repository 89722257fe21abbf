/// What readers see: the durable state, and how it came about since the last compaction.
///
/// Invariants: `current` is what the events, applied in order, make of the state at `compacted`; `compacted <= revision`.
struct Published {
    private(set) var current: SortedEntries
    private(set) var history: History
    private(set) var revision: Revision
    private(set) var compacted: Revision

    /// The revision of a store that was never written to: 0 means "any" to Kubernetes, so it must not be the state of something.
    static let firstRevision: Revision = 1

    init(current: SortedEntries = SortedEntries(), history: History = History(), revision: Revision, compacted: Revision) {
        self.current = current
        self.history = history
        self.revision = max(revision, compacted, Self.firstRevision)
        self.compacted = compacted
    }

    mutating func apply(_ event: Event) {
        if event.isDelete { current.remove(event.entry.key) } else { current.set(event.entry) }
        history.append(event)
        revision = event.revision
    }

    mutating func compact(through revision: Revision) {
        history.drop(through: revision)
        compacted = max(compacted, revision)
    }

    func check(_ revision: Revision) throws(StoreError) {
        if revision < compacted { throw .compacted(oldest: compacted) }
        if revision > self.revision { throw .future(current: self.revision) }
    }

    func entry(_ key: String, at revision: Revision) throws(StoreError) -> Entry? {
        try check(revision)
        let wanted: Key = Key(key)
        var first: Event?
        history.forEach(after: revision) { event in
            if Key(event.entry.key) == wanted { first = event }
            return first == nil
        }
        return first.map(\.previous) ?? current[key]
    }

    func events(prefix: String, after: Revision, limit: Int) throws(StoreError) -> (events: [Event], cursor: Revision) {
        try check(after)
        var found: [Event] = []
        var (examined, cursor): (Int, Revision) = (0, revision)
        var last: Revision = after
        prefix.withKeyBytes { prefix in
            history.forEach(after: after) { event in
                guard examined < limit else {
                    cursor = last
                    return false
                }
                examined += 1
                last = event.revision
                if event.entry.key.withKeyBytes({ KeyOrder.starts($0, with: prefix) }) { found.append(event) }
                return true
            }
        }
        return (found, cursor)
    }

    func listing(prefix: String, at wanted: Revision?, after: String?, limit: Int?) throws(StoreError) -> Listing {
        let limit: Int = limit ?? Int.max
        let range: Range<SortedEntries.Position> = current.range(prefix: prefix, after: after)
        if let wanted, wanted != revision {
            try check(wanted)
            let changes: [Key: Change] = changes(since: wanted, prefix: prefix, after: after)
            if !changes.isEmpty { return listing(range, undoing: changes, at: wanted, limit: limit) }
        }
        let entries: [Entry] = current.prefix(of: range, limit: limit)
        return Listing(entries: entries, revision: wanted ?? revision, remaining: current.count(in: range) - entries.count)
    }

    /// What happened to a key since a revision.
    private struct Change {
        let before: Entry?
        let isPresentNow: Bool
    }

    private func changes(since revision: Revision, prefix: String, after: String?) -> [Key: Change] {
        var changes: [Key: Change] = [:]
        prefix.withKeyBytes { prefix in
            history.forEachReversed(after: revision) { event in
                let key: String = event.entry.key
                guard key.withKeyBytes({ KeyOrder.starts($0, with: prefix) }) else { return }
                if let after, !KeyOrder.precedes(after, key) { return }
                // From the newest event to the oldest: the newest tells what is there now, the oldest what was there before.
                let isPresentNow: Bool = changes[Key(key)]?.isPresentNow ?? !event.isDelete
                changes[Key(key)] = Change(before: event.previous, isPresentNow: isPresentNow)
            }
        }
        return changes
    }

    /// Merges the untouched entries of now with the versions of then; both sides are in the order of keys.
    private func listing(
        _ range: Range<SortedEntries.Position>, undoing changes: [Key: Change], at revision: Revision, limit: Int
    ) -> Listing {
        let then: [Entry] = changes.values.compactMap(\.before).sorted { KeyOrder.precedes($0.key, $1.key) }
        // A page of untouched entries is found among so many: each changed key hides one at most.
        let (needed, overflow): (Int, Bool) = limit.addingReportingOverflow(changes.count)
        let now: [Entry] = current.prefix(of: range, limit: overflow ? .max : needed).filter { changes[Key($0.key)] == nil }
        let hidden: Int = changes.values.count { $0.isPresentNow }
        let total: Int = current.count(in: range) - hidden + then.count
        let wanted: Int = min(total, limit)
        var merged: [Entry] = []
        merged.reserveCapacity(wanted)
        var (i, j): (Int, Int) = (0, 0)
        while merged.count < wanted {
            if j == then.count || (i < now.count && KeyOrder.precedes(now[i].key, then[j].key)) {
                merged.append(now[i])
                i += 1
            } else {
                merged.append(then[j])
                j += 1
            }
        }
        return Listing(entries: merged, revision: revision, remaining: total - wanted)
    }
}
