import API
import APIServer
import HTTP
import Machinery
import TestSupport
import Testing

/// Bytes on the wire: forms of answers, as HTTP clients see them.
@Suite struct ServerWireTests {
    private static let protobuf: HTTPHeaders = ["Accept": "application/vnd.kubernetes.protobuf"]

    /// Reads an answer in protobuf.
    private func tree(_ response: HTTPResponse, _ schema: ObjectSchema) throws -> JSON {
        #expect(response.headers["content-type"] == "application/vnd.kubernetes.protobuf")
        return try schema.decode(protobuf: Protobuf.envelope(response.body).message)
    }

    @Test func `objects go both ways in protobuf`() async throws {
        try await TestFront.with(try await TestServer()) { front in
            let schema: ObjectSchema = ConfigMap.definition.schema
            let body: [UInt8] = Protobuf.object(
                Sample.configMap("a").serialized(), apiVersion: "v1", kind: "ConfigMap", schema)
            var headers: HTTPHeaders = Self.protobuf
            headers.set("Content-Type", "application/vnd.kubernetes.protobuf")
            let made: HTTPResponse = try await front.send("POST", Place.configMaps, headers, body)
            #expect(made.status == 201)
            let json: JSON = try await front.server.ask("GET", Place.configMaps + "/a").json
            for answer in [made, try await front.send("GET", Place.configMaps + "/a", Self.protobuf)] {
                let read: JSON = try tree(answer, schema)
                #expect(read["metadata"] == json["metadata"] && read["data"] == ["key": "value"])
            }
            let gone: HTTPResponse = try await front.send("GET", Place.configMaps + "/b", Self.protobuf)
            #expect(try gone.status == 404 && Protobuf.envelope(gone.body).kind == "Status")
        }
    }

    @Test func `lists and their metadata come in protobuf`() async throws {
        let server = try await TestServer()
        for name in ["a", "b"] { try await server.ask("POST", Place.configMaps, Sample.configMap(name)) }
        try await TestFront.with(server) { front in
            let list: HTTPResponse = try await front.send("GET", Place.configMaps, Self.protobuf)
            #expect(try list.status == 200 && Protobuf.envelope(list.body).kind == "ConfigMapList")
            #expect(list.body.firstRange(of: Array("value".utf8)) != nil)
            let metadata: HTTPResponse = try await front.send(
                "GET", Place.configMaps,
                ["Accept": "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"])
            let envelope = try Protobuf.envelope(metadata.body)
            #expect(envelope.kind == "PartialObjectMetadataList" && envelope.apiVersion == "meta.k8s.io/v1")
            #expect(metadata.body.firstRange(of: Array("value".utf8)) == nil)
            let groups: HTTPResponse = try await front.send("GET", "/apis", Self.protobuf)
            #expect(try Protobuf.envelope(groups.body).kind == "APIGroupList")
        }
    }

    @Test func `a watch comes in protobuf, one frame an event`() async throws {
        let server = try await TestServer()
        try await server.ask("POST", Place.configMaps, Sample.configMap("a"))
        try await TestFront.with(server) { front in
            let watch = try await front.client.stream(
                HTTPClientRequest(
                    target: Place.configMaps + "?watch=true", headers: ["Accept": "application/vnd.kubernetes.protobuf;stream=watch"]))
            #expect(watch.headers["content-type"] == "application/vnd.kubernetes.protobuf;stream=watch")
            try await server.ask("DELETE", Place.configMaps + "/a")
            var bytes: [UInt8] = []
            for try await part in watch.body {
                bytes += part
                if bytes.firstRange(of: Array("DELETED".utf8)) != nil { break }
            }
            #expect(bytes.firstRange(of: Array("ADDED".utf8))?.lowerBound == 6)
            #expect(bytes.firstRange(of: Array("k8s\0".utf8)) != nil)
        }
    }

    @Test(arguments: [2, 3]) func `OpenAPI comes in protobuf for who names its type`(_ version: Int) async throws {
        try await TestFront.with(try await TestServer()) { front in
            let path: String = version == 2 ? "/openapi/v2" : "/openapi/v3/apis/apps/v1"
            let type: String = "application/com.github.proto-openapi.spec.v\(version).v1.0+protobuf"
            let old: String = "application/com.github.proto-openapi.spec.v\(version)@v1.0+protobuf"
            let json: HTTPResponse = try await front.send("GET", path)
            for accept in [type, old, old + ",application/json;q=0.9"] {
                let answer: HTTPResponse = try await front.send("GET", path, ["Accept": accept])
                #expect(answer.headers["content-type"] == type && answer.body.first == 10)
                #expect(version == 2 || answer.headers["etag"] == json.headers["etag"])
            }
            for accept in ["application/json," + type, "text/html,*/*"] {
                #expect(try await front.send("GET", path, ["Accept": accept]).body == json.body)
            }
            #expect(try await front.send("GET", path, ["Accept": "application/xml"]).status == 406)
        }
    }

