import API
import Machinery

/// Makes a ConfigMap or Secret from literals and files. Source: sigs.k8s.io/kustomize/api/internal/generators and api/kv.
struct KustomizeGenerator {
    let kustomization: Kustomization
    /// `ConfigMap` or `Secret`.
    let kind: String
    let entry: JSON
    /// Where it is configured; nil when the build notes no origins.
    let origin: JSON?

    static let kinds: [String: String] = ["ConfigMapGenerator": "ConfigMap", "SecretGenerator": "Secret"]

    /// Those of a kustomization's own fields.
    static func all(_ kustomization: Kustomization) -> [KustomizeGenerator] {
        [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")].flatMap { key, kind in
            kustomization.json.list(key).map { entry in
                var entry: JSON = entry
                entry["options"] = options(entry["options"] ?? [:], kustomization.json["generatorOptions"] ?? [:])
                return KustomizeGenerator(
                    kustomization: kustomization, kind: kind, entry: entry, origin: kustomization.origin(builtIn: kind + "Generator"))
            }
        }
    }

    /// With those of all generators, behind its own.
    private static func options(_ own: JSON, _ global: JSON) -> JSON {
        var own: JSON = own
        for member in ["labels", "annotations"] {
            for pair in global[member]?.object ?? [:] where own[[member, pair.key]] == nil { own[[member, pair.key]] = pair.value }
        }
        for member in ["disableNameSuffixHash", "immutable"] where global[member] == true { own[member] = true }
        return own
    }

    /// Makes it, and puts it among the resources as its `behavior` says.
    func generate(into resources: inout [KustomizeResource], _ schema: KustomizeSchema) throws {
        let made: KustomizeResource = try resource(schema)
        let behavior: String = entry["behavior"]?.string ?? ""
        let index: Int? = resources.firstIndex { resource in resource.allIDs.contains { $0.isSame(made.id) } }
        let id: String =
            "id resid.ResId{Gvk:resid.Gvk{Group:\"\", Version:\"v1\", Kind:\"\(kind)\", isClusterScoped:false}, "
            + "Name:\(JSON.quoted(made.name)), Namespace:\(JSON.quoted(made.namespace))}"
        func refuse(_ problem: String) -> Failure { Failure("merging from generator \(made.id.described): \(id) \(problem)") }
        guard let index else {
            if ["merge", "replace"].contains(behavior) { throw refuse("does not exist; cannot merge or replace") }
            return try resources.add(made)
        }
        let old: KustomizeResource = resources[index]
        switch behavior {
        case "replace": break
        case "merge":
            for member in ["data", "binaryData"] {
                for pair in old.json[member]?.object ?? [:] where made.json[[member, pair.key]] == nil {
                    made.json[[member, pair.key]] = pair.value
                }
            }
            made.origin = old.origin
        default:
            throw refuse(
                "exists; can not use behavior: '\(behavior == "create" ? behavior : "unspecified")', behavior must be merge or replace")
        }
        made.take(theNameOf: old)
        resources[index] = made
    }

    private func resource(_ schema: KustomizeSchema) throws -> KustomizeResource {
        guard let name = entry["name"]?.string, !name.isEmpty else { throw Failure("a \(kind.lowercased()) must have a name") }
        var object: JSON = ["apiVersion": "v1", "kind": .string(kind), "metadata": ["name": .string(name)]]
        if let namespace = entry["namespace"]?.string { object[["metadata", "namespace"]] = .string(namespace) }
        for (key, value) in try KustomizeValues(kustomization: kustomization, entry: entry, kind: kind).all() {
            if kind == "Secret" {
                object[["data", key]] = .string(Self.base64(value))
            } else if let text = String(validating: value, as: UTF8.self) {
                object[["data", key]] = .string(text)
            } else {
                object[["binaryData", key]] = .string(Self.base64(value))
            }
        }
        if kind == "Secret" {
            object["data"] = object["data"] ?? [:]
            object["type"] = entry["type"] ?? "Opaque"
        }
        for member in ["labels", "annotations"] {
            for pair in entry[["options", member]]?.object ?? [:] { object[["metadata", member, pair.key]] = pair.value }
        }
        if entry[["options", "immutable"]] == true { object["immutable"] = true }
        let resource = KustomizeResource(object, schema)
        resource.needsHash = entry[["options", "disableNameSuffixHash"]] != true
        resource.origin = origin
        let behavior: String = entry.text(at: "behavior")
        resource.behavior = ["create", "merge", "replace"].contains(behavior) ? behavior : "unspecified"
        return resource
    }

