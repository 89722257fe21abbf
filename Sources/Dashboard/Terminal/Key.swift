/// One key as a person pressed it.
package enum Key: Sendable, Hashable {
    /// A letter, digit or sign, with shift as it is typed: `N` is shift-n.
    case character(Character)
    /// A small letter with ctrl held.
    case control(Character)
    case enter, escape, tab, backTab, backspace, delete
    case up, down, left, right, pageUp, pageDown, home, end
}

/// Makes keys of the bytes that a terminal sends.
///
/// An escape alone cannot be told from the beginning of a sequence: ``isWaiting`` says so, and ``settle()`` decides when nothing followed.
/// Source: xterm's control sequences.
package struct KeyDecoder: Sendable {
    private var pending: [UInt8] = []

    package init() {}

    /// Whether bytes are held back that more bytes may belong to.
    package var isWaiting: Bool { !pending.isEmpty }

    package mutating func take(_ bytes: [UInt8]) -> [Key] {
        pending += bytes
        var keys: [Key] = []
        while let (key, count) = next() {
            pending.removeFirst(count)
            if let key { keys.append(key) }
        }
        return keys
    }

    /// Nothing more came: what is held back is a key of its own.
    package mutating func settle() -> [Key] {
        defer { pending = [] }
        guard pending.first == 0x1B else { return [] }
        return [.escape]
    }

    /// The first key and its length in bytes, a nil key for what means none; nil while it is not whole.
    private func next() -> (key: Key?, count: Int)? {
        guard let first = pending.first else { return nil }
        switch first {
        case 0x1B: return sequence()
        case 0x0D, 0x0A: return (.enter, 1)
        case 0x09: return (.tab, 1)
        case 0x7F, 0x08: return (.backspace, 1)
        case 0x00: return (nil, 1)
        case 0x01...0x1A: return (.control(Character(Unicode.Scalar(first + 0x60))), 1)
        case 0x1C: return (.control("\\"), 1)
        case 0x1D...0x1F: return (nil, 1)
        default: return character(first)
        }
    }

    private func character(_ first: UInt8) -> (key: Key?, count: Int)? {
        let length: Int = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1
        guard pending.count >= length else { return nil }
        let text = String(decoding: pending[..<length], as: UTF8.self)
        guard let character = text.first, character != "\u{FFFD}" else { return (nil, 1) }
        return (.character(character), length)
    }

    private func sequence() -> (key: Key?, count: Int)? {
        guard pending.count > 1 else { return nil }
        switch pending[1] {
        case UInt8(ascii: "["):
            guard let end = pending.dropFirst(2).firstIndex(where: { (0x40...0x7E).contains($0) }) else {
                // No terminal sends sequences as long as this.
                return pending.count > 32 ? (nil, pending.count) : nil
            }
            return (Self.key(pending[end], Array(pending[2..<end])), end + 1)
        case UInt8(ascii: "O"):
            guard pending.count > 2 else { return nil }
            return (Self.key(pending[2], []), 3)
        // Twice escape, or alt with a key: the escape counts, and the key after it.
        default: return (.escape, 1)
        }
    }

    private static func key(_ last: UInt8, _ parameters: [UInt8]) -> Key? {
        switch Character(Unicode.Scalar(last)) {
        case "A": return .up
        case "B": return .down
        case "C": return .right
        case "D": return .left
        case "H": return .home
        case "F": return .end
        case "Z": return .backTab
        case "~":
            switch Int(String(decoding: parameters.prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self)) {
            case 1, 7: return .home
            case 3: return .delete
            case 4, 8: return .end
            case 5: return .pageUp
            case 6: return .pageDown
            default: return nil
            }
        default: return nil
        }
    }
}
