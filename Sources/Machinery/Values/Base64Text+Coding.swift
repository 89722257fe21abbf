/// Source: RFC 4648, section 4: `A-Z a-z 0-9 + /` and padding.
extension Base64Text {
    private static let alphabet: [UInt8] = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static let values: [UInt8] = {
        var values: [UInt8] = Array(repeating: 0xFF, count: 256)
        for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }()

    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var word: UInt32 = 0
        var held: Int = 0
        for byte in bytes {
            word = word << 8 | UInt32(byte)
            held += 1
            guard held == 3 else { continue }
            for shift in [18, 12, 6, 0] as [UInt32] { text.append(alphabet[Int(word >> shift & 63)]) }
            word = 0
            held = 0
        }
        if held == 1 {
            text += [alphabet[Int(word >> 2)], alphabet[Int(word << 4 & 63)], UInt8(ascii: "="), UInt8(ascii: "=")]
        } else if held == 2 {
            text += [alphabet[Int(word >> 10)], alphabet[Int(word >> 4 & 63)], alphabet[Int(word << 2 & 63)], UInt8(ascii: "=")]
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// nil when the text is not valid with its padding. Line breaks are passed over, as Go does.
    public static func decode(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 4 * 3)
        var word: UInt32 = 0
        var held: Int = 0
        var padding: Int = 0
        for byte in text.utf8 where byte != 0x0A && byte != 0x0D {
            if byte == UInt8(ascii: "=") {
                padding += 1
                continue
            }
            guard padding == 0, values[Int(byte)] != 0xFF else { return nil }
            word = word << 6 | UInt32(values[Int(byte)])
            held += 1
            guard held == 4 else { continue }
            for shift in [16, 8, 0] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
            word = 0
            held = 0
        }
        switch (held, padding) {
        case (0, 0): break
        case (2, 2): bytes.append(UInt8(truncatingIfNeeded: word >> 4))
        case (3, 1): bytes += [UInt8(truncatingIfNeeded: word >> 10), UInt8(truncatingIfNeeded: word >> 2)]
        default: return nil
        }
        return bytes
    }
}
