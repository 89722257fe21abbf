import API
import APIServer
import Client
import Dashboard
import Machinery
import TestSupport
import Testing

@Suite struct TableTests {
    private static func row(_ cells: [String], _ uid: String, created: String? = nil) -> ResourceTable.Row {
        var metadata: JSON = ["name": .string(cells[0]), "namespace": "shop", "uid": .string(uid)]
        if let created { metadata["creationTimestamp"] = .string(created) }
        return ResourceTable.Row(cells, object: ["metadata": metadata])
    }

    private static let table = ResourceTable(
        columns: ["NAME", "READY", "RESTARTS", "AGE"].map { ResourceTable.Column($0) },
        rows: [
            row(["b", "1/1", "10 (3s ago)", "5m"], "1", created: "2026-01-01T00:00:05Z"),
            row(["a", "0/1", "9", "2h"], "2", created: "2026-01-01T00:00:00Z"),
            row(["c", "1/1", "0", "1s"], "3", created: "2026-01-01T00:01:00Z"),
        ])

    @Test(arguments: [
        ("", false, ["a", "b", "c"]), ("RESTARTS", false, ["c", "a", "b"]), ("RESTARTS", true, ["b", "a", "c"]),
        ("AGE", false, ["c", "b", "a"]),
        ("READY", false, ["a", "b", "c"]), ("NAMESPACE", false, ["a", "b", "c"]),
    ])
    func `rows are sorted as people mean the column`(column: String, isDescending: Bool, names: [String]) {
        let order = TableOrder(column: column, isDescending: isDescending)
        let sorted: [String] = order.sorted(Self.table, Array(Self.table.rows.values)).map(\.name)
        #expect(sorted == names)
    }

    @Test(arguments: [
        ("", 3), ("0/1", 1), ("!0/1", 2), ("SHOP", 3), ("nothing", 0), ("^[ab]$", 2), ("!^[AB]$", 1), ("^(a|c)$", 2), ("(", 1),
    ])
    func `a filter takes rows in which a cell fits an expression, or holds what is none`(text: String, count: Int) {
        let taken: Int = Self.table.rows.values.count { RowFilter(text).takes($0) }
        #expect(taken == count)
    }

    @Test func `a feed lists and watches with the server's columns, custom resources too`() async throws {
        let server = try await TestServer()
        try await server.client.create(ConfigMap.new("one", namespace: "default"))
        let changes = AsyncStream<TableChange>.makeStream()
        let query = TableQuery(APIResource(ConfigMap.names), namespace: "default")
        let feed = TableFeed(server.client.transport, query, now: { Time(seconds: 0) })
        let task = Task { await feed.run { changes.continuation.yield($0) } }
        defer { task.cancel() }
        var table = ResourceTable()
        var hasCreated: Bool = false
        for await change in changes.stream {
            switch change {
            case .list(let list):
                table.replace(list)
                #expect(table.columns.map(\.name) == ["NAME", "DATA", "AGE"])
                #expect(table.rows.values.map(\.name) == ["one"])
                try await server.client.create(ConfigMap.new("two", namespace: "default"))
            case .event(let event):
                table.apply(event)
                if !hasCreated {
                    #expect(Set(table.rows.values.map(\.name)) == ["one", "two"])
                    hasCreated = true
                    try await server.client.delete(ConfigMap.self, ObjectKey(namespace: "default", name: "one"))
                } else if event.kind == .deleted {
                    #expect(table.rows.values.map(\.name) == ["two"])
                    return
                }
            case .failure(let text): throw TestFailure(text)
            }
        }
    }

    @Test func `a feed tells why nothing comes`() async throws {
        let server = try await TestServer()
        let nobody: Client = server.client(as: UserInfo(name: "nobody", groups: []))
        let failures = AsyncStream<String>.makeStream()
        let task = Task {
            await TableFeed(nobody.transport, TableQuery(APIResource(Secret.names)), now: { Time(seconds: 0) }).run { change in
                if case .failure(let text) = change { failures.continuation.yield(text) }
            }
        }
        defer { task.cancel() }
        for await text in failures.stream {
            #expect(text.contains("secrets is forbidden: User \"nobody\" cannot list resource \"secrets\""))
            return
        }
    }
}
