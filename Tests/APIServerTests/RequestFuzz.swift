import API
import HTTP
import Machinery

/// Makes requests that are nearly good: objects, patches and paths with damage. The same seed makes the same requests.
struct RequestFuzz {
    struct Request: CustomStringConvertible, Sendable {
        let method: String
        let target: String
        let headers: HTTPHeaders
        let body: [UInt8]
        var isWatch: Bool { target.contains("watch") }

        var description: String {
            let head: String = "\(method) \(target) \(headers.pairs.map { "\($0.name): \($0.value)" })"
            return head + " " + (String(validating: body.prefix(4000), as: UTF8.self) ?? "base64 " + Base64Text.encode(body.prefix(4000)))
        }
    }

    private var random: SeededRandom
    private let types: [ResourceType]

    init(seed: UInt64, types: [ResourceType]) {
        random = SeededRandom(seed: seed)
        self.types = types
    }

    mutating func next() -> Request {
        let type: ResourceType = pick(types)
        let (method, contentType): (String, String?) = pick(Self.methods)
        var headers: HTTPHeaders = [:]
        if let accept = pick(Self.accepts) { headers.set("Accept", accept) }
        if let contentType { headers.set("Content-Type", contentType) }
        if chance(10) { headers.set("Accept-Encoding", "gzip") }
        let name: String = pick(Self.names)
        return Request(
            method: method, target: target(type, method, name), headers: headers,
            body: contentType.map { body($0, type, name) } ?? (method == "DELETE" && chance(2) ? text(deleteOptions()) : []))
    }

    // MARK: - Paths

    private static let methods: [(String, String?)] = [
        ("GET", nil), ("GET", nil), ("DELETE", nil), ("POST", "application/json"), ("POST", "application/json"),
        ("POST", "application/yaml"),
        ("POST", "application/vnd.kubernetes.protobuf"), ("PUT", "application/json"), ("PUT", "application/vnd.kubernetes.protobuf"),
        ("PATCH", "application/json-patch+json"), ("PATCH", "application/merge-patch+json"),
        ("PATCH", "application/strategic-merge-patch+json"), ("PATCH", "application/apply-patch+yaml"), ("OPTIONS", nil), ("HEAD", nil),
    ]
    private static let accepts: [String?] = [
        nil, "application/json", "application/vnd.kubernetes.protobuf", "application/yaml", "*/*;q=x,,;=", "application/cbor",
        "application/json;as=Table;v=v1;g=meta.k8s.io", "application/json;as=Table;v=v1beta1;g=meta.k8s.io",
        "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
    ]
    private static let names = [
        "a", "b", "a", "b", "kube-system", "default", "bootstrap-token-abcdef", "..", "a%2Fb", "%00", "a%25b", "%C3%A4", "%ff", "-", "A",
    ]
    private static let options = [
        "limit", "continue", "resourceVersion", "resourceVersionMatch", "labelSelector", "fieldSelector", "watch", "timeoutSeconds",
        "sendInitialEvents", "allowWatchBookmarks", "dryRun", "fieldManager", "fieldValidation", "force", "propagationPolicy",
        "gracePeriodSeconds", "pretty", "timeout", "includeObject",
    ]
    private static let values = [
        "", "0", "1", "2", "-1", "true", "false", "All", "Exact", "NotOlderThan", "Strict", "Foreground", "Orphan", "18446744073709551615",
        "99999999999999999999", "a%3Db", "a%20in%20(b,c)", "!a", "a%3D%3D%5C", "metadata.name%3Da", "spec.nodeName!%3D", "%", "%zz", "%00",
        "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiJhIn0", "1h", "x", "None", "Object", "((((((", "a,,b%3D%3D,",
    ]

    private mutating func target(_ type: ResourceType, _ method: String, _ name: String) -> String {
        var path: String = type.names.resource.root
        if chance(20) { path += "/watch" }
        if type.names.isNamespaced, !chance(8) { path += "/namespaces/" + (chance(6) ? pick(Self.names) : "default") }
        path += "/" + type.names.plural
        if method != "POST" || chance(8), !chance(4) { path += "/" + name }
        if chance(4) { path += "/" + (type.names.subresources.isEmpty || chance(4) ? "status" : pick(type.names.subresources).name) }
        if chance(40) { path = String(decoding: damaged(Array(path.utf8)).map { Self.isPlain($0) ? $0 : 0x2F }, as: UTF8.self) }
        if !path.hasPrefix("/") { path = "/" + path }
        var items: [String] = []
        while chance(3), items.count < 6 { items.append(pick(Self.options) + "=" + pick(Self.values)) }
        return items.isEmpty ? path : path + "?" + items.joined(separator: "&")
    }

