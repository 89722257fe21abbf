import Synchronization
package import Store

/// What every store does, as cases that an engine's tests run one by one.
///
///     @Test(arguments: StoreConformance.cases) func `conforms`(_ test: StoreConformance) async throws {
///         try await test.run { try SQLiteStore(path: path) { _, value in Facts(value) } }
///     }
package struct StoreConformance: Sendable, CustomStringConvertible {
    /// A sentence.
    package let name: String

    /// Runs the case. `open` opens the same store each time, empty the first time; the case closes it in between.
    /// The store's index must be an ``IndexProbe``. Throws ``ConformanceFailure``.
    package let run: @Sendable (_ open: @Sendable () throws -> any Store) async throws -> Void

    package var description: String { name }

    /// All cases, the simulation included.
    package static var cases: [StoreConformance] { writing + reading + watching + compacting + lasting + simulating }

    /// A case on one store that is open throughout.
    static func on(_ name: String, _ body: @escaping @Sendable (any Store) async throws -> Void) -> StoreConformance {
        StoreConformance(name: name) { open in
            let store: any Store = try open()
            defer { store.close() }
            try await body(store)
        }
    }
}

/// What a store did in place of what it must do.
package struct ConformanceFailure: Error, CustomStringConvertible {
    package let description: String
}

/// An index that remembers what it was made of.
package final class IndexProbe: Sendable {
    package let key: String
    package let value: [UInt8]

    package init(key: String, value: [UInt8]) {
        self.key = key
        self.value = value
    }
}

// MARK: - Cases

