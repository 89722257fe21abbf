import Machinery

/// Points at bytes in a registry or an archive.
package struct Descriptor: Sendable, Equatable {
    package let mediaType: String
    package let digest: Digest
    package let size: Int64
    let platform: Platform?

    /// Throws ``ImageError/damaged(_:)``.
    init(_ json: JSON, in what: String) throws(ImageError) {
        guard let text = json["digest"]?.string, let size = json["size"]?.int, size >= 0 else {
            throw .damaged("\(what) has an entry without digest and size")
        }
        guard let digest = Digest(text) else { throw .unsupported("\(what) names \(text): this version knows digests of SHA-256 only") }
        self.digest = digest
        self.size = size
        mediaType = json["mediaType"]?.string ?? ""
        platform = json["platform"].map { Platform($0) }
    }
}

/// What machine an image is for.
package struct Platform: Sendable, Equatable, CustomStringConvertible {
    package let os: String
    /// As Go writes it: `amd64`.
    package let architecture: String
    package let variant: String

    package init(os: String = "linux", architecture: String, variant: String = "") {
        self.os = os
        self.architecture = architecture
        self.variant = variant
    }

    init(_ json: JSON) {
        self.init(
            os: json["os"]?.string ?? "", architecture: json["architecture"]?.string ?? "", variant: json["variant"]?.string ?? "")
    }

    package var description: String { "\(os)/\(architecture)" + (variant.isEmpty ? "" : "/" + variant) }

    /// The variant counts only where both name one.
    func runs(_ other: Platform) -> Bool { os == other.os && architecture == other.architecture }
}

/// A manifest: one image, or a choice of images for several platforms. Source: the image specification of OCI, and Docker's schema 2.
enum Manifest: Sendable {
    case image(config: Descriptor, layers: [Descriptor])
    case index([Descriptor])

    static let mediaTypes: [String] = [
        "application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json",
    ]

    /// Throws ``ImageError/damaged(_:)`` and ``ImageError/unsupported(_:)``.
    init(_ bytes: [UInt8], of name: String) throws(ImageError) {
        guard let json = try? JSON(parsing: bytes) else { throw .damaged("the manifest of \(name) is no JSON") }
        if json["schemaVersion"]?.int == 1 {
            throw .unsupported("the manifest of \(name) has Docker's schema 1, which nobody writes any more: push the image again")
        }
        if let manifests = json["manifests"]?.array {
            var choices: [Descriptor] = []
            for entry in manifests { choices.append(try Descriptor(entry, in: "the index of \(name)")) }
            self = .index(choices)
        } else if let config = json["config"], let layers = json["layers"]?.array {
            var list: [Descriptor] = []
            for layer in layers { list.append(try Descriptor(layer, in: "the manifest of \(name)")) }
            self = .image(config: try Descriptor(config, in: "the manifest of \(name)"), layers: list)
        } else {
            throw .damaged("the manifest of \(name) is neither that of an image nor an index")
        }
    }

    /// The image for a machine among those of an index. Throws ``ImageError/notFound(_:)`` in containerd's words.
    static func choose(_ choices: [Descriptor], for machine: Platform, of name: String) throws(ImageError) -> Descriptor {
        if let found = choices.first(where: { $0.platform.map { $0.runs(machine) } ?? false }) { return found }
        // An index of one image may not say what it is for: its configuration does.
        if let only = choices.first, choices.count == 1, only.platform == nil || only.platform?.os == "" { return only }
        throw .notFound("no match for platform \(machine) in manifest of \(name)")
    }
}
