/// Deadlines with the earliest first; equal ones in the order of their ids. A binary heap.
struct DeadlineHeap {
    struct Entry {
        let deadline: Int64
        let id: UInt64

        static func < (one: Entry, other: Entry) -> Bool {
            one.deadline != other.deadline ? one.deadline < other.deadline : one.id < other.id
        }
    }

    /// No entry is less than the one at half its index.
    private var entries: [Entry] = []

    var first: Entry? { entries.first }
    var count: Int { entries.count }

    mutating func insert(_ entry: Entry) {
        entries.append(entry)
        rise(entries.count - 1)
    }

    mutating func removeFirst() {
        guard let last = entries.popLast(), !entries.isEmpty else { return }
        entries[0] = last
        sink(0)
    }

    mutating func keep(where isWanted: (Entry) -> Bool) {
        entries = entries.filter(isWanted)
        for index in stride(from: entries.count / 2 - 1, through: 0, by: -1) { sink(index) }
    }

    private mutating func rise(_ start: Int) {
        var index: Int = start
        while index > 0, entries[index] < entries[(index - 1) / 2] {
            entries.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func sink(_ start: Int) {
        var index: Int = start
        while true {
            var least: Int = index
            for child in [2 * index + 1, 2 * index + 2] where child < entries.count && entries[child] < entries[least] {
                least = child
            }
            guard least != index else { return }
            entries.swapAt(index, least)
            index = least
        }
    }
}