extension StoreConformance {
    private static var writing: [StoreConformance] {
        [
            .on("a new store is empty at revision 1") { store in
                try expect(store.revision, 1, "revision")
                try expect(store.count(prefix: ""), 0, "count")
                try expect(keys(store.list(prefix: "")), [], "list")
            },
            .on("each write gets the next revision and knows it while it makes its bytes") { store in
                for number: Revision in 2...9 {
                    let entry: Entry = try await store.put("/k\(number % 3)", "v")
                    try expect(entry.revision, number, "revision")
                    try expect(text(entry), "v@\(number)", "value")
                }
                try expect(store.revision, 9, "revision")
                try expect(store.get("/k0")?.created, 3, "created of a key that was written again")
            },
            .on("an acknowledged write can be read") { store in
                let entry: Entry = try await store.put("/a", "x")
                try expect(store.get("/a") === entry, true, "get gives the acknowledged entry")
                try expect(store.newest("/a") === entry, true, "newest gives the acknowledged entry")
                try await store.remove("/a")
                try expect(store.get("/a") == nil, true, "get after a delete")
                try expect(store.newest("/a") == nil, true, "newest after a delete")
                let again: Entry = try await store.put("/a", "y")
                try expect(again.created, again.revision, "created after a delete")
            },
            .on("conditions are held against the newest state") { store in
                let first: Entry = try await store.put("/a", "1", if: .absent)
                try await expectError(.conflict(key: "/a", current: first.revision)) { try await store.put("/a", "2", if: .absent) }
                let second: Entry = try await store.put("/a", "2", if: .revision(first.revision))
                try await expectError(.conflict(key: "/a", current: second.revision)) {
                    try await store.put("/a", "3", if: .revision(first.revision))
                }
                try await expectError(.conflict(key: "/b", current: nil)) { try await store.put("/b", "1", if: .revision(2)) }
                try await expectError(.conflict(key: "/b", current: nil)) { try await store.remove("/b") }
                try await expectError(.conflict(key: "/a", current: second.revision)) {
                    try await store.remove("/a", if: .revision(first.revision))
                }
                let gone: Entry = try await store.remove("/a", if: .revision(second.revision))
                try expect(gone.revision, second.revision + 1, "refused writes use no revision")
                try expect(gone.created, first.revision, "a tombstone keeps created")
            },
            .on("of many writers that build on one version, one wins") { store in
                let base: Entry = try await store.put("/a", "0")
                let wins: Int = await withTaskGroup(of: Bool.self) { group in
                    for _ in 0..<32 {
                        group.addTask { (try? await store.put("/a", "n", if: .revision(base.revision))) != nil }
                    }
                    return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                try expect(wins, 1, "winners")
            },
            .on("counters incremented by many writers lose no count") { store in
                try await store.put("/n", "0")
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            for _ in 0..<25 { try await store.increment("/n") }
                        }
                    }
                    try await group.waitForAll()
                }
                try expect(store.get("/n").map { $0.value.prefix { $0 != UInt8(ascii: "@") } } ?? [], ArraySlice("200".utf8), "count")
            },
            .on("done comes once, off the caller's stack, in the order of writes") { store in
                let seen: Mutex<[Int]> = Mutex([])
                let caller: Mutex<Bool> = Mutex(false)
                await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                    caller.withLock { isInside in
                        isInside = true
                        for number in 0..<100 {
                            // A call on this stack would lock `caller` again and never come back.
                            store.write(Write(.put, "/k") { _ in [1] }) { _ in
                                let count: Int = seen.withLock {
                                    $0.append(number)
                                    return $0.count
                                }
                                if count == 100 { caller.withLock { _ in continuation.resume() } }
                            }
                        }
                    }
                }
                try expect(seen.withLock { $0 }, Array(0..<100), "order")
            },
            .on("the index of an entry is made of its key and bytes, and kept") { store in
                let entry: Entry = try await store.put("/a", "x")
                let probe: IndexProbe? = entry.index as? IndexProbe
                try expect(probe?.key, "/a", "key")
                try expect(probe?.value, entry.value, "value")
                try expect(entry.index === probe, true, "the same index again")
                let fresh: Entry = try await store.put("/b", "y")
                var shared: Set<ObjectIdentifier> = []
                await withTaskGroup(of: ObjectIdentifier.self) { group in
                    for _ in 0..<16 { group.addTask { ObjectIdentifier(fresh.index) } }
                    for await index in group { shared.insert(index) }
                }
                try expect(shared.count, 1, "indexes seen by concurrent readers")
            },
            .on("empty values, empty keys and large values are kept") { store in
                try await store.write(Write(.put, "") { _ in [] })
                let large: [UInt8] = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                try await store.write(Write(.put, "/large") { _ in large })
                try expect(store.get("")?.value, [], "empty value under the empty key")
                try expect(store.get("/large")?.value == large, true, "large value")
            },
        ]
    }

    private static var reading: [StoreConformance] {
        [
            .on("lists are in the order of bytes, within the prefix") { store in
                for key in ["/b/2", "/a", "/b/10", "/b", "/b/", "/c", "/b/é", "/b/e\u{301}", "/b/z", "/b0"] {
                    try await store.put(key, "x")
                }
                try expect(keys(store.list(prefix: "/b/")), ["/b/", "/b/10", "/b/2", "/b/e\u{301}", "/b/z", "/b/é"], "/b/")
                try expect(store.count(prefix: "/b"), 8, "count of /b")
                try expect(keys(store.list(prefix: "/d")), [], "/d")
                try expect(store.list(prefix: "").entries.count, 10, "all")
            },
            .on("pages of a list at one revision are the list, whatever is written meanwhile") { store in
                for number in 0..<1000 { try await store.put("/p/\(number)", "x") }
                let whole: Listing = try store.list(prefix: "/p/")
                var (found, after): ([String], String?) = ([], nil)
                var page: Int = 0
                while true {
                    let listing: Listing = try store.list(prefix: "/p/", at: whole.revision, after: after, limit: 37)
                    try expect(listing.revision, whole.revision, "revision of a page")
                    found += listing.entries.map(\.key)
                    try expect(listing.remaining, 1000 - found.count, "remaining")
                    if listing.remaining == 0 { break }
                    after = listing.entries.last?.key
                    try await store.put("/p/new\(page)", "x")
                    try await store.remove("/p/\(page)")
                    try await store.put("/p/\(999 - page)", "y")
                    page += 1
                }
                try expect(found, whole.entries.map(\.key), "keys of all pages")
            },
            .on("states that were can be read, states to come are refused") { store in
                try await store.put("/a", "1")
                try await store.put("/b", "1")
                try await store.put("/a", "2")
                try await store.remove("/a")
                let values: [String?] = try (1...5).map { try store.get("/a", at: $0).map(text) }
                try expect(values, [nil, "1@2", "1@2", "2@4", nil], "/a at revisions 1 to 5")
                try expect(keys(store.list(prefix: "/", at: 4, after: nil, limit: nil)), ["/a", "/b"], "list at 4")
                try expect(keys(store.list(prefix: "/", at: 2, after: nil, limit: nil)), ["/a"], "list at 2")
                try await expectError(.future(current: 5)) { try store.get("/a", at: 6) }
                try await expectError(.future(current: 5)) { try store.list(prefix: "", at: 6, after: nil, limit: nil) }
                try await expectError(.future(current: 5)) { try store.events(prefix: "", after: 6, limit: 1) }
            },
        ]
    }

    private static var watching: [StoreConformance] {
        [
            .on("events tell the version before and after, and deletes their tombstone") { store in
                let first: Entry = try await store.put("/a", "1")
                let second: Entry = try await store.put("/a", "2")
                let gone: Entry = try await store.remove("/a")
                let events: [Event] = try store.events(prefix: "/", after: 1, limit: 10).events
                try expect(events.map(\.revision), [2, 3, 4], "revisions")
                try expect(events.map(\.isDelete), [false, false, true], "deletes")
                try expect(events[0].previous == nil && events[1].previous === first && events[2].previous === second, true, "previous")
                try expect(events[2].entry === gone, true, "tombstone")
                try expect(text(gone), "gone@4", "bytes of the tombstone")
            },
            .on("a cursor goes over all events once, whatever the step") { store in
                for number in 0..<100 { try await store.put(number % 3 == 0 ? "/a/\(number)" : "/b/\(number)", "x") }
                for step in [1, 7, 100, 1000] {
                    var (seen, cursor): ([Revision], Revision) = ([], 1)
                    while cursor < store.revision {
                        let (events, next): ([Event], Revision) = try store.events(prefix: "/a/", after: cursor, limit: step)
                        guard next > cursor else { throw ConformanceFailure(description: "the cursor stands still at \(cursor)") }
                        seen += events.map(\.revision)
                        cursor = next
                    }
                    try expect(seen, stride(from: 2, to: 102, by: 3).map { Revision($0) }, "revisions in steps of \(step)")
                }
            },
            .on("a watcher sees every write once while many write") { store in
                let (bells, bell): (AsyncStream<Void>, AsyncStream<Void>.Continuation) = AsyncStream.makeStream()
                let told: Mutex<[Revision]> = Mutex([])
                let subscription: Subscription = store.subscribe { events in
                    told.withLock { $0 += events.map(\.revision) }
                    bell.yield()
                }
                let watcher: Task<[Revision], any Error> = Task {
                    var (seen, cursor): ([Revision], Revision) = ([], 1)
                    for await _ in bells {
                        while cursor < store.revision {
                            let (events, next): ([Event], Revision) = try store.events(prefix: "/w/", after: cursor, limit: 10)
                            seen += events.map(\.revision)
                            cursor = next
                        }
                        if seen.count >= 800 { break }
                    }
                    return seen
                }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for writer in 0..<16 {
                        group.addTask {
                            for number in 0..<50 { try await store.put("/w/\(writer)/\(number % 5)", "x") }
                        }
                    }
                    try await group.waitForAll()
                }
                try await expect(watcher.value, (2...801).map { Revision($0) }, "revisions seen")
                try expect(told.withLock { $0 }, (2...801).map { Revision($0) }, "revisions told")
                subscription.cancel()
            },
            .on("a write is heard of, then answered, then those who are not waited for are woken") { store in
                let order: Mutex<[String]> = Mutex([])
                await withCheckedContinuation { continuation in
                    let end: Mutex<CheckedContinuation<Void, Never>?> = Mutex(continuation)
                    let subscription: Subscription = store.subscribe(
                        { _ in order.withLock { $0.append("heard") } },
                        answered: {
                            order.withLock { $0.append("woken") }
                            end.withLock { $0.take() }?.resume()
                        })
                    store.write(Write(.put, "/a") { _ in [] }) { _ in
                        order.withLock { $0.append("answered") }
                        // Until here the subscription is held.
                        withExtendedLifetime(subscription) {}
                    }
                }
                try expect(order.withLock { $0 }, ["heard", "answered", "woken"], "order")
            },
            .on("a cancelled subscription is not woken, nor is a forgotten one") { store in
                let wakes: Mutex<Int> = Mutex(0)
                let cancelled: Subscription = store.subscribe { _ in wakes.withLock { $0 += 1 } }
                try await store.put("/a", "1")
                try expect(wakes.withLock { $0 }, 1, "wakes before")
                cancelled.cancel()
                _ = store.subscribe { _ in wakes.withLock { $0 += 1 } }
                try await store.put("/a", "2")
                try expect(wakes.withLock { $0 }, 1, "wakes after")
            },
        ]
    }

    private static var compacting: [StoreConformance] {
        [
            .on("compaction forgets what was before and keeps what is after") { store in
                try await store.put("/a", "1")
                try await store.put("/b", "1")
                try await store.remove("/b")
                try await store.put("/a", "2")
                try await store.put("/c", "1")
                try await expect(store.compact(to: 4), 4, "compacted revision")
                try expect(store.compacted, 4, "compacted")
                try await expectError(.compacted(oldest: 4)) { try store.get("/a", at: 3) }
                try await expectError(.compacted(oldest: 4)) { try store.list(prefix: "", at: 3, after: nil, limit: nil) }
                try await expectError(.compacted(oldest: 4)) { try store.events(prefix: "", after: 3, limit: 10) }
                try expect(store.get("/a", at: 4).map(text), "1@2", "/a at 4")
                try expect(keys(store.list(prefix: "/", at: 4, after: nil, limit: nil)), ["/a"], "list at 4")
                try expect(store.events(prefix: "", after: 4, limit: 10).events.map(\.revision), [5, 6], "events after 4")
                try await expect(store.compact(to: 2), 4, "compaction to what is compacted")
                try await expectError(.future(current: 6)) { try await store.compact(to: 7) }
            }
        ]
    }

    private static var lasting: [StoreConformance] {
        [
            StoreConformance(name: "all is there after closing and opening") { open in
                var store: any Store = try open()
                for number in 0..<300 { try await store.put("/k/\(number % 100)", "v\(number)") }
                try await store.remove("/k/7")
                try await store.compact(to: 150)
                let before: Listing = try store.list(prefix: "")
                let events: [Revision] = try store.events(prefix: "", after: 150, limit: 999).events.map(\.revision)
                store.close()
                store = try open()
                let after: Listing = try store.list(prefix: "")
                try expect(after.revision, before.revision, "revision")
                try expect(after.entries.map(text), before.entries.map(text), "values")
                try expect(after.entries.map(\.created), before.entries.map(\.created), "created")
                try expect(store.compacted, 150, "compacted")
                try expect(store.events(prefix: "", after: 150, limit: 999).events.map(\.revision), events, "events")
                try expect(store.get("/k/7", at: 301).map(text), "v207@209", "a state that was")
                try await store.compact(to: store.revision)
                store.close()
                store = try open()
                try expect(store.revision, 302, "revision after the last write was a delete and was compacted")
                try await expect(store.put("/n", "x").revision, 303, "next revision")
                store.close()
            },
            StoreConformance(name: "a closed store answers reads, refuses writes, and has made durable what was staged") { open in
                let store: any Store = try open()
                let results: Mutex<[Bool]> = Mutex([])
                for number in 0..<50 {
                    store.write(Write(.put, "/\(number)") { _ in [1] }) { result in
                        results.withLock { $0.append((try? result.get()) != nil) }
                    }
                }
                store.close()
                try expect(results.withLock { $0 }, Array(repeating: true, count: 50), "writes staged before")
                store.close()
                try expect(store.count(prefix: ""), 50, "count after closing")
                try await expectError(.closed) { try await store.put("/late", "x") }
                try await expectError(.closed) { try await store.compact(to: 1) }
                let again: any Store = try open()
                try expect(again.count(prefix: ""), 50, "count after opening again")
                again.close()
            },
        ]
    }
}

