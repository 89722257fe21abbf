/// Entries in the order of their keys: an array cut into chunks, so that an insertion moves one chunk and not everything.
///
/// A value: a copy costs one reference and stays as it is while the original changes, which is how a reader walks a consistent state
/// without holding a lock. The writer then copies the list of chunks and the chunk that it touches.
///
/// Invariants: keys rise strictly; no chunk is empty or larger than `capacity`; `count` is the sum over the chunks.
struct SortedEntries {
    private static let capacity = 256

    private var chunks: [EntryChunk] = []
    private(set) var count = 0

    init() {}

    /// - Parameter entries: in the order of their keys, each key once.
    init(sorted entries: [Entry]) {
        var start: Int = 0
        while start < entries.count {
            let end: Int = min(start + Self.capacity, entries.count)
            chunks.append(EntryChunk(ContiguousArray(entries[start..<end])))
            start = end
        }
        count = entries.count
    }

    subscript(key: String) -> Entry? {
        key.withKeyBytes { bytes in
            let place: Position = position(of: bytes)
            return entry(at: place, withKey: bytes)
        }
    }

    /// Puts an entry in the place of its key, in place of the one that was there.
    mutating func set(_ entry: Entry) {
        let (place, isThere): (Position, Bool) = entry.key.withKeyBytes { bytes in
            let place: Position = position(of: bytes)
            return (place, self.entry(at: place, withKey: bytes) != nil)
        }
        if isThere {
            chunks[place.chunk].replace(at: place.offset, with: entry)
        } else {
            insert(entry, at: place)
        }
    }

    mutating func remove(_ key: String) {
        let (place, isThere): (Position, Bool) = key.withKeyBytes { bytes in
            let place: Position = position(of: bytes)
            return (place, entry(at: place, withKey: bytes) != nil)
        }
        guard isThere else { return }
        count -= 1
        let next: Int = place.chunk + 1
        if chunks[place.chunk].count == 1 {
            chunks.remove(at: place.chunk)
            return
        }
        chunks[place.chunk].remove(at: place.offset)
        if next < chunks.count, chunks[place.chunk].count + chunks[next].count <= Self.capacity / 2 {
            chunks[place.chunk].append(chunks[next])
            chunks.remove(at: next)
        }
    }

    /// Where the keys with a prefix lie, from the first one after `after` on.
    func range(prefix: String, after: String?) -> Range<Position> {
        prefix.withKeyBytes { prefix in
            var start: Position = position(of: prefix)
            // Most of what is listed on the way of a write is empty.
            guard let first = entry(at: start), first.key.withKeyBytes({ KeyOrder.starts($0, with: prefix) }) else { return start..<start }
            // No key holds the byte 255, and none is between a key and the same key with a zero.
            let end: Position = position(of: prefix, followedBy: 255)
            if let after {
                let next: Position = after.withKeyBytes { position(of: $0, followedBy: 0) }
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
            let chunk: ContiguousArray<Entry> = chunks[place.chunk].entries
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

    /// Of the first entry whose key is not before these bytes.
    private func position(of key: UnsafeBufferPointer<UInt8>) -> Position {
        chunks.withUnsafeBufferPointer { chunks in
            let chunk: Int = firstPlace(in: 0..<chunks.count) { chunks[$0].lastKey.withKeyBytes { KeyOrder.compare($0, key) < 0 } }
            guard chunk < chunks.count else { return Position(chunk: chunk, offset: 0) }
            return Position(chunk: chunk, offset: chunks[chunk].place(of: key))
        }
    }

    private func position(of key: UnsafeBufferPointer<UInt8>, followedBy last: UInt8) -> Position {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: key.count + 1) { bytes in
            _ = bytes.initialize(from: key)
            bytes[key.count] = last
            return position(of: UnsafeBufferPointer(bytes))
        }
    }

    /// nil at the end.
    private func entry(at place: Position) -> Entry? { place.chunk < chunks.count ? chunks[place.chunk].entries[place.offset] : nil }

    private func entry(at place: Position, withKey key: UnsafeBufferPointer<UInt8>) -> Entry? {
        guard let entry = entry(at: place), entry.key.withKeyBytes({ KeyOrder.compare($0, key) == 0 }) else { return nil }
        return entry
    }

    private mutating func insert(_ entry: Entry, at place: Position) {
        count += 1
        guard place.chunk < chunks.count else { return append(entry) }
        chunks[place.chunk].insert(entry, at: place.offset)
        guard chunks[place.chunk].count > Self.capacity else { return }
        let rest: EntryChunk = chunks[place.chunk].split()
        chunks.insert(rest, at: place.chunk + 1)
    }

    /// Adds after the last key; a full last chunk stays full, so that keys that come in order fill the chunks.
    private mutating func append(_ entry: Entry) {
        if let last: Int = chunks.indices.last, chunks[last].count < Self.capacity {
            chunks[last].insert(entry, at: chunks[last].count)
        } else {
            chunks.append(EntryChunk([entry]))
        }
    }
}
