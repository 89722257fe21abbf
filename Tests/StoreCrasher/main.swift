import Glibc
import Store

// A program that writes to a store until it is killed, and says on its standard output what the store has acknowledged.
//
//     store-crasher PATH WRITERS WRITES     each acknowledged write is a line: KEY REVISION, or "KEY REVISION -" for a delete
//     store-crasher fill PATH               writes until the disk is full, makes room and goes on; a line for each stage
//     store-crasher break PATH              writes until the disk fails; a line for each stage

let arguments: [String] = CommandLine.arguments
if arguments.count == 3, arguments[1] == "fill" {
    try await Filler(path: arguments[2]).run()
} else if arguments.count == 3, arguments[1] == "break" {
    try await Breaker(path: arguments[2]).run()
} else if arguments.count == 4, let writers: Int = Int(arguments[2]), let writes: Int = Int(arguments[3]) {
    try await Writers(path: arguments[1], count: writers, writes: writes).run()
} else {
    say("usage: store-crasher PATH WRITERS WRITES | store-crasher fill|break PATH")
    exit(2)
}

/// One line, in one system call: lines of concurrent writers do not mix, and a line that is out has reached the pipe.
func say(_ line: String) {
    let bytes: [UInt8] = Array((line + "\n").utf8)
    _ = Glibc.write(STDOUT_FILENO, bytes, bytes.count)
}

/// Bytes that only this key and revision have: whoever reads them can tell whether they are whole.
func pattern(_ key: String, _ revision: Revision) -> [UInt8] {
    // Most fit a page of the database; some need several.
    let size: Int = Int(revision &* 2_654_435_761 % (revision % 16 == 0 ? 20_000 : 700))
    let line: String = "\(key)@\(revision) "
    var bytes: [UInt8] = Array(String(repeating: line, count: size / line.utf8.count + 1).utf8)
    bytes.removeLast(bytes.count - size)
    return bytes
}

/// Concurrent writers, each with keys of its own that it writes again and sometimes deletes.
struct Writers {
    let path: String
    let count: Int
    let writes: Int

    func run() async throws {
        let store: SQLiteStore = try SQLiteStore(path: path) { _, _ in Nothing() }
        say("open \(store.revision)")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<count {
                group.addTask {
                    for number in 0..<(writes / count) { try await write(store, "/w\(writer)/\(number % 40)", number) }
                }
            }
            try await group.waitForAll()
        }
        store.close()
        say("done")
    }

    private func write(_ store: SQLiteStore, _ key: String, _ number: Int) async throws {
        let isDelete: Bool = number % 7 == 6 && store.newest(key) != nil
        let entry: Entry = try await store.write(Write(isDelete ? .delete : .put, key) { pattern(key, $0) })
        say("\(key) \(entry.revision)" + (isDelete ? " -" : ""))
    }
}

/// Fills the file system under the store, and finds that only writes suffer and only while it is full.
struct Filler {
    let path: String

    func run() async throws {
        let store: SQLiteStore = try SQLiteStore(path: path) { _, _ in Nothing() }
        let ballast: String = path + ".ballast"
        let descriptor: Int32 = open(ballast, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        let block: [UInt8] = Array(repeating: 1, count: 200_000)
        _ = Glibc.write(descriptor, block, block.count)
        close(descriptor)
        var acknowledged: [String: Revision] = [:]
        var number: Int = 0
        while true {
            let key: String = "/k\(number)"
            // The second write is staged on the first, which may fail yet.
            switch await writeTwice(store, key) {
            case .success(let entry):
                acknowledged[key] = entry.revision
                number += 1
                continue
            case .failure(let error):
                say("failed: \(error)")
            }
            if store.newest(key)?.revision == store.get(key)?.revision { say("nothing stands on what failed") }
            acknowledged[key] = store.get(key)?.revision
            break
        }
        say(holds(store, acknowledged) ? "reads go on" : "reads are wrong")
        unlink(ballast)
        acknowledged["/after"] = try await store.write(Write(.put, "/after") { pattern("/after", $0) }).revision
        say("writes go on")
        store.close()
        let again: SQLiteStore = try SQLiteStore(path: path) { _, _ in Nothing() }
        say(holds(again, acknowledged) ? "nothing is lost" : "something is lost")
        again.close()
    }

    /// Stages two writes of a key, one on the other; the answer to the second, which comes last.
    private func writeTwice(_ store: SQLiteStore, _ key: String) async -> Result<Entry, StoreError> {
        store.write(Write(.put, key) { pattern(key, $0) }) { _ in }
        return await withCheckedContinuation { continuation in
            store.write(Write(.put, key) { pattern(key, $0) }) { continuation.resume(returning: $0) }
        }
    }

}

/// Lets a write of the system fail for another reason than a full disk, and finds that the store takes no more until it is opened again.
struct Breaker {
    let path: String

    func run() async throws {
        // A file that may not grow: the system then refuses the write, once it does not end the process.
        signal(SIGXFSZ, SIG_IGN)
        let store: SQLiteStore = try SQLiteStore(path: path) { _, _ in Nothing() }
        var acknowledged: [String: Revision] = [:]
        for number in 0..<20 { acknowledged["/k\(number)"] = try await put(store, "/k\(number)").get().revision }
        limitFiles(to: 1000)
        async let others: [Result<Entry, StoreError>] = [put(store, "/a"), put(store, "/b"), put(store, "/c")]
        if await others.allSatisfy({ if case .failure(.io) = $0 { true } else { false } }) { say("nothing is acknowledged") }
        limitFiles(to: .max)
        if case .failure(.io) = await put(store, "/later"), store.failure != nil { say("no more is taken") }
        say(holds(store, acknowledged) ? "reads go on" : "reads are wrong")
        store.close()
        let again: SQLiteStore = try SQLiteStore(path: path) { _, _ in Nothing() }
        say(holds(again, acknowledged) ? "nothing is lost" : "something is lost")
        if case .success = await put(again, "/after"), again.failure == nil { say("writes go on") }
        again.close()
    }

    private func put(_ store: SQLiteStore, _ key: String) async -> Result<Entry, StoreError> {
        await withCheckedContinuation { continuation in
            store.write(Write(.put, key) { pattern(key, $0) }) { continuation.resume(returning: $0) }
        }
    }

    private func limitFiles(to size: rlim_t) {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        limit.rlim_cur = min(size, limit.rlim_max)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    }
}

func holds(_ store: SQLiteStore, _ acknowledged: [String: Revision]) -> Bool {
    store.count(prefix: "") == acknowledged.count
        && acknowledged.allSatisfy { key, revision in store.get(key)?.value == pattern(key, revision) }
}

final class Nothing: Sendable {}
