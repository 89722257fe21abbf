package import Machinery

/// An image that the store holds.
package struct StoredImage: Sendable, Equatable {
    /// How it came here: what was loaded from a file can't be fetched again, and is never removed unasked.
    package enum Origin: String, Sendable { case loaded, pulled }

    /// Digest of its manifest.
    package let manifest: Digest
    /// Digest of its configuration: what Docker calls the image's ID.
    package let id: Digest
    /// `docker.io/library/nginx:1.27`; a new image takes a name from an old one.
    package var tags: [String]
    /// `docker.io/library/nginx@sha256:…`, as a registry knows it.
    package var digests: [String]
    /// Chains of its layers, the lowest first.
    package let layers: [Digest]
    /// Bytes of its files.
    package let size: Int64
    package let origin: Origin
    package let added: Time

    /// What a pod's status calls it: the registry's name where there is one.
    package var reference: String { digests.first ?? id.description }

    /// Whether this is the image of a name. A digest says it all, whatever the name before it.
    package func answers(to reference: ImageReference) -> Bool {
        if let digest = reference.digest { return manifest == digest || digests.contains { $0.hasSuffix("@\(digest)") } }
        return tags.contains("\(reference.name):\(reference.tag ?? "latest")")
    }

    /// As the index has it, for people and programs.
    package var json: JSON {
        func list(_ texts: [String]) -> JSON { .array(texts.map { .string($0) }) }
        return [
            "manifest": .string(manifest.description), "config": .string(id.description), "tags": list(tags), "digests": list(digests),
            "layers": list(layers.map(\.description)), "size": .int(size), "origin": .string(origin.rawValue), "added": added.json,
        ]
    }

    init(manifest: Digest, id: Digest, tags: [String], digests: [String], layers: [Digest], size: Int64, origin: Origin, added: Time) {
        self.manifest = manifest
        self.id = id
        self.tags = tags
        self.digests = digests
        self.layers = layers
        self.size = size
        self.origin = origin
        self.added = added
    }

    /// nil for a record that is damaged.
    init?(_ json: JSON) {
        func texts(_ key: String) -> [String] { (json[key]?.array ?? []).compactMap(\.string) }
        guard let manifest = json["manifest"]?.string.flatMap({ Digest($0) }), let id = json["config"]?.string.flatMap({ Digest($0) }),
            let origin = json["origin"]?.string.flatMap({ Origin(rawValue: $0) })
        else { return nil }
        self.init(
            manifest: manifest, id: id, tags: texts("tags"), digests: texts("digests"), layers: texts("layers").compactMap { Digest($0) },
            size: json["size"]?.int ?? 0, origin: origin, added: json["added"]?.string.flatMap { Time($0) } ?? .epoch)
    }
}