    @Test func `profiles of the process are for those who may read their path`() async throws {
        let server = try await TestServer { configuration, _ in
            configuration.profiles = { name, option in
                switch name {
                case "": ProfilePage("index")
                case "profile": ProfilePage([1, 2, 3], type: ProfilePage.file)
                case "symbol": ProfilePage(option("") ?? "")
                default: ProfilePage("Unknown profile\n", code: 404)
                }
            }
        }
        try await TestFront.with(server) { front in
            let short: HTTPResponse = try await front.send("GET", "/debug/pprof")
            #expect(short.status == 301 && short.headers["location"] == "/debug/pprof/")
            #expect(try await front.send("GET", "/debug/pprof/").body == Array("index".utf8))
            let file: HTTPResponse = try await front.send("GET", "/debug/pprof/profile?seconds=1")
            #expect(file.headers["content-type"] == "application/octet-stream" && file.body.starts(with: [0x1F, 0x8B]))
            #expect(try await front.send("GET", "/debug/pprof/heap").status == 404)
            #expect(try await front.send("DELETE", "/debug/pprof/profile").status == 405)
            let refused: HTTPResponse = try await front.send("GET", "/debug/pprof/profile", ["Impersonate-User": "jane"])
            #expect(refused.status == 403)
            #expect(
                try JSON(parsing: refused.body)["message"]
                    == #"forbidden: User "jane" cannot get path "/debug/pprof/profile""#)
        }
    }

    @Test func `logs of the control plane are pages`() async throws {
        let server = try await TestServer { configuration, _ in
            configuration.logPage = { path in
                switch path {
                case "", "/": ("text/html; charset=utf-8", Array("<pre>".utf8))
                case "/a b.log": ("text/plain; charset=utf-8", Array("line".utf8))
                default: nil
                }
            }
        }
        try await TestFront.with(server) { front in
            let file: HTTPResponse = try await front.send("GET", "/logs/a%20b.log")
            #expect(file.status == 200 && file.body == Array("line".utf8))
            #expect(file.headers["content-type"] == "text/plain; charset=utf-8")
            let folder: HTTPResponse = try await front.send("GET", "/logs")
            #expect(folder.status == 301 && folder.headers["location"] == "logs/")
            #expect(try await front.send("GET", "/logs/").body == Array("<pre>".utf8))
            #expect(try await front.send("GET", "/logs/x").status == 404)
            #expect(try await front.send("POST", "/logs/").status == 405)
        }
    }

    @Test func `warnings leave room for the other headers`() async throws {
        try await TestFront.with(try await TestServer()) { front in
            func warnings(_ count: Int, length: Int) async throws -> [String] {
                var map: JSON = Sample.configMap("a")
                for i in 0..<count { map["\(i)" + String(repeating: "x", count: length)] = 1 }
                return try await front.send("POST", Place.configMaps + "?dryRun=All", [:], map.serialized()).headers.all("warning")
            }
            #expect(try await warnings(3, length: 300).allSatisfy { $0.utf8.count > 300 })
            let cut: [String] = try await warnings(300, length: 300)
            #expect(cut.count == 16 && cut.allSatisfy { $0.utf8.count < 280 }, "\(cut.count)")
        }
    }

    @Test func `people get indented JSON, programs a line`() async throws {
        let server = try await TestServer()
        try await server.ask("POST", Place.configMaps, Sample.configMap("a"))
        try await TestFront.with(server) { front in
            func text(_ query: String, _ headers: HTTPHeaders) async throws -> String {
                String(decoding: try await front.send("GET", Place.configMaps + "/a" + query, headers).body, as: UTF8.self)
            }
            let line: String = try await text("", [:])
            #expect(line.hasPrefix(#"{"kind":"ConfigMap","apiVersion":"v1","#) && line.hasSuffix("}\n") && line.count { $0 == "\n" } == 1)
            let indented: String = try await text("", ["User-Agent": "curl/8.5.0"])
            #expect(indented.hasPrefix("{\n  \"kind\": \"ConfigMap\",\n  \"apiVersion\"") && indented.hasSuffix("\n}"))
            #expect(try await text("?pretty=true", [:]) == indented)
            #expect(try await text("?pretty=false", ["User-Agent": "curl/8.5.0"]) == line)
            #expect(try await text("", ["Accept": "application/yaml"]).contains("kind: ConfigMap\n"))
            let refused: HTTPResponse = try await front.send("GET", Place.configMaps, ["Accept": "application/cbor"])
            #expect(refused.status == 406 && String(decoding: refused.body, as: UTF8.self).hasPrefix("{\n  \"kind\": \"Status\""))
        }
    }

