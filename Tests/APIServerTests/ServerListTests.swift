import API
import Machinery
import Store
import TestSupport
import Testing

/// Lists: revisions, pages, selectors and tables. Outside source: "Kubernetes API Concepts" of the Kubernetes documentation.
@Suite struct ServerListTests {
    /// A server with config maps c0…, the even ones labelled.
    func server(maps count: Int, retention: Retention = Retention()) async throws -> TestServer {
        let server = try await TestServer(retention: retention)
        for i in 0..<count {
            let labels: JSON = i.isMultiple(of: 2) ? ["parity": "even", "tier": "a"] : ["parity": "odd"]
            try await server.ask("POST", Place.configMaps, Sample.configMap("c\(i)", labels: labels))
        }
        return server
    }

    @Test func `a list shows the newest state and its revision, sorted by name`() async throws {
        let server = try await server(maps: 3)
        let list: TestServer.Reply = try await server.ask("GET", Place.configMaps)
        #expect(list["kind"] == "ConfigMapList" && list["apiVersion"] == "v1")
        #expect(list.names == ["c0", "c1", "c2"])
        #expect(list.revision == Int(server.store.revision))
        #expect(list["items"]?.array?.first?["kind"] == nil, "items of a list carry no kind")
        #expect(try await server.ask("GET", "/api/v1/configmaps").names == ["c0", "c1", "c2"], "all namespaces")
        let empty: TestServer.Reply = try await server.ask("GET", Place.pods)
        #expect(empty["items"] == [])
    }

    @Test(
        arguments: [
            ("labelSelector=parity%3Deven", ["c0", "c2", "c4"]), ("labelSelector=parity%21%3Deven", ["c1", "c3"]),
            ("labelSelector=parity%20in%20%28odd,none%29", ["c1", "c3"]), ("labelSelector=tier", ["c0", "c2", "c4"]),
            ("labelSelector=%21tier", ["c1", "c3"]), ("fieldSelector=metadata.name%3Dc3", ["c3"]),
            ("fieldSelector=metadata.name%21%3Dc3&labelSelector=%21tier", ["c1"]), ("labelSelector=parity%3Dnone", []),
        ] as [(String, [String])])
    func `selectors choose`(_ query: String, _ names: [String]) async throws {
        let server = try await server(maps: 5)
        #expect(try await server.ask("GET", Place.configMaps + "?" + query).names == names)
    }

    @Test func `pages show one moment, whatever is written between them`() async throws {
        let server = try await server(maps: 5)
        let first: TestServer.Reply = try await server.ask("GET", Place.configMaps + "?limit=2")
        #expect(first.names == ["c0", "c1"] && first["metadata", "remainingItemCount"] == 3)
        try await server.ask("DELETE", Place.configMaps + "/c3")
        try await server.ask("POST", Place.configMaps, Sample.configMap("c22"))
        let token: String = try #require(first["metadata", "continue"]?.string)
        let second: TestServer.Reply = try await server.ask(
            "GET", Place.configMaps + "?limit=2&continue=" + PercentEncoding.encode(token))
        #expect(second.names == ["c2", "c3"] && second.revision == first.revision)
        let next: String = try #require(second["metadata", "continue"]?.string)
        let third: TestServer.Reply = try await server.ask(
            "GET", Place.configMaps + "?limit=2&continue=" + PercentEncoding.encode(next))
        #expect(third.names == ["c4"] && third["metadata", "continue"] == nil && third["metadata", "remainingItemCount"] == nil)
    }

    @Test func `pages with a selector are full, and do not say how many follow`() async throws {
        let server = try await server(maps: 9)
        let first: TestServer.Reply = try await server.ask("GET", Place.configMaps + "?limit=2&labelSelector=parity%3Dodd")
        #expect(first.names == ["c1", "c3"] && first["metadata", "remainingItemCount"] == nil)
        #expect(first["metadata", "continue"] != nil)
    }

    @Test func `a continue token whose revision is compacted answers 410`() async throws {
        let server = try await server(maps: 4)
        let first: TestServer.Reply = try await server.ask("GET", Place.configMaps + "?limit=2")
        let token: String = try #require(first["metadata", "continue"]?.string)
        try await server.ask("DELETE", Place.configMaps + "/c3")
        try await server.store.compact(to: server.store.revision)
        let late: TestServer.Reply = try await server.ask("GET", Place.configMaps + "?limit=2&continue=" + PercentEncoding.encode(token))
        #expect(late.code == 410 && late["reason"] == "Expired", "\(late)")
        let why = "The provided continue parameter is too old to display a consistent list result."
        #expect(late["message"]?.string?.hasPrefix(why) == true)
        let inconsistent: String = try #require(late["metadata", "continue"]?.string)
        let rest: TestServer.Reply = try await server.ask(
            "GET", Place.configMaps + "?limit=2&continue=" + PercentEncoding.encode(inconsistent))
        #expect(rest.names == ["c2"], "the token of the refusal goes on with the newest state")
        #expect(try await server.ask("GET", Place.configMaps + "?continue=nonsense").code == 400)
    }