    /// What RFC 3986 lets stand in a path: the client that sends these refuses all else itself.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "-._~!$&'()*+,;=:@/%".utf8.contains(byte)
        }
    }

    // MARK: - Bodies

    private mutating func body(_ contentType: String, _ type: ResourceType, _ name: String) -> [UInt8] {
        var object: JSON = SchemaSample.object(type.schema)
        object["kind"] = .string(type.names.kind)
        object["apiVersion"] = .string(type.names.apiVersion)
        if chance(2) { object = pick(Self.good) }
        object["metadata"] = ["name": .string(name), "namespace": type.names.isNamespaced ? "default" : nil]
        while chance(2) { mutate(&object) }
        switch contentType {
        case "application/vnd.kubernetes.protobuf":
            let bytes: [UInt8] = Protobuf.object(
                object.serialized(), apiVersion: type.names.apiVersion, kind: type.names.kind, type.schema)
            return chance(3) ? bytes : damaged(bytes)
        case "application/yaml", "application/apply-patch+yaml":
            return chance(2) ? damaged(Array(YAML.write(object).utf8)) : Array(YAML.write(object).utf8)
        case "application/json-patch+json": return text(jsonPatch(object))
        default: return text(object)
        }
    }

    private mutating func text(_ json: JSON) -> [UInt8] { chance(4) ? damaged(json.serialized()) : json.serialized() }

    private static let good: [JSON] = [
        Sample.configMap("a"), Sample.pod("a", labels: ["app": "a"]), Sample.deployment("a"), Sample.service("a"),
    ]

    private mutating func deleteOptions() -> JSON {
        var options: JSON = [
            "kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background", "gracePeriodSeconds": 1,
            "preconditions": ["uid": "x"], "dryRun": ["All"],
        ]
        while chance(2) { mutate(&options) }
        return options
    }

    private mutating func jsonPatch(_ object: JSON) -> JSON {
        var operations: [JSON] = []
        repeat {
            var operation: JSON = [
                "op": .string(pick(["add", "remove", "replace", "move", "copy", "test", "x"])), "path": .string(pointer()),
                "from": .string(pointer()), "value": object,
            ]
            if chance(4) { mutate(&operation) }
            operations.append(operation)
        } while chance(2)
        return .array(operations)
    }

    private static let steps = ["metadata", "labels", "spec", "data", "containers", "0", "-", "-1", "a~1b", "~", "9999999999999999999", ""]

    private mutating func pointer() -> String {
        var pointer = ""
        repeat {
            pointer += "/" + pick(Self.steps)
        } while !chance(3)
        return pointer
    }

    private static let members = ["", "\u{0}", "x", "metadata", "$patch", "$retainKeys", "$setElementOrder/containers", "a.b/c"]

    /// Changes one value somewhere in the tree.
    private mutating func mutate(_ json: inout JSON) {
        switch json {
        case .object(var object) where !object.isEmpty && !chance(6):
            let index: Int = below(object.count)
            switch below(8) {
            case 0: object[object.members[index].key] = nil
            case 1: object[pick(Self.members)] = strange()
            default:
                var value: JSON = object.members[index].value
                mutate(&value)
                object.updateValue(at: index) { $0 = value }
            }
            json = .object(object)
        case .array(var array) where !array.isEmpty && !chance(6):
            let index: Int = below(array.count)
            switch below(6) {
            case 0: array.remove(at: index)
            case 1: array.append(array[index])
            default: mutate(&array[index])
            }
            json = .array(array)
        default: json = strange()
        }
    }

    private mutating func strange() -> JSON {
        switch below(16) {
        case 0: .null
        case 1: true
        case 2: .int(.max)
        case 3: .int(.min)
        case 4: .number("1e999")
        case 5: .number("-0.5")
        case 6: ""
        case 7: .string(String(repeating: "x", count: below(70_000)))
        case 8: "\u{0}\u{1F600}\u{202E}/..%"
        case 9: []
        case 10: [:]
        case 11: ["a": ["b": [nil]]]
        case 12: .string(pick(["merge", "delete", "replace", "25%", "1e3", "-1", "99999999999E", "2026-13-01T00:00:00Z", "AAA", "a=b,c"]))
        case 13: (0..<below(3000)).reduce(into: JSON.null) { json, _ in json = [json] }
        case 14: (0..<below(3000)).reduce(into: JSON.null) { json, _ in json = ["not": json] }
        default: .int(Int64(below(5)) - 1)
        }
    }

    // MARK: - Bytes

    private mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = bytes
        repeat {
            guard !bytes.isEmpty else { return [UInt8(below(256))] }
            let at: Int = below(bytes.count)
            let end: Int = min(bytes.count, at + below(20))
            switch below(7) {
            case 0: bytes[at] = UInt8(below(256))
            case 1: bytes.removeSubrange(at..<end)
            case 2: bytes.insert(contentsOf: bytes[at..<end], at: below(bytes.count))
            case 3: bytes.removeSubrange(at...)
            case 4: bytes.insert(contentsOf: Array(pick(Self.bombs).utf8), at: at)
            case 5: bytes[at] ^= 1 << UInt8(below(8))
            default: bytes.insert(contentsOf: Array(repeating: bytes[at], count: below(5000)), at: at)
            }
        } while chance(2)
        return bytes
    }

    private static let bombs = [
        "\0", "\u{FEFF}", "{{{{", "&a [*a,*a]", "!!binary x", "<<: *a", "---\n", "%YAML 9\n", "\"\\ud800\"", "[[[[[[", "\t", "? ", "|+9\n",
        "- - - -",
    ]

    private mutating func chance(_ one: Int) -> Bool { below(one) == 0 }
    private mutating func below(_ count: Int) -> Int { Int.random(in: 0..<max(1, count), using: &random) }
    private mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
}

/// Numbers that only look random. Source: SplitMix64, Steele, Lea and Flood, 2014.
private struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed: UInt64 = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
