@testable import APIServer
import API
import HTTP
import Machinery
import Store
import Synchronization
import TestSupport
import Testing

/// Watches of clients that do not read what they asked for.
@Suite struct SlowWatchTests {
    @Test func `a watcher that does not read holds neither writers nor memory, and is told 410 when it goes on`() async throws {
        let server = try await TestServer()
        try await TestFront.with(server) { front in
            let made: TestServer.Reply = try await server.ask("POST", Place.configMaps, Sample.configMap("a"))
            let target: String = Place.configMaps + "?watch=true&resourceVersion=\(made.revision)"
            let (status, _, body): (Int, HTTPHeaders, HTTPBody) = try await front.client.stream(HTTPClientRequest(target: target))
            #expect(status == 200)
            let (count, text): (Int, String) = (400, String(repeating: "x", count: 64 * 1024))
            for index in 0..<count {
                let patched: TestServer.Reply = try await server.ask(
                    "PATCH", Place.configMaps + "/a", ["data": ["key": .string(text + String(index))]], type: .mergePatch)
                #expect(patched.code == 200)
            }
            _ = try await server.store.compact(to: server.store.revision)

            var received: Int = 0
            var lines: [JSON] = []
            var line: [UInt8] = []
            for try await part in body {
                received += part.count
                for byte in part {
                    guard byte == UInt8(ascii: "\n") else {
                        line.append(byte)
                        continue
                    }
                    lines.append(try JSON(parsing: line))
                    line = []
                }
            }
            // What the connection held, in our buffers and the kernel's, comes first and without a gap.
            let revisions: [Int] = lines.dropLast().compactMap {
                $0[["object", "metadata", "resourceVersion"]]?.string.flatMap { Int($0) }
            }
            #expect(revisions == Array(made.revision + 1..<made.revision + 1 + revisions.count))
            #expect(received < count * text.utf8.count * 3 / 4, "the rest was never gathered: \(received)")
            let last: JSON = try #require(lines.last)
            #expect(last["type"] == "ERROR" && last[["object", "code"]] == 410 && last[["object", "reason"]] == "Expired", "\(last)")
        }
    }

    @Test func `a watch of what nobody writes does not fall behind when much else is written`() async throws {
        let server = try await TestServer(retention: Retention(events: 64))
        let record: WatchRecord = try await server.watch(Place.services + "?resourceVersion=\(server.store.revision)")
        try await server.ask("POST", Place.configMaps, Sample.configMap("a"))
        for index in 0..<200 {
            try await server.ask("PATCH", Place.configMaps + "/a", ["data": ["key": .string("\(index)")]], type: .mergePatch)
        }
        #expect(server.store.retained.events < 100, "what the watch began with is forgotten")
        try await server.ask("POST", Place.services, Sample.service("web"))
        try await eventually("the service is told") { record.summary == ["ADDED web"] }
    }

    @Test func `a reader that is waited for already is not waited for again`() {
        let asked = Mutex<[@Sendable () -> Void]>([])
        let resumed = Mutex(0)
        let reader = SlowReader()
        func wait() { reader.wait({ next in asked.withLock { $0.append(next) } }) { resumed.withLock { $0 += 1 } } }
        for _ in 0..<50_000 { wait() }
        #expect(asked.withLock { $0.count } == 1)
        asked.withLock { $0[0] }()
        #expect(resumed.withLock { $0 } == 1)
        wait()
        #expect(asked.withLock { $0.count } == 2)
    }
}