    @Test func `resourceVersion chooses the moment of a list`() async throws {
        let server = try await server(maps: 2)
        let before: TestServer.Reply = try await server.ask("GET", Place.configMaps)
        try await server.ask("POST", Place.configMaps, Sample.configMap("c9"))
        func names(_ query: String) async throws -> [String] { try await server.ask("GET", Place.configMaps + "?" + query).names }
        #expect(try await names("resourceVersion=\(before.revision)&resourceVersionMatch=Exact") == ["c0", "c1"])
        #expect(try await names("resourceVersion=\(before.revision)&resourceVersionMatch=NotOlderThan") == ["c0", "c1", "c9"])
        #expect(try await names("resourceVersion=0") == ["c0", "c1", "c9"])
        let future: TestServer.Reply = try await server.ask("GET", Place.configMaps + "?resourceVersion=1000000")
        #expect(future.code == 504 && future["reason"] == "Timeout")
        #expect(future["message"] == .string("Timeout: Too large resource version: 1000000, current: \(server.store.revision)"))
        #expect(future["details", "retryAfterSeconds"] == 1)
        #expect(future["details", "causes"] == [["reason": "ResourceVersionTooLarge", "message": "Too large resource version"]])
    }

    /// Source: the tests of `ValidateListOptions` in k8s.io/apimachinery.
    @Test(
        arguments: [
            (
                "resourceVersionMatch=Exact", 422,
                "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided"
            ),
            (
                "resourceVersionMatch=Exact&resourceVersion=0", 422,
                "resourceVersionMatch: Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""
            ),
            (
                "resourceVersionMatch=foo&resourceVersion=1", 422,
                "resourceVersionMatch: Unsupported value: \"foo\": supported values: \"Exact\", \"NotOlderThan\", \"\""
            ),
            ("sendInitialEvents=true", 422, "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list"),
            (
                "watch=true&resourceVersionMatch=NotOlderThan", 422,
                "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
            ),
            ("watch=true&resourceVersion=1000000", 504, "Timeout: Too large resource version: 1000000, current: "),
            ("continue=x", 400, "invalid continue token: continue key is not valid: "),
            ("continue=x&resourceVersion=5", 400, "specifying resource version is not allowed when using continue"),
            (
                "fieldSelector=data.key%3Dx", 400,
                "\"data.key\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
            ),
            ("limit=x", 400, ""),
        ] as [(String, Int, String)])
    func `options that do not go together are refused`(_ query: String, _ code: Int, _ message: String) async throws {
        let reply: TestServer.Reply = try await TestServer().ask("GET", Place.configMaps + "?" + query)
        #expect(reply.code == code)
        let prefix: String = code == 422 ? "ListOptions.meta.k8s.io \"\" is invalid: " : ""
        #expect(reply["message"]?.string?.hasPrefix(prefix + message) == true, "\(reply)")
    }

    @Test(arguments: [("..", "may not be '..'"), ("a%2Fb", "may not contain '/'"), ("a%25b", "may not contain '%'")])
    func `a name that leads elsewhere is refused`(_ name: String, _ why: String) async throws {
        let server = try await TestServer()
        let reply: TestServer.Reply = try await server.ask("GET", Place.configMaps + "/" + name)
        #expect(reply.code == 400 && reply["message"]?.string?.hasPrefix("Name parameter invalid: ") == true)
        #expect(reply["message"]?.string?.hasSuffix(why) == true)
        #expect(try await server.ask("GET", "/api/v1/namespaces/\(name)/configmaps").code == 400)
    }

    @Test func `an exact list of a compacted revision answers 410`() async throws {
        let server = try await server(maps: 2)
        let before: TestServer.Reply = try await server.ask("GET", Place.configMaps)
        try await server.ask("POST", Place.configMaps, Sample.configMap("c9"))
        try await server.store.compact(to: server.store.revision)
        let late: TestServer.Reply = try await server.ask(
            "GET", Place.configMaps + "?resourceVersionMatch=Exact&resourceVersion=\(before.revision)")
        #expect(late.code == 410, "\(late)")
        #expect(late["reason"] == "Expired")
    }

    @Test func `a table has columns, cells and the metadata of each object`() async throws {
        let server = try await server(maps: 1)
        let accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
        try await server.ask("POST", Place.pods, Sample.pod("p"))
        let table: TestServer.Reply = try await server.ask("GET", Place.pods, accept: accept)
        #expect(table["kind"] == "Table" && table["apiVersion"] == "meta.k8s.io/v1")
        let columns: [String] = (table["columnDefinitions"]?.array ?? []).compactMap { $0["name"]?.string }
        #expect(columns == ["Name", "Ready", "Status", "Restarts", "Age", "IP", "Node", "Nominated Node", "Readiness Gates"])
        let row: JSON = try #require(table["rows"]?.array?.first)
        #expect(row["cells"] == ["p", "0/1", "Pending", "0", "0s", "<none>", "<none>", "<none>", "<none>"])
        #expect(row[["object", "kind"]] == "PartialObjectMetadata" && row[["object", "metadata", "name"]] == "p")
        let one: TestServer.Reply = try await server.ask("GET", Place.configMaps + "/c0?includeObject=None", accept: accept)
        #expect(one["rows"]?.array?.first?["cells"] == ["c0", 1, "0s"])
        #expect(one["rows"]?.array?.first?["object"] == .null)
    }

    @Test func `metadata alone can be asked for`() async throws {
        let server = try await server(maps: 2)
        let list: TestServer.Reply = try await server.ask(
            "GET", Place.configMaps, accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io")
        #expect(list["kind"] == "PartialObjectMetadataList" && list.names == ["c0", "c1"])
        #expect(list["items"]?.array?.allSatisfy { $0["data"] == nil } == true)
        let one: TestServer.Reply = try await server.ask(
            "GET", Place.configMaps + "/c0", accept: "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io")
        #expect(one["kind"] == "PartialObjectMetadata" && one["metadata", "name"] == "c0" && one["data"] == nil)
    }
}
