import Glibc
import HTTP
import Sandbox

/// Fetches images from registries into the store.
package struct ImagePuller: Sendable {
    private let store: ImageStore
    private let platform: Platform

    package init(_ store: ImageStore, platform: Platform) {
        self.store = store
        self.platform = platform
    }

    /// Fetches an image; what the store has already is not fetched again. Of several credentials the first that the registry takes counts.
    ///
    /// Throws ``ImageError``.
    package func pull(_ image: ImageReference, keyring: Keyring = Keyring()) async throws -> StoredImage {
        let all: [RegistryCredentials?] = keyring.credentials(for: image)
        var refusal: (any Error)?
        for credentials in all.isEmpty ? [nil] : all {
            do {
                return try await pull(image, RegistrySession(image, as: credentials))
            } catch let error as ImageError {
                guard case .refused = error else { throw error }
                refusal = refusal ?? error
            }
        }
        throw refusal ?? ImageError.notFound(image.description)
    }

    private func pull(_ image: ImageReference, _ session: RegistrySession) async throws -> StoredImage {
        let name: String = image.description
        var manifest: [UInt8] = try await session.manifest(image.version)
        let top = Digest(of: manifest)
        var parsed = try Manifest(manifest, of: name)
        var depth = 0
        while case .index(let choices) = parsed {
            depth += 1
            guard depth < 4 else { throw ImageError.damaged("the index of \(name) leads to indexes again and again") }
            manifest = try await session.manifest(try Manifest.choose(choices, for: platform, of: name).digest.description)
            parsed = try Manifest(manifest, of: name)
        }
        guard case .image(let configuration, let layers) = parsed else { throw ImageError.notFound(name) }
        let bytes: [UInt8] = try await session.bytes(configuration, "the configuration of \(name)")
        let config = try ImageConfig(bytes, of: name)
        guard config.platform.architecture.isEmpty || platform.runs(config.platform) else {
            throw ImageError.unsupported("\(name) is an image for \(config.platform), and this machine is \(platform)")
        }
        guard config.layers.count == layers.count else {
            throw ImageError.damaged("the manifest of \(name) has \(layers.count) layers, its configuration \(config.layers.count)")
        }
        let store: ImageStore = store
        let addition: ImageAddition = try await Self.blocking { () throws(ImageError) in try ImageAddition(store) }
        let chain: [Digest] = Digest.chain(config.layers)
        for (index, layer) in layers.enumerated() where !addition.hasLayer(chain[index]) {
            let path: String = addition.work + "/" + layer.digest.hex
            try await download(try await session.stream(layer), layer, to: path)
            let diff: Digest = config.layers[index]
            try await Self.blocking { () throws(ImageError) in
                try addition.addLayer(try FileSource(path: path), chain: Array(chain[...index]), blob: layer.digest, diff: diff)
                unlink(path)
            }
        }
        let tags: [String] = image.tag.map { ["\(image.name):\($0)"] } ?? []
        return try await Self.blocking { [manifest] () throws(ImageError) in
            try addition.commit(
                manifest: manifest, config: bytes, tags: tags, digests: ["\(image.name)@\(top)"], origin: .pulled)
        }
    }

    /// More than was promised is refused as soon as it comes.
    private func download(_ body: HTTPBody, _ layer: Descriptor, to path: String) async throws {
        let fd: Int32 = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard fd >= 0 else { throw ImageError.system("open", path) }
        defer { close(fd) }
        var count: Int64 = 0
        do {
            for try await part in body {
                count += Int64(part.count)
                guard count <= layer.size else {
                    throw ImageError.damaged("layer \(layer.digest) has more than the \(layer.size) bytes that the manifest says")
                }
                try StoreFiles.write(part, to: fd, path)
            }
        } catch let error as HTTPError {
            throw ImageError.registry("failed to copy layer \(layer.digest): \(error)")
        }
    }

    private static func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws(ImageError) -> Value) async throws -> Value {
        let result: Result<Value, ImageError> = await BlockingThread.run {
            Result { () throws(ImageError) -> Value in try body() }
        }
        return try result.get()
    }
}
