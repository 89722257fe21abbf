import Store

extension StoreConformance {
    /// Random work on a store and on a dictionary beside it, which must agree at every step. The seed is in the name of the case.
    static var simulating: [StoreConformance] {
        (1...12).map { (seed: UInt64) in
            StoreConformance(name: "agrees with a dictionary through random work, seed \(seed)") { open in
                var simulation: StoreSimulation = StoreSimulation(seed: seed, store: try open())
                do {
                    for _ in 0..<250 { try await simulation.step(open) }
                } catch {
                    throw ConformanceFailure(
                        description: "seed \(seed), step \(simulation.steps), revision \(simulation.revision): \(error)")
                }
                simulation.store.close()
            }
        }
    }
}

/// A store and what it must look like.
struct StoreSimulation {
    private(set) var store: any Store
    private(set) var steps = 0

    private var random: SplitMix64
    /// What each revision did: the key, and its new value, nil for a delete.
    private var past: [(key: String, value: String?)] = []
    private var now: [String: (value: String, revision: Revision)] = [:]
    private var compacted: Revision = 0
    /// A watcher: where it stands, and what it made of the events.
    private var cursor: Revision = 1
    private var watched: [String: String] = [:]

    init(seed: UInt64, store: any Store) {
        self.store = store
        random = SplitMix64(state: seed)
    }

    var revision: Revision { Revision(past.count + 1) }

    mutating func step(_ open: @Sendable () throws -> any Store) async throws {
        steps += 1
        switch Int.random(in: 0..<100, using: &random) {
        case ..<60: try await write()
        case ..<70: try readNow()
        case ..<80: try readThen()
        case ..<92: try watch()
        case ..<97: try await compact()
        default:
            store.close()
            store = try open()
        }
        try expect(store.revision, revision, "revision")
        try expect(store.compacted, compacted, "compacted")
    }

    /// Stages some writes at once, as concurrent requests do, and holds each answer against the dictionary's.
    private mutating func write() async throws {
        var pending: [Task<Result<Entry, StoreError>, Never>] = []
        var wanted: [Result<Revision, StoreError>] = []
        for _ in 0..<Int.random(in: 1...12, using: &random) {
            let (write, answer): (Write, Result<Revision, StoreError>) = makeWrite()
            wanted.append(answer)
            let (answers, continuation): (AsyncStream<Result<Entry, StoreError>>, AsyncStream<Result<Entry, StoreError>>.Continuation) =
                AsyncStream.makeStream()
            store.write(write) { continuation.yield($0) }
            try expect(store.newest(write.key).map(text), now[write.key]?.value, "newest of \(write.key)")
            pending.append(
                Task {
                    for await answer in answers { return answer }
                    return .failure(.closed)
                })
        }
        for (task, answer) in zip(pending, wanted) { try await expect(task.value.map(\.revision), answer, "answer") }
    }

    private mutating func makeWrite() -> (Write, Result<Revision, StoreError>) {
        let key: String = randomKey()
        let current: Revision? = now[key]?.revision
        let isDelete: Bool = Int.random(in: 0..<4, using: &random) == 0
        let condition: Condition =
            switch Int.random(in: 0..<6, using: &random) {
            case 0: .absent
            case 1: .revision(current ?? 1)
            case 2: .revision(Revision.random(in: 1...revision, using: &random))
            default: .any
            }
        let isAllowed: Bool =
            switch condition {
            case .any: !isDelete || current != nil
            case .absent: !isDelete && current == nil
            case .revision(let revision): current == revision
            }
        let size: Int = Int.random(in: 0..<40, using: &random) == 0 ? 9000 : Int.random(in: 0..<60, using: &random)
        let filler: String = String(repeating: "x", count: size)
        let write: Write = Write(isDelete ? .delete : .put, key, if: condition) { Array("\(filler)@\($0)".utf8) }
        guard isAllowed else { return (write, .failure(.conflict(key: key, current: current))) }
        past.append((key, isDelete ? nil : "\(filler)@\(revision + 1)"))
        now[key] = isDelete ? nil : ("\(filler)@\(revision)", revision)
        return (write, .success(revision))
    }

    private mutating func readNow() throws {
        let key: String = randomKey()
        try expect(store.get(key).map(text), now[key]?.value, "\(key)")
        let prefix: String = randomPrefix()
        try expect(store.count(prefix: prefix), now.keys.count { $0.hasPrefix(prefix) }, "count of \(prefix)")
        try list(prefix, at: nil, now.mapValues(\.value))
    }

    private mutating func readThen() throws {
        let at: Revision = Revision.random(in: max(compacted, 1)...revision, using: &random)
        let then: [String: String] = state(at: at)
        let key: String = randomKey()
        try expect(store.get(key, at: at).map(text), then[key], "\(key) at \(at)")
        try list(randomPrefix(), at: at, then)
    }

    private mutating func list(_ prefix: String, at revision: Revision?, _ state: [String: String]) throws {
        let after: String? = Bool.random(using: &random) ? randomKey() : nil
        let limit: Int? = Bool.random(using: &random) ? Int.random(in: 1...30, using: &random) : nil
        let listing: Listing = try store.list(prefix: prefix, at: revision, after: after, limit: limit)
        let wanted: [String] = state.keys.filter { $0.hasPrefix(prefix) && $0 > after ?? "" }.sorted()
        try expect(keys(listing), Array(wanted.prefix(limit ?? wanted.count)), "list of \(prefix) at \(revision ?? 0) after \(after ?? "")")
        try expect(listing.entries.map(text), keys(listing).compactMap { state[$0] }, "values of the list")
        try expect(listing.remaining, wanted.count - listing.entries.count, "remaining")
    }

    private mutating func watch() throws {
        do throws(StoreError) {
            let (events, next): ([Event], Revision) =
                try store.events(prefix: "/a", after: cursor, limit: Int.random(in: 1...100, using: &random))
            for event in events { watched[event.entry.key] = event.isDelete ? nil : text(event.entry) }
            cursor = next
        } catch {
            guard error == .compacted(oldest: compacted), cursor < compacted else { throw error }
            let listing: Listing = try store.list(prefix: "/a")
            watched = Dictionary(uniqueKeysWithValues: listing.entries.map { ($0.key, text($0)) })
            cursor = listing.revision
        }
        try expect(watched, state(at: cursor).filter { $0.key.hasPrefix("/a") }, "what a watcher at \(cursor) knows")
    }

    private mutating func compact() async throws {
        let to: Revision = Revision.random(in: 0...revision, using: &random)
        compacted = max(compacted, to)
        try await expect(store.compact(to: to), compacted, "compaction to \(to)")
    }

    private func state(at revision: Revision) -> [String: String] {
        past.prefix(Int(revision) - 1).reduce(into: [:]) { state, change in state[change.key] = change.value }
    }

    /// Keys collide often, and there are enough for several chunks of an index.
    private mutating func randomKey() -> String {
        let folder: String = Bool.random(using: &random) ? "/a/" : "/b/"
        let range: Int = Int.random(in: 0..<3, using: &random) == 0 ? 8 : 900
        return folder + String(Int.random(in: 0..<range, using: &random))
    }

    private mutating func randomPrefix() -> String {
        ["", "/", "/a", "/a/", "/b/1", "/b/22", "/c"].randomElement(using: &random) ?? ""
    }
}

/// A generator that gives the same numbers for the same seed. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators".
package struct SplitMix64: RandomNumberGenerator {
    package var state: UInt64

    package init(state: UInt64) { self.state = state }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed: UInt64 = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
