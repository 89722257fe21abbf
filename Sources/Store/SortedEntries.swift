/// Entries in the order of their keys: an array cut into chunks, so that an insertion moves one chunk and not everything.
///
/// A value: a copy costs one reference and stays as it is while the original changes, which is how a reader walks a consistent state
/// without holding a lock. The writer then copies the list of chunks and the chunk that it touches.
///
/// Invariants: keys rise strictly; no chunk is empty or larger than `capacity`; `count` is the sum over the chunks.
struct SortedEntries {
    private static let capacity = 256

    private var chunks: [ContiguousArray<Entry>] = []
    private(set) var count = 0

    init() {}

    /// - Parameter entries: in the order of their keys, each key once.
    init(sorted entries: [Entry]) {
        var start: Int = 0
        while start < entries.count {
            let end: Int = min(start + Self.capacity, entries.count)
            chunks.append(ContiguousArray(entries[start..<end]))
            start = end
        }
        count = entries.count
    }

    subscript(key: String) -> Entry? {
        key.withKeyBytes { bytes in
            let place: Position = firstPosition { KeyOrder.compare($0, bytes) < 0 }
            return entry(at: place, withKey: bytes)
        }
    }

    /// Puts an entry in the place of its key, in place of the one that was there.
    mutating func set(_ entry: Entry) {
        let (place, isThere): (Position, Bool) = entry.key.withKeyBytes { bytes in
            let place: Position = firstPosition { KeyOrder.compare($0, bytes) < 0 }
            return (place, self.entry(at: place, withKey: bytes) != nil)
        }
        if isThere {
            chunks[place.chunk][place.offset] = entry
        } else {
            insert(entry, at: place)
        }
    }

    mutating func remove(_ key: String) {
        let (place, isThere): (Position, Bool) = key.withKeyBytes { bytes in
            let place: Position = firstPosition { KeyOrder.compare($0, bytes) < 0 }
            return (place, entry(at: place, withKey: bytes) != nil)
        }
        guard isThere else { return }
        count -= 1
        chunks[place.chunk].remove(at: place.offset)
        let next: Int = place.chunk + 1
        if chunks[place.chunk].isEmpty {
            chunks.remove(at: place.chunk)
        } else if next < chunks.count, chunks[place.chunk].count + chunks[next].count <= Self.capacity / 2 {
            chunks[place.chunk].append(contentsOf: chunks[next])
            chunks.remove(at: next)
        }
    }

    /// Where the keys with a prefix lie, from the first one after `after` on.
    func range(prefix: String, after: String?) -> Range<Position> {
        prefix.withKeyBytes { prefix in
            var start: Position = firstPosition { KeyOrder.compare($0, prefix) < 0 }
            // Most of what is listed on the way of a write is empty.
            guard let first = entry(at: start), first.key.withKeyBytes({ KeyOrder.starts($0, with: prefix) }) else { return start..<start }
            let end: Position = firstPosition { KeyOrder.compare($0, prefix) < 0 || KeyOrder.starts($0, with: prefix) }
            if let after {
                let next: Position = after.withKeyBytes { after in firstPosition { KeyOrder.compare($0, after) <= 0 } }
                start = min(max(start, next), end)
            }
            return start..<end
        }
    }

    /// How many entries lie in a range: a walk over its chunks, not its entries.
    func count(in range: Range<Position>) -> Int {
        let (start, end): (Position, Position) = (range.lowerBound, range.upperBound)
        guard start.chunk < end.chunk else { return end.offset - start.offset }
        var total: Int = chunks[start.chunk].count - start.offset
        for chunk in (start.chunk + 1)..<end.chunk { total += chunks[chunk].count }
        return total + end.offset
    }

    /// The first entries of a range, at most `limit`.
    func prefix(of range: Range<Position>, limit: Int) -> [Entry] {
        var found: [Entry] = []
        found.reserveCapacity(min(limit, count(in: range)))
        var place: Position = range.lowerBound
        while place < range.upperBound, found.count < limit {
            let chunk: ContiguousArray<Entry> = chunks[place.chunk]
            let end: Int = place.chunk == range.upperBound.chunk ? range.upperBound.offset : chunk.count
            found.append(contentsOf: chunk[place.offset..<place.offset + min(end - place.offset, limit - found.count)])
            place = Position(chunk: place.chunk + 1, offset: 0)
        }
        return found
    }

    /// Where an entry lies; the end is one chunk past the last.
    struct Position: Comparable {
        var chunk: Int
        var offset: Int

        static func < (a: Position, b: Position) -> Bool {
            a.chunk == b.chunk ? a.offset < b.offset : a.chunk < b.chunk
        }
    }

    /// The first entry whose key is not before; `isBefore` holds for all keys up to some place and for none after it.
    private func firstPosition(_ isBefore: (UnsafeBufferPointer<UInt8>) -> Bool) -> Position {
        chunks.withUnsafeBufferPointer { chunks in
            let chunk: Int = Self.first(in: 0..<chunks.count) { chunks[$0][chunks[$0].count - 1].key.withKeyBytes(isBefore) }
            guard chunk < chunks.count else { return Position(chunk: chunk, offset: 0) }
            return chunks[chunk].withUnsafeBufferPointer { entries in
                // The last entry is not before.
                Position(chunk: chunk, offset: Self.first(in: 0..<entries.count - 1) { entries[$0].key.withKeyBytes(isBefore) })
            }
        }
    }

    /// The first place that is not before, by halving.
    @inline(__always)
    private static func first(in places: Range<Int>, _ isBefore: (Int) -> Bool) -> Int {
        var (low, high): (Int, Int) = (places.lowerBound, places.upperBound)
        while low < high {
            let middle: Int = (low + high) / 2
            if isBefore(middle) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// nil at the end.
    private func entry(at place: Position) -> Entry? { place.chunk < chunks.count ? chunks[place.chunk][place.offset] : nil }

    private func entry(at place: Position, withKey key: UnsafeBufferPointer<UInt8>) -> Entry? {
        guard let entry = entry(at: place), entry.key.withKeyBytes({ KeyOrder.compare($0, key) == 0 }) else { return nil }
        return entry
    }

    private mutating func insert(_ entry: Entry, at place: Position) {
        count += 1
        guard place.chunk < chunks.count else { return append(entry) }
        chunks[place.chunk].insert(entry, at: place.offset)
        guard chunks[place.chunk].count > Self.capacity else { return }
        let half: Int = chunks[place.chunk].count / 2
        chunks.insert(ContiguousArray(chunks[place.chunk][half...]), at: place.chunk + 1)
        chunks[place.chunk].removeSubrange(half...)
    }

    /// Adds after the last key; a full last chunk stays full, so that keys that come in order fill the chunks.
    private mutating func append(_ entry: Entry) {
        if let last: Int = chunks.indices.last, chunks[last].count < Self.capacity {
            chunks[last].append(entry)
        } else {
            chunks.append([entry])
        }
    }
}
