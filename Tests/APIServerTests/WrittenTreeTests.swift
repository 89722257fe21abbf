@testable import APIServer
import API
import Machinery
import Store
import TestSupport
import Testing

/// What watches in this process get of a write.
@Suite struct WrittenTreeTests {
    @Test(arguments: [
        (Place.pods, Sample.pod("a", labels: ["app": "a"])), (Place.deployments, Sample.deployment("a")),
        (Place.configMaps, Sample.configMap("a")), (Place.services, Sample.service("a")),
    ])
    func `the tree that was written is that of the stored bytes, without managed fields`(place: String, object: JSON) async throws {
        let server = try await TestServer()
        try await server.ask("POST", place, object)
        var (kept, read): (String?, String?) = (try tree(server), try stored(server))
        #expect(kept == read)
        try await server.ask("PATCH", place + "/a", ["metadata": ["annotations": ["note": "b"]]], type: .mergePatch)
        (kept, read) = (try tree(server), try stored(server))
        #expect(kept == read)
    }

    /// As text: the members stand in the same order.
    private func tree(_ server: TestServer) throws -> String? {
        let entry: Entry = try newest(server)
        let form = EventRings.Tree(
            isWhole: true, omitsManagedFields: true, apiVersion: try JSON(parsing: entry.value)["apiVersion"]?.string ?? "")
        return server.server.watches.rings.trees.known(entry.revision, form)?.text()
    }

    private func stored(_ server: TestServer) throws -> String? {
        let bytes: [UInt8] = try newest(server).value
        return try JSONScanner.tree(of: bytes, in: 0..<bytes.count, without: [["metadata", "managedFields"]]).text()
    }

    /// Of the object itself: the server writes others beside it.
    private func newest(_ server: TestServer) throws -> Entry {
        let all: (events: [StoreEvent], cursor: Revision) = try server.store.events(prefix: "", after: 0, limit: 1_000)
        return try #require(all.events.last { $0.entry.key.hasSuffix("/default/a") }?.entry)
    }

    @Test func `a watch passes over what others wrote, and over nothing of its own`() {
        let indexer = Indexer { _, _ in NoIndex() }
        func event(_ key: String, _ revision: Revision) -> StoreEvent {
            let entry = Entry(key: key, value: [], revision: revision, created: revision, indexer: indexer)
            return StoreEvent(entry: entry, previous: nil, isDelete: false)
        }
        let writes = ResourceWrites()
        #expect(writes.quiet("core/pods", since: 7) == nil, "nothing is known yet")
        #expect(
            writes.add([event("core/nodes/a", 10), event("core/pods/default/a", 11), event("core/nodes/a", 13)]) == [
                "core/nodes", "core/pods",
            ])
        #expect(writes.quiet("core/pods", since: 9) == nil, "what happened before is not known")
        #expect(writes.quiet("core/pods", since: 10) == nil)
        #expect(writes.quiet("core/pods", since: 11) == 13)
        #expect(writes.quiet("core/services", since: 10) == 13)
        #expect(writes.quiet("core/nodes", since: 13) == nil)
    }
}

private final class NoIndex: Sendable {}
