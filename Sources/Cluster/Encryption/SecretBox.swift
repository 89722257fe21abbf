import Crypto

/// XSalsa20 and Poly1305, as NaCl's `secretbox`: 24 bytes of nonce, then 16 of the tag, then the cipher text. Keys have 32 bytes.
///
/// The library of ciphers has none of the two. No step depends on the key or on the text but for its length.
/// Source: "Cryptography in NaCl" and "Extending the Salsa20 nonce", D. J. Bernstein; golang.org/x/crypto/nacl/secretbox.
enum SecretBox {
    static let nonceSize = 24
    private static let tagSize = 16

    static func seal(_ text: [UInt8], using key: SymmetricKey, nonce: [UInt8] = random(nonceSize)) -> [UInt8] {
        var stream = Salsa20(key.bytes, nonce)
        let authenticator: [UInt8] = Array(stream.next(32))
        let cipher: [UInt8] = zip(text, stream.next(text.count)).map { $0 ^ $1 }
        return nonce + Poly1305.tag(cipher[...], key: authenticator) + cipher
    }

    /// nil for what this key did not seal, or what was changed since.
    static func open(_ box: ArraySlice<UInt8>, using key: SymmetricKey) -> [UInt8]? {
        guard box.count >= nonceSize + tagSize else { return nil }
        var stream = Salsa20(key.bytes, Array(box.prefix(nonceSize)))
        let cipher: ArraySlice<UInt8> = box.dropFirst(nonceSize + tagSize)
        let tag: [UInt8] = Poly1305.tag(cipher, key: Array(stream.next(32)))
        guard zip(tag, box.dropFirst(nonceSize)).reduce(UInt8(0), { $0 | ($1.0 ^ $1.1) }) == 0 else { return nil }
        return zip(cipher, stream.next(cipher.count)).map { $0 ^ $1 }
    }

    static func random(_ count: Int) -> [UInt8] { SymmetricKey(size: SymmetricKeySize(bitCount: count * 8)).bytes }
}

/// The stream of XSalsa20.
private struct Salsa20 {
    private static let constants: [UInt32] = [0x6170_7865, 0x3320_646E, 0x7962_2D32, 0x6B20_6574]

    private var input: [UInt32]
    /// What was made and not yet taken.
    private var left: ArraySlice<UInt8> = []

    init(_ key: [UInt8], _ nonce: [UInt8]) {
        let long: [UInt32] = Self.mixed(Self.state(Self.words(key), Self.words(nonce.prefix(16))))
        let words: [UInt32] = [0, 5, 10, 15, 6, 7, 8, 9].map { long[$0] }
        input = Self.state(words, Self.words(nonce.suffix(8)) + [0, 0])
    }

    mutating func next(_ count: Int) -> ArraySlice<UInt8> {
        while left.count < count {
            let mixed: [UInt32] = Self.mixed(input)
            for index in 0..<16 {
                withUnsafeBytes(of: (mixed[index] &+ input[index]).littleEndian) { left.append(contentsOf: $0) }
            }
            input[8] &+= 1
            if input[8] == 0 { input[9] &+= 1 }
        }
        defer { left.removeFirst(count) }
        return left.prefix(count)
    }

    private static func words(_ bytes: some Collection<UInt8>) -> [UInt32] {
        let bytes: [UInt8] = Array(bytes)
        return stride(from: 0, to: bytes.count, by: 4).map { at in
            (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << UInt32(8 * $1) }
        }
    }

    private static func state(_ key: [UInt32], _ middle: [UInt32]) -> [UInt32] {
        let c: [UInt32] = constants
        return [c[0]] + key[0..<4] + [c[1]] + middle + [c[2]] + key[4..<8] + [c[3]]
    }

    /// Twenty rounds.
    private static func mixed(_ input: [UInt32]) -> [UInt32] {
        var x: [UInt32] = input
        func quarter(_ a: Int, _ b: Int, _ c: Int, _ d: Int) {
            x[b] ^= rotated(x[a] &+ x[d], 7)
            x[c] ^= rotated(x[b] &+ x[a], 9)
            x[d] ^= rotated(x[c] &+ x[b], 13)
            x[a] ^= rotated(x[d] &+ x[c], 18)
        }
        for _ in 0..<10 {
            quarter(0, 4, 8, 12)
            quarter(5, 9, 13, 1)
            quarter(10, 14, 2, 6)
            quarter(15, 3, 7, 11)
            quarter(0, 1, 2, 3)
            quarter(5, 6, 7, 4)
            quarter(10, 11, 8, 9)
            quarter(15, 12, 13, 14)
        }
        return x
    }

    private static func rotated(_ word: UInt32, _ by: UInt32) -> UInt32 { word << by | word >> (32 - by) }
}

/// A tag of 16 bytes over a text, for a key of 32 bytes that is used once. Source: RFC 8439, 2.5.
private enum Poly1305 {
    static func tag(_ text: ArraySlice<UInt8>, key: [UInt8]) -> [UInt8] {
        let r: (UInt64, UInt64) = (word(key[0..<8]) & 0x0FFF_FFFC_0FFF_FFFF, word(key[8..<16]) & 0x0FFF_FFFC_0FFF_FFFC)
        // The sum so far, less than twice the prime 2^130 - 5.
        var h: (UInt64, UInt64, UInt64) = (0, 0, 0)
        var rest: ArraySlice<UInt8> = text
        while !rest.isEmpty {
            let block: [UInt8] = rest.prefix(16) + [1] + Array(repeating: 0, count: 16 - min(rest.count, 16))
            rest = rest.dropFirst(16)
            add(&h, (word(block[0..<8]), word(block[8..<16]), UInt64(block[16])))
            multiply(&h, r)
        }
        // Less the prime, where that leaves something.
        var less: (UInt64, UInt64, UInt64) = h
        add(&less, (5, 0, 0))
        let mask: UInt64 = 0 &- (less.2 >> 2 & 1)
        h = (h.0 & ~mask | less.0 & mask, h.1 & ~mask | less.1 & mask, 0)
        add(&h, (word(key[16..<24]), word(key[24..<32]), 0))
        return [h.0, h.1].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
    }

    private static func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func add(_ h: inout (UInt64, UInt64, UInt64), _ more: (UInt64, UInt64, UInt64)) {
        let low: UInt128 = UInt128(h.0) + UInt128(more.0)
        let middle: UInt128 = UInt128(h.1) + UInt128(more.1) + low >> 64
        h = (UInt64(truncatingIfNeeded: low), UInt64(truncatingIfNeeded: middle), h.2 &+ more.2 &+ UInt64(middle >> 64))
    }

    private static func multiply(_ h: inout (UInt64, UInt64, UInt64), _ r: (UInt64, UInt64)) {
        let first: UInt128 = UInt128(h.0) * UInt128(r.0)
        let second: UInt128 = UInt128(h.1) * UInt128(r.0) + UInt128(h.0) * UInt128(r.1) + first >> 64
        let third: UInt128 = UInt128(h.2) * UInt128(r.0) + UInt128(h.1) * UInt128(r.1) + second >> 64
        let fourth = UInt64(truncatingIfNeeded: UInt128(h.2) * UInt128(r.1) + third >> 64)
        let top = UInt64(truncatingIfNeeded: third)
        h = (UInt64(truncatingIfNeeded: first), UInt64(truncatingIfNeeded: second), top & 3)
        // What stands above 2^130 counts five times: four times where it is, once moved down.
        add(&h, (top & ~3, fourth, 0))
        add(&h, (top >> 2 | fourth << 62, fourth >> 2, 0))
    }
}
