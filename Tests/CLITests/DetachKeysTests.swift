import Testing

@testable import CLI

@Suite struct DetachKeysTests {
    @Test func `keys that only begin the sequence reach the program, late`() throws {
        var keys = try DetachKeys("ctrl-p,ctrl-q")
        #expect(keys.pass([16]) == ([], false))
        #expect(keys.pass([97]) == ([16, 97], false))
        #expect(keys.pass([98, 16, 16]) == ([98, 16], false))
        #expect(keys.pass([17, 99]) == ([], true))
    }

    @Test(arguments: [("ctrl-@", 0), ("ctrl-[", 27), ("ctrl-_", 31), ("x", 120)]) func `a key has a name`(
        _ name: String, _ byte: Int
    ) throws {
        var keys = try DetachKeys(name)
        #expect(keys.pass([UInt8(byte)]) == ([], true))
    }

    @Test func `another name is refused`() {
        #expect(throws: Failure.self) { try DetachKeys("ctrl-é") }
        #expect(throws: Failure.self) { try DetachKeys("foo") }
    }
}
