import Dashboard
import Testing

@Suite struct KeyDecoderTests {
    @Test(
        arguments: [
            ("a", [Key.character("a")]), ("N", [.character("N")]), ("\u{03}", [.control("c")]), ("\r", [.enter]), ("\u{7F}", [.backspace]),
            ("\u{1B}[A", [.up]), ("\u{1B}OB", [.down]), ("\u{1B}[5~", [.pageUp]), ("\u{1B}[6;5~", [.pageDown]), ("\u{1B}[H", [.home]),
            ("\u{1B}[4~", [.end]), ("\u{1B}[Z", [.backTab]), ("ä界", [.character("ä"), .character("界")]),
            ("\u{1B}\u{1B}[C", [.escape, .right]), ("\u{1B}[200~x", [.character("x")]),
        ] as [(String, [Key])])
    func `what a terminal sends becomes keys`(text: String, keys: [Key]) {
        var decoder = KeyDecoder()
        let decoded: [Key] = decoder.take(Array(text.utf8))
        #expect(decoded == keys)
        #expect(!decoder.isWaiting)
    }

    @Test func `a sequence may come in pieces, and an escape alone is a key when nothing follows`() {
        var decoder = KeyDecoder()
        var keys: [[Key]] = [decoder.take([0x1B])]
        #expect(decoder.isWaiting)
        for piece in ["[", "B"] { keys.append(decoder.take(Array(piece.utf8))) }
        #expect(keys == [[], [], [.down]])
        keys = [decoder.take([0x1B]), decoder.settle(), decoder.take([0xC3]), decoder.take([0xA4])]
        #expect(keys == [[], [.escape], [], [.character("ä")]])
    }
}
