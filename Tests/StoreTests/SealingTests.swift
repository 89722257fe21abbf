import Synchronization
import TestSupport
import Testing

@testable import Store

/// What stands on the disk is another thing than what readers see.
struct SealingTests {
    /// Adds a number to each byte behind a mark; a cipher for tests.
    private struct Shift: Sealing {
        let by: UInt8
        var known: [UInt8] = []

        func refusal(of key: String) -> SealingFailure? { nil }

        func seal(_ value: [UInt8], key: String) -> [UInt8]? { [0, by] + value.map { $0 &+ by } }

        func open(_ stored: [UInt8], key: String) throws(SealingFailure) -> (value: [UInt8], isStale: Bool) {
            guard stored.first == 0, stored.count > 1 else { return (stored, true) }
            guard stored[1] == by || known.contains(stored[1]) else { throw SealingFailure("nobody knows \(stored[1])") }
            return (stored.dropFirst(2).map { $0 &- stored[1] }, stored[1] != by)
        }
    }

    /// The same with a key that is exchanged while the store is open, and taken away.
    private final class Exchange: Sealing {
        let shift = Mutex(Shift(by: 3))
        let isAway = Mutex(false)

        func refusal(of key: String) -> SealingFailure? { isAway.withLock { $0 } ? SealingFailure("the key is away") : nil }

        func seal(_ value: [UInt8], key: String) -> [UInt8]? { shift.withLock { $0 }.seal(value, key: key) }

        func open(_ stored: [UInt8], key: String) throws(SealingFailure) -> (value: [UInt8], isStale: Bool) {
            try shift.withLock { $0 }.open(stored, key: key)
        }
    }

    private func open(_ path: String, _ sealing: (any Sealing)?) throws(StoreError) -> SQLiteStore {
        try SQLiteStore(path: path, sealing: sealing) { IndexProbe(key: $0, value: $1) }
    }

    private func isOnDisk(_ text: String, _ folder: TemporaryFolder) throws -> Bool {
        try folder.names.contains { name in try folder.read(name).contains(text) }
    }

    @Test func `values are sealed, read back, and sealed anew with another key`() async throws {
        let folder = try TemporaryFolder("sealing")
        let path: String = folder.file("s.db")
        let plain: SQLiteStore = try open(path, nil)
        try await plain.put("a", "something open")
        plain.close()
        #expect(try isOnDisk("something open", folder))

        let first: SQLiteStore = try open(path, Shift(by: 3))
        #expect(first.get("a")?.value == Array("something open".utf8))
        try await first.put("b", "another secret")
        first.close()
        #expect(try !isOnDisk("something open", folder))
        #expect(try !isOnDisk("another secret", folder))

        let second: SQLiteStore = try open(path, Shift(by: 5, known: [3]))
        #expect(second.get("b")?.value == Array("another secret".utf8))
        second.close()
        let third: SQLiteStore = try open(path, Shift(by: 5))
        #expect(third.get("a")?.value == Array("something open".utf8))
        third.close()
    }

    @Test func `a key is exchanged while the store is open, and what must not be written as it is is refused`() async throws {
        let folder = try TemporaryFolder("sealing")
        let path: String = folder.file("s.db")
        let exchange = Exchange()
        let store: SQLiteStore = try open(path, exchange)
        try await store.put("a", "one")
        try await store.put("b", "two")
        exchange.shift.withLock { $0 = Shift(by: 5, known: [3]) }
        #expect(try await store.reseal() == 2)
        #expect(try await store.reseal() == 0)
        exchange.isAway.withLock { $0 = true }
        await #expect(throws: StoreError.unsealed(key: "c", reason: "the key is away")) { try await store.put("c", "three") }
        store.close()
        let again: SQLiteStore = try open(path, Shift(by: 5))
        #expect(again.get("a")?.value == Array("one".utf8))
        again.close()
    }

    @Test func `what no key opens is said with its name, and left as it is`() async throws {
        let folder = try TemporaryFolder("sealing")
        let path: String = folder.file("s.db")
        let store: SQLiteStore = try open(path, Shift(by: 3))
        try await store.put("a", "x")
        store.close()
        #expect(throws: StoreError.corrupt(path: path, detail: "a, revision 2: nobody knows 3")) { try open(path, Shift(by: 5)) }
        let again: SQLiteStore = try open(path, Shift(by: 3))
        #expect(again.get("a")?.value == Array("x".utf8))
        again.close()
    }
}