    @Test func `large answers are compressed for those who ask`() async throws {
        let server = try await TestServer()
        let text: JSON = .string(String(repeating: "0123456789", count: 20_000))
        try await server.ask("POST", Place.configMaps, Sample.configMap("large", data: ["key": text]))
        try await server.ask("POST", Place.configMaps, Sample.configMap("small"))
        try await TestFront.with(server) { front in
            let gzip: HTTPHeaders = ["Accept-Encoding": "gzip"]
            let plain: HTTPResponse = try await front.send("GET", Place.configMaps + "/large")
            let packed: HTTPResponse = try await front.send("GET", Place.configMaps + "/large", gzip)
            #expect(packed.headers["content-encoding"] == "gzip" && packed.headers["vary"] == "Accept-Encoding")
            #expect(packed.body.count < plain.body.count / 10 && packed.body.starts(with: [0x1F, 0x8B]))
            let length: Int = packed.body.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
            #expect(length == plain.body.count, "the foot of gzip tells the length")
            let small: HTTPResponse = try await front.send("GET", Place.configMaps + "/small", gzip)
            #expect(small.headers["content-encoding"] == nil)
        }
    }

    @Test(arguments: [
        ("OPTIONS", "/apis/apps/v1/names/p%7Dces/a", 405), ("HEAD", "/api/v1/%3C:/*a/services/%C3%A4/status?dryRun=All", 404),
        ("PATCH", "/apis/x/ficates.k8s.io/%3C&a/(*a,*a)/x/a", 415), ("GET", "/api/v1/%ff/a", 400),
        ("HEAD", "/api/v1/pods?watch=true", 200), ("GET", "/" + String(repeating: "a", count: 5000), 404),
    ])
    func `odd requests leave the connection as it should be`(_ method: String, _ target: String, _ status: Int) async throws {
        try await TestFront.with(try await TestServer()) { front in
            for _ in 0..<2 {
                let odd: HTTPResponse = try await front.send(method, target)
                let next: HTTPResponse = try await front.send("GET", "/version")
                #expect(odd.status == status && next.status == 200)
            }
        }
    }

    @Test(arguments: [
        ("/nope", false), ("/nope/", false), ("/apis/nope.io", false), ("/apis/nope.io/v1/things", false), ("/openapi/v3/nope", false),
        ("/healthz/nope", false), ("/api/v9", true), ("/api/v1/nopes", true), ("/apis/apps/v9", true), ("/apis/apps/v1/nopes", true),
    ])
    func `what is not there is a Status below the API and a page elsewhere`(_ path: String, _ isStatus: Bool) async throws {
        try await TestFront.with(try await TestServer()) { front in
            let answer: HTTPResponse = try await front.send("GET", path)
            #expect(answer.status == 404)
            #expect(answer.headers["content-type"] == (isStatus ? "application/json" : "text/plain; charset=utf-8"))
            let text = String(decoding: answer.body, as: UTF8.self)
            #expect(isStatus ? text.contains("the server could not find the requested resource") : text == "404 page not found\n")
        }
    }

    @Test(arguments: [
        ("watch", true), ("watch=", true), ("watch=1", true), ("watch=True", true), ("watch=x", true), ("watch=0", false),
        ("watch=False", false), ("", false),
    ])
    func `a flag in a query is on unless it says otherwise`(_ query: String, _ isOn: Bool) throws {
        guard case .resource(let request) = try Route.target(method: "GET", path: "/api/v1/pods", query: query) else {
            return #expect(Bool(false), "no resource")
        }
        #expect(request.verb == (isOn ? .watch : .list))
    }

    @Test func `a watch of what is deprecated warns as a list does`() async throws {
        try await TestFront.with(try await TestServer()) { front in
            let target = "/api/v1/namespaces/default/endpoints?watch=true"
            let (_, headers, _): (Int, HTTPHeaders, HTTPBody) = try await front.client.stream(HTTPClientRequest(target: target))
            #expect(headers["warning"] == "299 - \"v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice\"")
        }
    }

    @Test func `tables and partial objects have their older name for clients that ask for it`() async throws {
        let server = try await TestServer(isPaused: false)
        try await server.ask("POST", Place.configMaps, Sample.configMap("a"))
        try await TestFront.with(server) { front in
            func json(_ form: String, _ path: String = Place.configMaps) async throws -> JSON {
                try JSON(
                    parsing: try await front.send("GET", path, ["Accept": "application/json;as=\(form);v=v1beta1;g=meta.k8s.io"]).body)
            }
            let table: JSON = try await json("Table")
            #expect(table["kind"] == "Table" && table["apiVersion"] == "meta.k8s.io/v1beta1")
            #expect(table["rows"]?.array?.first?[["object", "apiVersion"]] == "meta.k8s.io/v1beta1")
            let list: JSON = try await json("PartialObjectMetadataList")
            #expect(list["apiVersion"] == "meta.k8s.io/v1beta1" && list["items"]?.array?.first?["apiVersion"] == "meta.k8s.io/v1beta1")
            let events: JSON = try await json("PartialObjectMetadata", Place.configMaps + "?watch=1&timeoutSeconds=1")
            #expect(events[["object", "apiVersion"]] == "meta.k8s.io/v1beta1")
        }
    }

