import Testing

@testable import Sandbox

/// What is said to systemd.
@Suite struct OwnScopeTests {
    /// Source: the D-Bus specification, "Marshaling (Wire Format)".
    @Test func `values have the alignment and the lengths of D-Bus`() {
        var writer = BusWriter()
        writer.string("foo")
        writer.array(alignment: 8) { $0.property("a", "b") { $0.number(1) } }
        writer.array(alignment: 8) { _ in }
        #expect(
            writer.bytes == [
                3, 0, 0, 0, 102, 111, 111, 0,  // a text
                16, 0, 0, 0, 0, 0, 0, 0,  // an array of 16 bytes, whose first element is aligned
                1, 0, 0, 0, 97, 0, 1, 98, 0, 0, 0, 0, 1, 0, 0, 0,  // a name and a variant
                0, 0, 0, 0, 0, 0, 0, 0,  // an array of nothing
            ])
    }
}
