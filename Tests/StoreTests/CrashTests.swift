import Glibc
import Store
import TestSupport
import Testing

/// Acknowledged means durable, whatever happens to the process or the disk.
@Suite(.serialized) struct `Crashes and full disks` {
    @Test(arguments: 1...50)
    func `after SIGKILL in the middle of 10,000 writes, every acknowledged write is there and none is torn`(_ round: UInt64) async throws {
        let place: TemporaryStore = TemporaryStore()
        var random: SplitMix64 = SplitMix64(state: round)
        var acknowledged: [Revision: (key: String, isDelete: Bool)] = [:]
        let child: Child = try Child([Child.crasher, place.path, "16", "10000"])
        let last: Int = Int.random(in: 0..<10_000, using: &random)
        var count: Int = 0
        while let line: String = child.line() {
            let words: [Substring] = line.split(separator: " ")
            if words.count > 1, words[0] != "open", let revision: Revision = Revision(words[1]) {
                acknowledged[revision] = (String(words[0]), words.count == 3)
            }
            count += 1
            if count == last { child.kill() }
        }
        child.wait()
        try await place.use { store in
            let events: [Event] = try store.events(prefix: "", after: store.compacted, limit: .max).events
            #expect(events.map(\.revision) == events.indices.map { Revision($0 + 2) }, "revisions have no gap")
            #expect(events.allSatisfy { $0.entry.value == pattern($0.entry.key, $0.revision) }, "a torn value")
            let found: [Revision: (key: String, isDelete: Bool)] = Dictionary(
                uniqueKeysWithValues: events.map { ($0.revision, ($0.entry.key, $0.isDelete)) })
            let lost: [Revision] = acknowledged.compactMap { revision, write in
                found[revision].map { $0 == write } ?? false ? nil : revision
            }
            #expect(lost.isEmpty, "lost of \(acknowledged.count) acknowledged writes, round \(round)")
            var state: [String: Revision] = [:]
            for event in events { state[event.entry.key] = event.isDelete ? nil : event.revision }
            let current: [(String, Revision)] = try store.list(prefix: "").entries.map { ($0.key, $0.revision) }
            #expect(Dictionary(uniqueKeysWithValues: current) == state, "the state is what the events make")
            #expect(try await store.put("/next", "x").revision == Revision(events.count + 2), "the store goes on")
        }
    }

    @Test func `the lock goes with the process that held it`() async throws {
        let place: TemporaryStore = TemporaryStore()
        let child: Child = try Child([Child.crasher, place.path, "1", "100000"])
        #expect(child.line() == "open 1")
        #expect(throws: StoreError.inUse(path: place.path, pid: child.id)) { try place.open() }
        child.kill()
        child.wait()
        try place.open().close()
    }

    /// On a file system of 1 MB in a namespace of its own, which an ordinary user may make.
    @Test func `a full disk fails writes only, and only while it is full`() throws {
        let place: TemporaryStore = TemporaryStore()
        let script: String = "mount -t tmpfs -o size=1m tmpfs \"$1\" && exec \"$0\" fill \"$1/store.db\""
        let child: Child = try Child(["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, Child.crasher, place.folder])
        let lines: [String] = child.lines()
        #expect(
            lines == [
                "failed: \(StoreError.full(path: place.path))",
                "nothing stands on what failed", "reads go on", "writes go on", "nothing is lost",
            ])
        #expect(child.wait() == 0)
    }

    @Test func `a disk that fails acknowledges nothing, and no more is written until the store is opened again`() throws {
        let place: TemporaryStore = TemporaryStore()
        let child: Child = try Child([Child.crasher, "break", place.path])
        #expect(
            child.lines() == ["nothing is acknowledged", "no more is taken", "reads go on", "nothing is lost", "writes go on"])
        #expect(child.wait() == 0)
    }
}
