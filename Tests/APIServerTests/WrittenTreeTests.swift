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
        #expect(try tree(server) == stored(server))
        try await server.ask("PATCH", place + "/a", ["metadata": ["annotations": ["note": "b"]]], type: .mergePatch)
        #expect(try tree(server) == stored(server))
    }

    /// As text: the members stand in the same order.
    private func tree(_ server: TestServer) throws -> String? {
        let object = try JSON(parsing: newest(server))
        let form = EventRings.Tree(isWhole: true, omitsManagedFields: true, apiVersion: object["apiVersion"]?.string ?? "")
        return server.server.watches.rings.trees.known(server.store.revision, form)?.text()
    }

    private func stored(_ server: TestServer) throws -> String? {
        let bytes: [UInt8] = try newest(server)
        return try JSONScanner.tree(of: bytes, in: 0..<bytes.count, without: ["metadata", "managedFields"]).text()
    }

    private func newest(_ server: TestServer) throws -> [UInt8] {
        let last: (events: [StoreEvent], cursor: Revision) = try server.store.events(prefix: "", after: server.store.revision - 1, limit: 1)
        return last.events.first?.entry.value ?? []
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
