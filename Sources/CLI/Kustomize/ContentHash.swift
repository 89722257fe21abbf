import Crypto
import Machinery

/// The hash behind the names of generated objects: ten letters of a SHA-256 of their content.
/// Source: `encodeConfigMap` and `encodeSecret` of sigs.k8s.io/kustomize/api/hasher, k8s.io/kubectl/pkg/util/hash.
enum ContentHash {
    static func of(_ object: JSON) -> String {
        let isSecret: Bool = object["kind"] == "Secret"
        // kustomize looks for the name where none is, and so hashes none.
        var content: JSON = ["kind": object["kind"] ?? "", "name": "", "data": object["data"] ?? ""]
        if isSecret { content["type"] = object["type"] ?? "" }
        if let binary = object["binaryData"], !isSecret { content["binaryData"] = binary }
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