// MARK: - Expectations

func expect<Value: Equatable>(_ found: Value, _ wanted: Value, _ what: String) throws {
    guard found == wanted else { throw ConformanceFailure(description: "\(what): found \(found), wanted \(wanted)") }
}

func expectError<Value>(_ wanted: StoreError, _ body: () async throws -> Value) async throws {
    do {
        let value: Value = try await body()
        throw ConformanceFailure(description: "no error, but \(value), where \(wanted) was wanted")
    } catch let error as StoreError {
        try expect(error, wanted, "error")
    }
}

func keys(_ listing: Listing) -> [String] { listing.entries.map(\.key) }

func text(_ entry: Entry) -> String { String(decoding: entry.value, as: UTF8.self) }

extension Store {
    /// Puts `value@revision`.
    @discardableResult
    func put(_ key: String, _ value: String, if condition: Condition = .any) async throws(StoreError) -> Entry {
        try await write(Write(.put, key, if: condition) { Array("\(value)@\($0)".utf8) })
    }

    @discardableResult
    func remove(_ key: String, if condition: Condition = .any) async throws(StoreError) -> Entry {
        try await write(Write(.delete, key, if: condition) { Array("gone@\($0)".utf8) })
    }

    /// Adds one to the number before the `@`, again until no other writer came between.
    func increment(_ key: String) async throws {
        while true {
            guard let base: Entry = newest(key) else { throw ConformanceFailure(description: "\(key) is gone") }
            let number: Int = Int(text(base).prefix { $0 != "@" }) ?? 0
            do throws(StoreError) {
                try await put(key, "\(number + 1)", if: .revision(base.revision))
                return
            } catch {
                guard case .conflict = error else { throw error }
            }
        }
    }
}
