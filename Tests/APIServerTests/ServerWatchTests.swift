import API
import HTTP
import Machinery
import Store
import TestSupport
import Testing

/// Watches against the real server. Outside source: "Kubernetes API Concepts" of the Kubernetes documentation, KEP-3157.
@Suite struct ServerWatchTests {
    @Test func `a watch from a revision tells what came after it, and nothing else`() async throws {
        let server = try await TestServer()
        let made: TestServer.Reply = try await server.ask("POST", Place.configMaps, Sample.configMap("a"))
        try await server.ask("PATCH", Place.configMaps + "/a", ["data": ["key": "two"]])
        let record: WatchRecord = try await server.watch(Place.configMaps + "?resourceVersion=\(made.revision)")
        try await record.expect(["MODIFIED a"])
        try await server.ask("POST", "/api/v1/namespaces/kube-system/configmaps", Sample.configMap("elsewhere"))
        try await server.ask("POST", Place.configMaps, Sample.configMap("b"))
        let gone: TestServer.Reply = try await server.ask("DELETE", Place.configMaps + "/a")
        #expect(gone.code == 200)
        try await record.expect(["MODIFIED a", "ADDED b", "DELETED a"])
        let last: JSON = try #require(record.events.last?["object"])
        #expect(last["data"] == ["key": "two"], "a deletion shows the last state")
        #expect(last[["metadata", "resourceVersion"]] == .string(String(server.store.revision)))
    }

    @Test func `a watch goes on when one that began before it has ended`() async throws {
        try await TestFront.with(try await TestServer()) { front in
            let request = HTTPClientRequest(target: Place.configMaps + "?watch=true")
            let other = HTTPClient(HTTPClientConfiguration(host: "127.0.0.1", port: front.port, tls: nil))
            var first: HTTPBody? = try await other.stream(request).body
            let record = WatchRecord(try await front.client.stream(request).body)
            withExtendedLifetime(first) {}
            // Its connection closes with it.
            first = nil
            var told: [String] = []
            for name in (0..<10).map({ "map-\($0)" }) {
                try await front.server.ask("POST", Place.configMaps, Sample.configMap(name))
                told.append("ADDED " + name)
                try await record.expect(told)
            }
            other.shutdown()
        }
    }

    @Test func `a watch without revision begins with what is there`() async throws {
        let server = try await TestServer()
        for name in ["a", "b"] { try await server.ask("POST", Place.configMaps, Sample.configMap(name)) }
        let record: WatchRecord = try await server.watch(Place.configMaps)
        try await record.expect(["ADDED a", "ADDED b"])
        try await server.ask("DELETE", Place.configMaps + "/b")
        try await record.expect(["ADDED a", "ADDED b", "DELETED b"])
    }

    @Test func `an object that stops matching the selector is told as deleted, one that begins to as added`() async throws {
        let server = try await TestServer()
        for name in ["in", "out"] {
            try await server.ask("POST", Place.configMaps, Sample.configMap(name, labels: ["app": .string(name)]))
        }
        let record: WatchRecord = try await server.watch(Place.configMaps + "?labelSelector=app%3Din")
        try await record.expect(["ADDED in"])
        func label(_ name: String, _ value: String) async throws {
            try await server.ask("PATCH", Place.configMaps + "/" + name, ["metadata": ["labels": ["app": .string(value)]]])
        }
        try await label("out", "in")
        try await label("in", "away")
        try await label("in", "further")
        try await server.ask("DELETE", Place.configMaps + "/in")
        try await label("out", "in")
        try await server.ask("DELETE", Place.configMaps + "/out")
        try await record.expect(["ADDED in", "ADDED out", "DELETED in", "DELETED out"])
        let left: JSON = try #require(record.events[2]["object"])
        #expect(left[["metadata", "labels", "app"]] == "in", "what is told is the last state that matched")
    }

    @Test func `a field selector follows a pod to its node`() async throws {
        let server = try await TestServer()
        try await server.ask("POST", Place.pods, Sample.pod("p"))
        let record: WatchRecord = try await server.watch("/api/v1/pods?fieldSelector=spec.nodeName%3Dn1")
        let binding: JSON = ["apiVersion": "v1", "kind": "Binding", "metadata": ["name": "p"], "target": ["kind": "Node", "name": "n1"]]
        #expect(try await server.ask("POST", Place.pods + "/p/binding", binding).code == 201)
        try await record.expect(["ADDED p"])
    }

    @Test func `one object can be watched by its name`() async throws {
        let server = try await TestServer()
        for name in ["a", "b"] { try await server.ask("POST", Place.configMaps, Sample.configMap(name)) }
        let record: WatchRecord = try await server.watch(Place.configMaps + "?fieldSelector=metadata.name%3Db")
        try await server.ask("DELETE", Place.configMaps + "/a")
        try await server.ask("DELETE", Place.configMaps + "/b")
        try await record.expect(["ADDED b", "DELETED b"])
    }

