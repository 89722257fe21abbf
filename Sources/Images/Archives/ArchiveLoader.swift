import Machinery

/// Takes images out of archives: what `docker save` writes and what the OCI calls an image layout, packed or not.
package struct ArchiveLoader: Sendable {
    private let store: ImageStore
    private let platform: Platform
    /// Name for an image that the archive gives none.
    private let name: ImageReference?

    package init(_ store: ImageStore, platform: Platform, name: ImageReference? = nil) {
        self.store = store
        self.platform = platform
        self.name = name
    }

    /// Loads all images of a file, or of what an open descriptor still holds. Blocks.
    package func load(path: String) throws(ImageError) -> [StoredImage] { try load(try FileSource(path: path)) }

    package func load(fd: Int32) throws(ImageError) -> [StoredImage] { try load(FileSource(fd: fd, path: "standard input")) }

    private func load(_ source: any ByteSource) throws(ImageError) -> [StoredImage] {
        let addition = try ImageAddition(store)
        let files = try ArchiveFiles(source, into: addition.work)
        if files.has("index.json") { return try loadLayout(files, addition) }
        if files.has("manifest.json") { return try loadDocker(files, addition) }
        throw .damaged("the archive holds no image: it has neither a manifest.json (docker save) nor an index.json (OCI)")
    }

    // MARK: - Docker

    private func loadDocker(_ files: ArchiveFiles, _ addition: ImageAddition) throws(ImageError) -> [StoredImage] {
        guard let entries = (try? JSON(parsing: try files.bytes("manifest.json")))?.array, !entries.isEmpty else {
            throw .damaged("the archive's manifest.json is no list of images")
        }
        var images: [StoredImage] = []
        for entry in entries {
            guard let path = entry["Config"]?.string, let layers = entry["Layers"]?.array?.map({ $0.string ?? "" }) else {
                throw .damaged("the archive's manifest.json has an image without Config and Layers")
            }
            let bytes: [UInt8] = try files.bytes(path)
            var tags: [String] = []
            for tag in entry["RepoTags"]?.array ?? [] { tags.append(try ImageReference(tag.string ?? "").description) }
            if let name { tags = [name.description] }
            let config: ImageConfig = try check(bytes, tags.first ?? path)
            guard config.layers.count == layers.count else {
                throw .damaged(
                    "the archive has \(layers.count) layers for \(tags.first ?? path), whose configuration has \(config.layers.count)")
            }
            let chain: [Digest] = Digest.chain(config.layers)
            for (index, layer) in layers.enumerated() {
                try addition.addLayer(try files.source(layer), chain: Array(chain[...index]), blob: nil, diff: config.layers[index])
            }
            images.append(
                try addition.commit(
                    manifest: Self.manifest(config: bytes, config.layers), config: bytes, tags: tags, digests: [], origin: .loaded))
        }
        return images
    }

    /// The manifest of an image that came without one.
    private static func manifest(config: [UInt8], _ layers: [Digest]) -> [UInt8] {
        let json: JSON = [
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": [
                "mediaType": "application/vnd.oci.image.config.v1+json", "digest": .string(Digest(of: config).description),
                "size": .int(Int64(config.count)),
            ],
            "layers": .array(
                layers.map { ["mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": .string($0.description), "size": 0] }),
        ]
        return json.serialized()
    }

    // MARK: - OCI

    private func loadLayout(_ files: ArchiveFiles, _ addition: ImageAddition) throws(ImageError) -> [StoredImage] {
        guard let entries = (try? JSON(parsing: try files.bytes("index.json")))?["manifests"]?.array, !entries.isEmpty else {
            throw .damaged("the archive's index.json names no image")
        }
        var images: [StoredImage] = []
        for entry in entries {
            let tag: ImageReference? = try tag(of: entry["annotations"] ?? [:])
            images.append(
                try loadLayout(
                    try Descriptor(entry, in: "the archive's index.json"), tag?.description ?? "the archive's image", tag, files, addition))
        }
        return images
    }

    private func loadLayout(
        _ descriptor: Descriptor, _ name: String, _ tag: ImageReference?, _ files: ArchiveFiles, _ addition: ImageAddition
    ) throws(ImageError) -> StoredImage {
        let bytes: [UInt8] = try blob(descriptor, "the manifest of \(name)", files)
        switch try Manifest(bytes, of: name) {
        case .index(let choices):
            return try loadLayout(try Manifest.choose(choices, for: platform, of: name), name, tag, files, addition)
        case .image(let configuration, let layers):
            let config: [UInt8] = try blob(configuration, "the configuration of \(name)", files)
            let diffs: [Digest] = try check(config, name).layers
            guard diffs.count == layers.count else {
                throw .damaged("the manifest of \(name) has \(layers.count) layers, its configuration \(diffs.count)")
            }
            let chain: [Digest] = Digest.chain(diffs)
            for (index, layer) in layers.enumerated() where !addition.hasLayer(chain[index]) {
                try addition.addLayer(
                    try files.source("blobs/sha256/\(layer.digest.hex)"), chain: Array(chain[...index]), blob: layer.digest,
                    diff: diffs[index])
            }
            let digests: [String] = tag.map { ["\($0.name)@\(Digest(of: bytes))"] } ?? []
            return try addition.commit(
                manifest: bytes, config: config, tags: tag.map { [$0.description] } ?? [], digests: digests, origin: .loaded)
        }
    }

    private func blob(_ descriptor: Descriptor, _ what: String, _ files: ArchiveFiles) throws(ImageError) -> [UInt8] {
        let bytes: [UInt8] = try files.bytes("blobs/sha256/\(descriptor.digest.hex)")
        let found = Digest(of: bytes)
        guard found == descriptor.digest else {
            throw .wrongDigest(of: what, expected: descriptor.digest.description, found: found.description)
        }
        return bytes
    }

    /// The name of an image of a layout: the one that was asked for, containerd's, or the OCI's, which may be a tag alone.
    private func tag(of annotations: JSON) throws(ImageError) -> ImageReference? {
        if let name { return name }
        if let full = annotations["io.containerd.image.name"]?.string { return try ImageReference(full) }
        guard let short = annotations["org.opencontainers.image.ref.name"]?.string else { return nil }
        guard short.contains("/") || short.contains(":") else {
            throw .damaged("the archive calls its image only \"\(short)\". Give it a whole name: --name NAME:\(short)")
        }
        return try ImageReference(short)
    }

    /// Only images of this machine's kind can run here.
    private func check(_ config: [UInt8], _ name: String) throws(ImageError) -> ImageConfig {
        let config = try ImageConfig(config, of: name)
        guard config.platform.architecture.isEmpty || platform.runs(config.platform) else {
            throw .unsupported("\(name) is an image for \(config.platform), and this machine is \(platform)")
        }
        return config
    }
}