    @Test func `a review has no table, and an OpenAPI document an address that names its content`() async throws {
        try await TestFront.with(try await TestServer()) { front in
            let review: JSON = ["spec": ["nonResourceAttributes": ["path": "/", "verb": "get"]]]
            let refused: HTTPResponse = try await front.send(
                "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                ["Content-Type": "application/json", "Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"], review.serialized())
            #expect(refused.status == 406)

            let index: JSON = try JSON(parsing: try await front.send("GET", "/openapi/v3").body)
            let address: String = try #require(index[["paths", "apis/apps/v1", "serverRelativeURL"]]?.string)
            let kept: HTTPResponse = try await front.send("GET", address)
            #expect(kept.status == 200 && kept.headers["cache-control"] == "public, immutable" && kept.headers["expires"] != nil)
            let moved: HTTPResponse = try await front.send("GET", "/openapi/v3/apis/apps/v1?hash=0")
            #expect(moved.status == 301 && moved.headers["location"] == address)
        }
    }

    @Test func `a watch can be had over WebSocket, with a token among its protocols`() async throws {
        let server = try await TestServer()
        let made: TestServer.Reply = try await server.ask("POST", Place.configMaps, Sample.configMap("a"))
        try await TestFront.with(server) { front in
            let request = HTTPClientRequest(
                target: Place.configMaps + "?watch=1&resourceVersion=\(made.revision)",
                headers: WebSocketHandshake.request(protocols: ["base64.binary.k8s.io"]), timeout: .seconds(20))
            guard case .upgraded(let headers, let connection) = try await front.client.upgrade(request, to: .webSocket) else {
                throw TestFailure("no WebSocket")
            }
            #expect(headers["Sec-WebSocket-Protocol"] == "base64.binary.k8s.io")
            try await server.ask("PATCH", Place.configMaps + "/a", ["data": ["key": "two"]])
            try await server.ask("DELETE", Place.configMaps + "/a")
            for type in ["MODIFIED", "DELETED"] {
                let message: UpgradedConnection.Message = try #require(await connection.next())
                let event: JSON = try JSON(parsing: message.bytes)
                #expect(message.isText && event["type"]?.string == type && event[["object", "metadata", "name"]] == "a")
            }
            connection.close()
        }
    }

    @Test(arguments: [
        ("/healthz", 200, "ok"), ("/livez/ping", 200, "ok"), ("/readyz/nothing", 404, ""), ("/readyz/etcd", 200, "ok"),
        ("/readyz?verbose", 200, "[+]ping ok\n[+]log ok\n[+]etcd ok\n[+]etcd-readiness ok\n[+]informer-sync ok\n"),
        ("/livez?verbose&exclude=log", 200, "[+]ping ok\n[+]log excluded: ok\n[+]etcd ok\n[+]poststarthook/"),
        ("/livez?verbose&exclude=x", 200, "[+]ping ok\n[+]log ok\n[+]etcd ok\n[+]poststarthook/"),
    ])
    func `health is told in whole and by check`(_ path: String, _ status: Int, _ text: String) async throws {
        try await TestFront.with(try await TestServer()) { front in
            let answer: HTTPResponse = try await front.send("GET", path)
            #expect(answer.status == status)
            let told = String(decoding: answer.body, as: UTF8.self)
            guard path.contains("?") else { return #expect(status != 200 || told == text) }
            #expect(told.hasPrefix(text) && told.hasSuffix(" check passed\n"))
            #expect(told.contains("warn: some health checks cannot be excluded: no matches for \"x\"\n") == path.hasSuffix("exclude=x"))
        }
    }

    @Test func `a body over the limit is refused in words`() async throws {
        try await TestFront.with(try await TestServer()) { front in
            let body: [UInt8] = Array(repeating: UInt8(ascii: " "), count: 3 * 1024 * 1024 + 1)
            let refused: HTTPResponse = try await front.send("POST", Place.configMaps, ["Content-Type": "application/json"], body)
            #expect(refused.status == 413)
            let status: JSON = try JSON(parsing: refused.body)
            #expect(status["reason"] == "RequestEntityTooLarge")
            #expect(status["message"] == "Request entity too large: limit is 3145728")
        }
    }
}
