import Glibc
import Store
import Synchronization
import Testing

@Suite struct `SQLite store` {
    let place = TemporaryStore()

    @Test func `a second opener is refused and told who has it`() async throws {
        try await place.use { _ in
            #expect(throws: StoreError.inUse(path: place.path, pid: getpid())) { try place.open() }
        }
        try await place.use { store in #expect(store.revision == 1) }
    }

    @Test func `files are for the owner only`() async throws {
        try await place.use { store in
            try await store.put("/a", "1")
            for suffix in ["", "-wal", ".lock"] {
                var status: stat = stat()
                #expect(stat(place.path + suffix, &status) == 0)
                #expect(status.st_mode & 0o777 == 0o600, "\(suffix)")
            }
        }
    }

    @Test func `a folder that is missing is named`() throws {
        #expect(
            throws: StoreError.io(
                path: "/nowhere/s.db.lock", errno: ENOENT, message: "cannot open the lock file: No such file or directory")
        ) { try SQLiteStore(path: "/nowhere/s.db") { _, _ in self.place } }
    }

    @Test func `a copy has the state with its revisions and no past, and the original goes on`() async throws {
        try await place.use { store in
            try await store.put("/a", "1")
            try await store.put("/b", "1")
            try await store.put("/a", "2")
            try await store.write(Write(.delete, "/b") { _ in [] })
            let copy: String = place.path + ".copy"
            let revision: Revision = try store.copy(to: copy)
            try await store.put("/a", "3")
            let restored: SQLiteStore = try SQLiteStore(path: copy) { _, _ in self.place }
            defer {
                restored.close()
                for suffix in ["", "-wal", ".lock"] { unlink(copy + suffix) }
            }
            #expect(revision == 5 && restored.revision == 5 && restored.compacted == 5)
            #expect(restored.get("/a").map { ($0.revision, $0.created) == (4, 2) } == true && restored.count(prefix: "") == 1)
            #expect(try await restored.put("/c", "1").revision == 6)
        }
    }

    @Test func `history is bounded by number, oldest first`() async throws {
        let store: SQLiteStore = try place.open(Retention(events: 128))
        for number in 0..<1000 { try await store.put("/\(number % 10)", "x") }
        let kept: Int = try store.events(prefix: "", after: store.compacted, limit: 10_000).events.count
        #expect((128...131).contains(kept))
        #expect(store.count(prefix: "") == 10)
        store.close()
    }

    @Test func `history is bounded by size`() async throws {
        let store: SQLiteStore = try place.open(Retention(bytes: 100_000))
        let value: String = String(repeating: "x", count: 2000)
        for _ in 0..<300 { try await store.put("/a", value) }
        let kept: Int = try store.events(prefix: "", after: store.compacted, limit: 10_000).events.count
        #expect((40...50).contains(kept))
        store.close()
        let again: SQLiteStore = try place.open()
        #expect(again.revision == 301)
        #expect(again.get("/a")?.created == 2)
        again.close()
    }

    @Test func `one fsync serves the writers that wait together`() async throws {
        try await place.use { store in
            let batches: Batches = Batches()
            let subscription: Subscription = store.subscribe { _ in batches.count.add(1, ordering: .relaxed) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<500 { group.addTask { try await store.put("/\(writer)", "x") } }
                try await group.waitForAll()
            }
            subscription.cancel()
            #expect(batches.count.load(ordering: .relaxed) < 250)
        }
    }

    @Test func `patient writes go to the disk together, when one of them departs or with one that does not wait`() async throws {
        try await place.use { store in
            let batches: Batches = Batches()
            let subscription: Subscription = store.subscribe { _ in batches.count.add(1, ordering: .relaxed) }
            for last: Write in [Write(.put, "/last") { _ in [2] }, patient("/last", departs: { $0() })] {
                let before: Int = batches.count.load(ordering: .relaxed)
                let departures = Mutex<[@Sendable () -> Void]>([])
                let (done, continuation) = AsyncStream<Result<Entry, StoreError>>.makeStream()
                for number in 0..<20 {
                    let write: Write = patient("/\(number)", departs: { depart in departures.withLock { $0.append(depart) } })
                    store.write(write) { continuation.yield($0) }
                }
                #expect(departures.withLock { $0.count } == 20)
                store.write(last) { continuation.yield($0) }
                var results: AsyncStream<Result<Entry, StoreError>>.Iterator = done.makeAsyncIterator()
                for _ in 0...20 { _ = try await results.next()?.get() }
                #expect(batches.count.load(ordering: .relaxed) == before + 1)
                // Those that come too late find nothing to do.
                for depart in departures.withLock({ $0 }) { depart() }
            }
            subscription.cancel()
        }
    }

    private func patient(_ key: String, departs: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void) -> Write {
        var write = Write(.put, key) { _ in [1] }
        write.departs = departs
        return write
    }
}

private final class Batches: Sendable {
    let count = Atomic<Int>(0)
}