    /// In lines of 70 letters when it is longer than one.
    private static func base64(_ bytes: [UInt8]) -> String {
        let text: [UInt8] = Array(Base64Text.encode(bytes).utf8)
        guard text.count >= 70 else { return String(decoding: text, as: UTF8.self) }
        return stride(from: 0, to: text.count, by: 70).map { start in
            String(decoding: text[start..<min(start + 70, text.count)], as: UTF8.self) + "\n"
        }.joined()
    }
}

/// The keys and values that a generator takes from environment files, literals and files.
private struct KustomizeValues {
    let kustomization: Kustomization
    let entry: JSON
    let kind: String

    func all() throws -> [(key: String, value: [UInt8])] {
        let environments: [String] = entry.list("envs").compactMap(\.string) + [entry["env"]?.string].compactMap { $0 }
        var values: [(key: String, value: [UInt8])] = []
        values += try read("env source files:", environments) { variables(String(decoding: try kustomization.file($0), as: UTF8.self)) }
        values += try read("literal sources", entry.list("literals").compactMap(\.string)) { [try literal($0)] }
        values += try read("file sources:", entry.list("files").compactMap(\.string)) { [try file($0)] }
        for (index, one) in values.enumerated() where values[..<index].contains(where: { $0.key == one.key }) {
            throw Failure("\(kind.lowercased()) \(entry.text(at: "name")) illegally repeats the key `\(one.key)`")
        }
        return values
    }

    private func read(
        _ what: String, _ sources: [String], _ body: (String) throws -> [(key: String, value: [UInt8])]
    ) throws -> [(key: String, value: [UInt8])] {
        do { return try sources.flatMap(body) } catch let failure as Failure {
            throw Failure("loading KV pairs: \(what) [\(sources.joined(separator: " "))]: \(failure.description)")
        }
    }

    /// Lines `KEY=VALUE`; a key alone has an empty value.
    private func variables(_ text: String) -> [(key: String, value: [UInt8])] {
        text.split(separator: "\n").compactMap { (whole: Substring) -> (key: String, value: [UInt8])? in
            let line: Substring = whole.drop { $0.isWhitespace }
            if line.isEmpty || line.first == "#" { return nil }
            let pair: [Substring] = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(pair[0]), Array((pair.count == 2 ? pair[1] : "").utf8))
        }
    }

    private func literal(_ text: String) throws -> (key: String, value: [UInt8]) {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
            throw Failure("invalid literal source \(text), expected key=value")
        }
        var value: Substring = text[text.index(after: equals)...]
        if value.count >= 2, let quote = value.first, quote == "\"" || quote == "'", value.last == quote {
            value = value.dropFirst().dropLast()
        }
        return (String(text[..<equals]), Array(value.utf8))
    }

    private func file(_ text: String) throws -> (key: String, value: [UInt8]) {
        let pair: [Substring] = text.split(separator: "=", omittingEmptySubsequences: false)
        guard pair.count <= 2 else { throw Failure("source \(JSON.quoted(text)) key name or file path contains '='") }
        if pair.count == 2 {
            if pair[0].isEmpty { throw Failure("missing key name for file path \(pair[1]) in source \(JSON.quoted(text))") }
            if pair[1].isEmpty { throw Failure("missing file path for key name \(pair[0]) in source \(JSON.quoted(text))") }
        }
        let path = String(pair[pair.count - 1])
        let key: String = pair.count == 2 ? String(pair[0]) : String(path.split(separator: "/").last ?? "")
        return (key, try kustomization.file(path))
    }
}
