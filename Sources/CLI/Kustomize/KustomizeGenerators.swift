import API
import Client
import Crypto
import Machinery

/// Makes ConfigMaps and Secrets from literals and files.
struct KustomizeGenerators {
    let kustomization: Kustomization

    /// Makes each, and puts it among the resources as its `behavior` says.
    func generate(into resources: inout [KustomizeResource]) throws {
        for (key, kind) in [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")] {
            for entry in kustomization.json.list(key) { try add(try resource(entry, kind), entry, &resources) }
        }
    }

    /// Data put into a resource leave its name as it is: with a hash where it was generated, without where it came from a file.
    private func add(_ made: KustomizeResource, _ entry: JSON, _ resources: inout [KustomizeResource]) throws {
        let index: Int? = resources.firstIndex { $0.kind == made.kind && $0.group.isEmpty && $0.isNamed(made.name) }
        switch entry["behavior"]?.string ?? "create" {
        case "create":
            if index != nil { throw Failure("may not add resource with an already registered id: \(made.described)") }
            resources.append(made)
        case "replace":
            guard let index else { throw Failure("id \(made.described) does not exist; cannot replace") }
            for member in ["data", "binaryData", "type"] { resources[index].json[member] = made.json[member] }
        case "merge":
            guard let index else { throw Failure("id \(made.described) does not exist; cannot merge") }
            for member in ["data", "binaryData"] {
                for pair in made.json[member]?.object ?? [:] { resources[index].json[[member, pair.key]] = pair.value }
            }
            for member in ["labels", "annotations"] {
                for pair in made.json[["metadata", member]]?.object ?? [:] {
                    resources[index].json[["metadata", member, pair.key]] = pair.value
                }
            }
        case let other: throw Failure("unknown behavior \(JSON.quoted(other)); it must be create, merge or replace")
        }
    }

    private func resource(_ entry: JSON, _ kind: String) throws -> KustomizeResource {
        guard let name = entry["name"]?.string, !name.isEmpty else { throw Failure("a generator of \(kind) needs a name") }
        var object: JSON = ["apiVersion": "v1", "kind": .string(kind), "metadata": ["name": .string(name)]]
        if let namespace = entry["namespace"]?.string { object[["metadata", "namespace"]] = .string(namespace) }
        for (key, value) in try values(entry) {
            if kind == "Secret" {
                object[["data", key]] = .string(Base64Text.encode(value))
            } else if let text = String(validating: value, as: UTF8.self) {
                object[["data", key]] = .string(text)
            } else {
                object[["binaryData", key]] = .string(Base64Text.encode(value))
            }
        }
        if kind == "Secret" { object["type"] = entry["type"] ?? "Opaque" }
        var disablesHash: Bool = false
        for options in [kustomization.json["generatorOptions"], entry["options"]] {
            guard let options else { continue }
            for member in ["labels", "annotations"] {
                for pair in options[member]?.object ?? [:] { object[["metadata", member, pair.key]] = pair.value }
            }
            if options["immutable"] == true { object["immutable"] = true }
            if let flag = options["disableNameSuffixHash"]?.bool { disablesHash = flag }
        }
        var resource = KustomizeResource(object)
        resource.needsHash = !disablesHash
        let generator: String = kind == "Secret" ? "SecretGenerator" : "ConfigMapGenerator"
        resource.origin = [
            "configuredIn": .string(kustomization.filePath), "configuredBy": ["apiVersion": "builtin", "kind": .string(generator)],
        ]
        return resource
    }

    private func values(_ entry: JSON) throws -> [(key: String, value: [UInt8])] {
        var values: [(key: String, value: [UInt8])] = []
        for path in entry.list("envs").compactMap(\.string) + [entry["env"]?.string].compactMap({ $0 }) {
            for part in String(decoding: try kustomization.file(path), as: UTF8.self).split(separator: "\n") {
                let line: Substring = part.trimmed
                if line.isEmpty || line.first == "#" { continue }
                let pair: [Substring] = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard pair.count == 2 else { throw Failure("\(path): \(JSON.quoted(String(line))) is no KEY=VALUE") }
                values.append((String(pair[0]), Array(pair[1].utf8)))
            }
        }
        for text in entry.list("files").compactMap(\.string) {
            let pair: [Substring] = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let path = String(pair[pair.count - 1])
            let key: String = pair.count == 2 ? String(pair[0]) : String(path.split(separator: "/").last ?? "")
            values.append((key, try kustomization.file(path)))
        }
        for text in entry.list("literals").compactMap(\.string) {
            guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
                throw Failure("invalid literal source \(text), expected key=value")
            }
            var value: Substring = text[text.index(after: equals)...]
            if value.count >= 2, let quote = value.first, quote == "\"" || quote == "'", value.last == quote {
                value = value.dropFirst().dropLast()
            }
            values.append((String(text[..<equals]), Array(value.utf8)))
        }
        for (index, one) in values.enumerated() where values[..<index].contains(where: { $0.key == one.key }) {
            throw Failure("configmap \(entry.text(at: "name")) illegally repeats the key `\(one.key)`")
        }
        return values
    }
}

/// The hash behind the names of generated objects: ten letters of a SHA-256 of their content.
/// Source: `encodeConfigMap` and `encodeSecret` of sigs.k8s.io/kustomize/api/hasher, k8s.io/kubectl/pkg/util/hash.
enum ContentHash {
    static func of(_ object: JSON) -> String {
        let isSecret: Bool = object["kind"] == "Secret"
        // kustomize looks for the name where none is, and so hashes none.
        var content: JSON = ["kind": object["kind"] ?? "", "name": "", "data": object["data"] ?? ""]
        if isSecret { content["type"] = object["type"] ?? "" }
        if let binary = object["binaryData"], !isSecret { content["binaryData"] = binary }
        if object["immutable"] == true { content["immutable"] = true }
        return letters(content)
    }

    /// As `kubectl create --append-hash` has it, where absent data is null or an empty object.
    static func ofCreated(_ object: JSON) -> String {
        let isSecret: Bool = object["kind"] == "Secret"
        var content: JSON = ["kind": object["kind"] ?? "", "name": object[["metadata", "name"]] ?? "", "data": object["data"] ?? .null]
        if isSecret { content["type"] = object["type"] ?? "" }
        if let binary = object["binaryData"], !isSecret { content["binaryData"] = binary }
        return letters(content)
    }

    private static func letters(_ content: JSON) -> String {
        let replaced: [Character: Character] = ["0": "g", "1": "h", "3": "k", "a": "m", "e": "t"]
        let hex: String = SHA256.hash(data: content.sortedByKey.serialized(JSONStyle(escapeHTML: true))).prefix(5).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        return String(hex.map { replaced[$0] ?? $0 })
    }
}
