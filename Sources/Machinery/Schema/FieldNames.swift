/// Finds the place of a name among the fields of a schema, for each member of each object that is read.
///
/// Open addressing with a hash of a few bytes: names are short and few, and hashing them whole costs more than the comparison that follows.
struct FieldNames: Sendable {
    private let names: [String]
    /// For each hash a place in `names`, counted from 1; 0 is empty. At least half of them are.
    private let slots: [UInt16]

    /// - Parameter names: unique.
    init(_ names: [String]) {
        self.names = names
        var size = 4
        while size < names.count * 4 { size *= 2 }
        var slots = [UInt16](repeating: 0, count: size)
        for (index, name) in names.enumerated() {
            var slot: Int = JSONKeyCache.hash(of: name) & (size - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = UInt16(index + 1)
        }
        self.slots = slots
    }

    func index(of name: String) -> Int? {
        var slot: Int = JSONKeyCache.hash(of: name) & (slots.count - 1)
        while true {
            let place = Int(slots[slot])
            guard place > 0 else { return nil }
            if names[place - 1].isExactly(name) { return place - 1 }
            slot = (slot + 1) & (slots.count - 1)
        }
    }
}
