/// The fields of an object type as the encoder looks them up: by the bytes of their JSON names.
final class ProtobufPlan: Sendable {
    struct Slot: Sendable {
        let name: [UInt8]
        let number: Int
        /// Numbers of the messages that protobuf nests and JSON does not, outermost first.
        let outers: [Int]
        let type: TypeSchema
    }

    private let slots: [Slot]
    /// Open addressing: an index into `slots` or -1; a power of two, at most half full.
    private let table: [Int16]

    init(_ fields: [FieldSchema]) {
        slots = fields.filter { $0.number > 0 }.map {
            Slot(name: Array($0.name.utf8), number: $0.number & 0xFFFF, outers: Self.outers($0.number >> 16), type: $0.type)
        }
        var size: Int = 2
        while size < slots.count * 2 { size *= 2 }
        var table: [Int16] = Array(repeating: -1, count: size)
        for (index, slot) in slots.enumerated() {
            var at: Int = slot.name.withUnsafeBufferPointer { Self.hash($0) } & (size - 1)
            while table[at] >= 0 { at = (at + 1) & (size - 1) }
            table[at] = Int16(index)
        }
        self.table = table
    }

    /// The field of a name; nil for one that protobuf does not have.
    func slot(_ name: UnsafeBufferPointer<UInt8>) -> Int? {
        var at: Int = Self.hash(name) & (table.count - 1)
        while table[at] >= 0 {
            let index = Int(table[at])
            if slots[index].name.elementsEqual(name) { return index }
            at = (at + 1) & (table.count - 1)
        }
        return nil
    }

    subscript(index: Int) -> Slot { slots[index] }

    private static func outers(_ number: Int) -> [Int] { number == 0 ? [] : outers(number >> 16) + [number & 0xFFFF] }

    private static func hash(_ name: UnsafeBufferPointer<UInt8>) -> Int {
        guard !name.isEmpty else { return 0 }
        let mixed: Int = (Int(name[0]) &* 31 &+ Int(name[name.count / 2])) &* 31 &+ Int(name[name.count - 1]) &+ name.count &* 7
        return mixed ^ mixed >> 6
    }
}
