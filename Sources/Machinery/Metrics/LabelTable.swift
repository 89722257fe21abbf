/// Finds what belongs to a set of label values without a lock: a hash table of fixed size whose places are filled once and never change.
///
/// When it is full, further keys share one value, so that clients that invent labels cannot fill the memory.
///
/// Invariant: `places` is memory of this object alone and its elements are atomic, which is what makes the class `Sendable`.
package final class LabelTable<Key: Hashable & Sendable, Value: AnyObject & Sendable>: @unchecked Sendable {
    private final class Item: Sendable {
        let key: Key
        let value: Value

        init(_ key: Key, _ value: Value) {
            self.key = key
            self.value = value
        }
    }

    private let places: UnsafeMutableBufferPointer<OnceReference<Item>>
    /// Of the places, those from the one of a key's hash on that may hold it.
    private static var reach: Int { 32 }
    private let make: @Sendable (Key) -> Value
    private let overflow: Value

    /// - Parameters:
    ///   - capacity: a power of two.
    ///   - overflow: for keys that find no place.
    package init(capacity: Int, overflow: Value, make: @escaping @Sendable (Key) -> Value) {
        precondition(capacity & (capacity - 1) == 0)
        places = .allocate(capacity: capacity)
        for i in 0..<capacity { places.initializeElement(at: i, to: OnceReference()) }
        self.overflow = overflow
        self.make = make
    }

    deinit {
        places.deinitialize()
        places.deallocate()
    }

    package subscript(key: Key) -> Value {
        var place: Int = key.hashValue & (places.count - 1)
        for _ in 0..<Self.reach {
            // Of threads that come with a new key at one moment one puts it here and all find that one.
            let item: Item = places[place].load() ?? places[place].storeIfNil(Item(key, make(key)))
            if item.key == key { return item.value }
            place = (place + 1) & (places.count - 1)
        }
        return overflow
    }

    /// What is there now.
    package var all: [(key: Key, value: Value)] {
        (0..<places.count).compactMap { places[$0].load().map { ($0.key, $0.value) } }
    }
}
