/// A stretch of entries in the order of their keys.
///
/// Beside each entry stand eight bytes of its key, so that a search reads a few lines of memory in a row instead of an entry and a key a step.
///
/// Invariants: keys rise strictly; all keys begin with the same `shared` bytes; `heads` has for each entry the eight bytes that follow
/// them, the first one highest, zeroes where the key ends: they rise, but need not differ.
struct EntryChunk {
    private(set) var entries: ContiguousArray<Entry>
    /// Of the last entry: a search through chunks reads no more of them.
    private(set) var lastKey = ""
    private var heads: ContiguousArray<UInt64> = []
    private var shared = 0

    /// - Parameter entries: in the order of their keys, at least one.
    init(_ entries: ContiguousArray<Entry>) {
        self.entries = entries
        makeHeads()
    }

    var count: Int { entries.count }

    /// The place of the first entry whose key is not before these bytes.
    func place(of key: UnsafeBufferPointer<UInt8>) -> Int {
        // The first bytes of all keys are those of any of them.
        let order: Int = entries[0].key.withKeyBytes { first in
            KeyOrder.compare(UnsafeBufferPointer(rebasing: first[..<shared]), UnsafeBufferPointer(rebasing: key[..<min(shared, key.count)]))
        }
        guard order == 0 else { return order < 0 ? count : 0 }
        let head: UInt64 = Self.head(of: key, from: shared)
        return heads.withUnsafeBufferPointer { heads in
            let start: Int = firstPlace(in: 0..<heads.count) { heads[$0] < head }
            guard start < heads.count, heads[start] == head else { return start }
            let end: Int = firstPlace(in: start..<heads.count) { heads[$0] == head }
            return firstPlace(in: start..<end) { place in entries[place].key.withKeyBytes { KeyOrder.compare($0, key) < 0 } }
        }
    }

    mutating func replace(at place: Int, with entry: Entry) { entries[place] = entry }

    mutating func insert(_ entry: Entry, at place: Int) {
        entries.insert(entry, at: place)
        // Between the first and the last key are only keys that begin as both do.
        let isInside: Bool = place > 0 && place < count - 1
        if place == count - 1 { lastKey = entry.key }
        guard isInside || Self.common(entries[0].key, lastKey) >= shared else { return makeHeads() }
        heads.insert(entry.key.withKeyBytes { Self.head(of: $0, from: shared) }, at: place)
    }

    /// Of more than one.
    mutating func remove(at place: Int) {
        entries.remove(at: place)
        heads.remove(at: place)
        if place == count { lastKey = entries[place - 1].key }
    }

    /// Adds the entries of the chunk that follows.
    mutating func append(_ next: EntryChunk) {
        entries.append(contentsOf: next.entries)
        makeHeads()
    }

    /// Keeps the first half. Returns the second.
    mutating func split() -> EntryChunk {
        let half: Int = count / 2
        let rest = EntryChunk(ContiguousArray(entries[half...]))
        entries.removeSubrange(half...)
        makeHeads()
        return rest
    }

    private mutating func makeHeads() {
        lastKey = entries[count - 1].key
        shared = Self.common(entries[0].key, lastKey)
        let shared: Int = shared
        heads = ContiguousArray(entries.map { $0.key.withKeyBytes { Self.head(of: $0, from: shared) } })
    }

    /// How many bytes two keys begin with alike.
    private static func common(_ one: String, _ other: String) -> Int {
        one.withKeyBytes { one in
            other.withKeyBytes { other in
                let most: Int = min(one.count, other.count)
                return (0..<most).first { one[$0] != other[$0] } ?? most
            }
        }
    }

    private static func head(of key: UnsafeBufferPointer<UInt8>, from start: Int) -> UInt64 {
        var head: UInt64 = 0
        for place in start..<start + 8 { head = head << 8 | UInt64(place < key.count ? key[place] : 0) }
        return head
    }
}

/// The first place that is not before, by halving; `isBefore` holds for all places up to some one and for none after it.
@inline(__always)
func firstPlace(in places: Range<Int>, _ isBefore: (Int) -> Bool) -> Int {
    var (low, high): (Int, Int) = (places.lowerBound, places.upperBound)
    while low < high {
        let middle: Int = (low + high) / 2
        if isBefore(middle) { low = middle + 1 } else { high = middle }
    }
    return low
}
