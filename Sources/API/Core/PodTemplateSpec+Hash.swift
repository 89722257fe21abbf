package import Machinery

extension View<PodTemplateSpec> {
    /// The template as it counts for revisions: canonical JSON with sorted names and without the label that carries the hash itself.
    package var revisionJSON: JSON {
        var json: JSON = self.json
        json[["metadata", "labels", "pod-template-hash"]] = nil
        if json["metadata"]?["labels"]?.isEmpty == true { json[["metadata", "labels"]] = nil }
        return Self.sorted(json)
    }

    /// The `pod-template-hash` of a template: eight to ten characters, without vowels so that no words arise.
    ///
    /// - Parameter collisions: rises when the name that the hash gave was taken by another template; nil or 0 for the first try.
    /// Source: `ComputeHash` of pkg/controller, though over JSON: hashes differ from those of other clusters.
    package func hash(collisions: Int? = nil) -> String {
        var hash = FNV32a()
        hash.add(revisionJSON.serialized())
        if let collisions {
            let number: UInt32 = UInt32(truncatingIfNeeded: collisions)
            hash.add((0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * UInt32($0))) })
        }
        return hash.safeText
    }

    private static func sorted(_ json: JSON) -> JSON {
        switch json {
        case .object(let object):
            .object(JSONObject(members: object.sorted().members.map { JSONObject.Member(key: $0.key, value: sorted($0.value)) }))
        case .array(let elements): .array(elements.map(sorted))
        default: json
        }
    }
}

/// The hash of Fowler, Noll and Vo, 32 bits, variant 1a.
package struct FNV32a: Sendable {
    package private(set) var value: UInt32 = 2_166_136_261

    package init() {}

    package mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { value = (value ^ UInt32(byte)) &* 16_777_619 }
    }

    /// The number in decimal, each digit's character replaced by one that is safe in names. Source: `SafeEncodeString` of
    /// k8s.io/apimachinery/pkg/util/rand.
    package var safeText: String {
        let alphabet: [UInt8] = Array("bcdfghjklmnpqrstvwxz2456789".utf8)
        return String(decoding: String(value).utf8.map { alphabet[Int($0) % alphabet.count] }, as: UTF8.self)
    }
}