    @Test func `the initial events end with a bookmark`() async throws {
        let server = try await TestServer()
        try await server.ask("POST", Place.configMaps, Sample.configMap("a"))
        let record: WatchRecord = try await server.watch(
            Place.configMaps + "?sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan")
        try await record.expect(["ADDED a", "BOOKMARK"])
        let bookmark: JSON = try #require(record.events.last?["object"])
        #expect(bookmark["kind"] == "ConfigMap")
        #expect(bookmark[["metadata", "annotations", "k8s.io/initial-events-end"]] == "true")
        #expect(bookmark[["metadata", "resourceVersion"]] == .string(String(server.store.revision)))
    }

    @Test func `sendInitialEvents asks for its companions`() async throws {
        let server = try await TestServer()
        await #expect {
            _ = try await server.watch(Place.configMaps + "?sendInitialEvents=true&allowWatchBookmarks=true")
        } throws: { error in
            (error as? APIStatus)?.message
                == "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting "
                + "resourceVersionMatch to NotOlderThan"
        }
    }

    @Test func `bookmarks come each minute of the cluster's time, and the watch ends when its time is over`() async throws {
        let server = try await TestServer()
        let record: WatchRecord = try await server.watch(
            Place.configMaps + "?allowWatchBookmarks=true&timeoutSeconds=90&resourceVersion=\(server.store.revision)")
        try await eventually("the watch waits") { server.clock.waiterCount > 0 }
        server.clock.advance(by: .seconds(60))
        try await record.expect(["BOOKMARK"])
        try await eventually("the watch waits") { server.clock.waiterCount > 0 }
        server.clock.advance(by: .seconds(30))
        try await eventually("the watch ends") { record.isEnded }
        #expect(record.summary == ["BOOKMARK"])
    }

    @Test func `a watch from a compacted revision is told 410`() async throws {
        let server = try await TestServer()
        let made: TestServer.Reply = try await server.ask("POST", Place.configMaps, Sample.configMap("a"))
        try await server.ask("DELETE", Place.configMaps + "/a")
        try await server.ask("POST", Place.configMaps, Sample.configMap("b"))
        try await server.store.compact(to: server.store.revision)
        let record: WatchRecord = try await server.watch(Place.configMaps + "?resourceVersion=\(made.revision)")
        try await record.expect(["ERROR 410"])
        let status: JSON = try #require(record.events.first?["object"])
        #expect(status["kind"] == "Status" && status["reason"] == "Expired")
        #expect(status["message"]?.string?.hasPrefix("too old resource version: \(made.revision) (") == true)
        try await eventually("the watch ends") { record.isEnded }
    }

    @Test func `tables can be watched: only the first carries the columns`() async throws {
        let server = try await TestServer()
        for name in ["a", "b"] { try await server.ask("POST", Place.configMaps, Sample.configMap(name)) }
        let record: WatchRecord = try await server.watch(Place.configMaps, accept: "application/json;as=Table;v=v1;g=meta.k8s.io")
        try await eventually("two tables") { record.events.count == 2 }
        let tables: [JSON] = record.events.compactMap { $0["object"] }
        #expect(tables.allSatisfy { $0["kind"] == "Table" })
        #expect(tables[0]["columnDefinitions"]?.array?.isEmpty == false)
        #expect(tables[1]["columnDefinitions"]?.array?.isEmpty ?? true)
        // Ages are those of the event.
        server.clock.advance(by: .seconds(60))
        try await server.ask("POST", Place.configMaps, Sample.configMap("c"))
        try await eventually("a third table") { record.events.count == 3 }
        #expect(record.events[2][["object", "rows"]]?.array?.first?["cells"]?.array?.last == "0s")
    }

    @Test func `no event is lost or told twice while many write`() async throws {
        let server = try await TestServer()
        let record: WatchRecord = try await server.watch(Place.configMaps + "?resourceVersion=\(server.store.revision)")
        try await withThrowingTaskGroup { group in
            for i in 0..<200 { group.addTask { try await server.ask("POST", Place.configMaps, Sample.configMap("c\(i)")).code } }
            for try await code in group { #expect(code == 201) }
        }
        try await eventually("all events") {
            record.events.count
        } until: {
            $0 >= 200
        }
        let revisions: [Int] = record.events.compactMap { $0[["object", "metadata", "resourceVersion"]]?.string.flatMap { Int($0) } }
        #expect(revisions.count == 200 && revisions == revisions.sorted() && Set(revisions).count == 200)
    }
}
