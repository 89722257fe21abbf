@testable import APIServer
import API
import Machinery
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Outside source: the OpenAPI documents of Kubernetes v1.36, by the facts that kubectl reads from them.
@Suite struct OpenAPITests {
    static let documents = OpenAPIDocuments(types: Registry.types)

    func document(_ path: String) throws -> JSON {
        let found: OpenAPIDocuments.Document = try #require(Self.documents.document(path), "\(path)")
        return try JSON(parsing: found.bytes)
    }

    @Test func `version 2 has the paths, actions and kinds of a resource`() throws {
        let swagger: JSON = try document("/openapi/v2")
        let paths: JSON = try #require(swagger["paths"])
        let create: JSON = try #require(paths["/apis/apps/v1/namespaces/{namespace}/deployments"]?["post"])
        #expect(create["operationId"] == "createAppsV1NamespacedDeployment")
        #expect(create["x-kubernetes-action"] == "post")
        #expect(create["x-kubernetes-group-version-kind"] == ["group": "apps", "kind": "Deployment", "version": "v1"])
        let scale: JSON = try #require(paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale"]?["put"])
        #expect(scale["x-kubernetes-group-version-kind"] == ["group": "autoscaling", "kind": "Scale", "version": "v1"])
        #expect(paths["/api/v1/watch/namespaces/{namespace}/pods/{name}"]?["get"]?["operationId"] == "watchCoreV1NamespacedPod")
        #expect(paths["/api/v1/namespaces/{name}/finalize"]?["put"]?["operationId"] == "replaceCoreV1NamespaceFinalize")
    }

    @Test func `definitions say how fields merge and what is required`() throws {
        let definitions: JSON = try #require(try document("/openapi/v2")["definitions"])
        let spec: JSON = try #require(definitions["io.k8s.api.core.v1.PodSpec"])
        #expect(spec["required"] == ["containers"])
        let containers: JSON = try #require(spec["properties"]?["containers"])
        #expect(containers["x-kubernetes-patch-merge-key"] == "name")
        #expect(containers["x-kubernetes-patch-strategy"] == "merge")
        #expect(containers["x-kubernetes-list-map-keys"] == ["name"])
        #expect(containers["items"] == ["$ref": "#/definitions/io.k8s.api.core.v1.Container"])
        #expect(definitions["io.k8s.api.apps.v1.DeploymentList"]?["required"] == ["items"])
    }

    @Test(arguments: ["/openapi/v2", "/openapi/v3/api/v1", "/openapi/v3/apis/apps/v1", "/openapi/v3/apis/batch/v1", "/openapi/v3/api"])
    func `every reference has its definition and every member a doc`(_ path: String) throws {
        let json: JSON = try document(path)
        let schemas: JSONObject = try #require((json["definitions"] ?? json["components"]?["schemas"])?.object)
        let names = Set<String>(schemas.keys)
        var missing: Set<String> = []
        Self.visit(json) { reference in
            if reference.hasPrefix("#/parameters/") { return }
            let name = String(reference.split(separator: "/").last ?? "")
            if !names.contains(name) { missing.insert(name) }
        }
        #expect(missing.isEmpty)
        for schema in schemas.members {
            #expect(schema.value["description"]?.string?.isEmpty == false, "\(schema.key)")
            for property in schema.value["properties"]?.object?.members ?? [] {
                #expect(property.value["description"]?.string?.isEmpty == false, "\(schema.key).\(property.key)")
            }
        }
    }

    @Test func `the index names each document with its hash`() throws {
        let paths: JSONObject = try #require(try document("/openapi/v3")["paths"]?.object)
        #expect(paths["apis/apps/v1"] != nil)
        for path in paths.members {
            let found: OpenAPIDocuments.Document = try #require(Self.documents.document("/openapi/v3/" + path.key))
            #expect(path.value["serverRelativeURL"]?.string == "/openapi/v3/\(path.key)?hash=\(found.hash)")
            #expect(found.hash.utf8.count == 128)
        }
    }

    @Test func `a patch names the query parameters that kubectl looks for`() throws {
        let patch: JSON = try #require(
            try document("/openapi/v3/apis/apps/v1")["paths"]?["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]?["patch"])
        let names: [String] = patch["parameters"]?.array?.filter { $0["in"] == "query" }.compactMap { $0["name"]?.string } ?? []
        #expect(names == ["dryRun", "fieldManager", "fieldValidation", "force"])
    }

    /// The bytes are those that Google's protobuf runtime for Python writes of the messages of OpenAPIv3.proto in google/gnostic.
    @Test func `version 3 in protobuf has the numbers of gnostic`() throws {
        let document = try JSON(
            parsing: Array(
                #"""
                {"openapi":"3.0.0","info":{"title":"T","version":"v1"},
                "paths":{"/a":{"get":{"operationId":"g",
                "parameters":[{"name":"n","in":"query","schema":{"uniqueItems":true,"type":"string"}}],
                "responses":{"200":{"description":"OK","content":{"text/x":{"schema":{"$ref":"#/R"}}}}},"x-kubernetes-action":"list"}}},
                "components":{"schemas":{"S":{"required":["p"],"type":"object",
                "properties":{"p":{"allOf":[{"$ref":"#/R"}],"default":{}},"q":{"type":"integer","default":7}},
                "additionalProperties":{"type":"array","items":{"minimum":1.5}}}}}}
                """#.utf8))
        let expected: String =
            "0a05332e302e3012070a01543202763122740a720a022f61126c226a2a0167321c0a1a0a016e12057175657279520e0a0ca00101ca010673"
            + "7472696e67422612240a03323030121d0a1b0a024f4b1a150a130a06746578742f7812090a0712050a03232f526a1f0a13782d6b75626572"
            + "6e657465732d616374696f6e12081206226c697374222a6f0a6d0a6b0a015312660a64ba010170ca01066f626a656374fa01350a140a0170"
            + "120f0a0dd2010712050a03232f528a02000a1d0a017112180a16ca0107696e74656765728a0209090000000000001c4082021c0a1a0a18ca"
            + "01056172726179f2010d0a0b0a0969000000000000f83f"
        #expect(OpenAPIProtobuf.bytes(document, .version3).map { String(Int($0) + 256, radix: 16).suffix(2) }.joined() == expected)
    }

    /// Writes the documents into a folder, for `apicov.py` and a look: `SWKUBE_OPENAPI_DUMP=FOLDER`.
    @Test(.enabled(if: getenv("SWKUBE_OPENAPI_DUMP") != nil)) func `documents can be written to files`() throws {
        let folder: String = try #require(getenv("SWKUBE_OPENAPI_DUMP").map { String(cString: $0) })
        let paths: [String] = ["v2", "v3"] + (try document("/openapi/v3")["paths"]?.object?.keys.map { "v3/" + $0 } ?? [])
        for path in paths {
            let bytes: [UInt8] = try #require(Self.documents.document("/openapi/" + path)).bytes
            let file: String = folder + "/" + path.split(separator: "/").joined(separator: "_") + ".json"
            let handle: UnsafeMutablePointer<FILE> = try #require(fopen(file, "w"))
            #expect(fwrite(bytes, 1, bytes.count, handle) == bytes.count)
            fclose(handle)
        }
    }

    private static func visit(_ json: JSON, _ body: (String) -> Void) {
        switch json {
        case .array(let elements): for element in elements { visit(element, body) }
        case .object(let object):
            for member in object.members {
                if member.key == "$ref", let text: String = member.value.string { body(text) } else { visit(member.value, body) }
            }
        default: break
        }
    }
}
