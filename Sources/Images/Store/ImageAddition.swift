import Glibc
import Machinery
import Sandbox

/// One image on its way into the store. What is done so far is kept apart until ``commit(manifest:config:tags:digests:origin:)``,
/// but layers that are whole stay for the next attempt. Blocks; used by one thread at a time.
final class ImageAddition: @unchecked Sendable {
    private let store: ImageStore
    private let lock: StoreLock
    /// A folder for files on their way; it goes with this object.
    let work: String

    init(_ store: ImageStore) throws(ImageError) {
        self.store = store
        lock = try StoreLock(store.lockPath, .shared)
        work = "\(store.folder)/work/\(getpid())-\(UInt64.random(in: 0 ... .max))"
        try StoreFiles.makeFolder(work)
    }

    deinit { try? store.drop(work) }  // what stays is found by the next tidying

    func hasLayer(_ chain: Digest) -> Bool { StoreFiles.exists(store.layerFolder(chain) + "/root") }

    /// Unpacks a layer over its parents. Both digests are checked before anything of it counts.
    ///
    /// - Parameters:
    ///   - chain: names of the layers up to this one, which is the last.
    ///   - blob: digest of the bytes as they come; nil where nobody promised any.
    ///   - diff: digest of the bytes unpacked.
    func addLayer(_ bytes: any ByteSource, chain: [Digest], blob: Digest?, diff: Digest) throws(ImageError) {
        guard let name = chain.last, !hasLayer(name) else { return }
        let what = "layer \(blob ?? diff)"
        let new = "\(work)/\(name.hex)"
        try? store.drop(new)
        try StoreFiles.makeFolder(new)
        guard mkdir(new + "/root", 0o755) == 0, chmod(new + "/root", 0o755) == 0 else { throw .system("mkdir", new + "/root") }
        let packed = DigestingSource(bytes)
        let plain = DigestingSource(try Decompressor(packed, of: what))
        let writer = try LayerWriter(new + "/root", parents: chain.dropLast().reversed().map { store.layerFolder($0) + "/root" }, of: what)
        try writer.write(TarReader(plain, of: what))
        try plain.drain()
        try packed.drain()
        if let blob, packed.value != blob { throw .wrongDigest(of: what, expected: blob.description, found: packed.value.description) }
        guard plain.value == diff else { throw .wrongDigest(of: what, expected: diff.description, found: plain.value.description) }
        try StoreFiles.replace(new + "/owners", with: Array("size \(writer.size)\n\(writer.owners)".utf8))
        do throws(SandboxError) { try FileSystem.sync(new) } catch { throw .file(call: "syncfs", errno: error.errno ?? EIO, path: new) }
        if rename(new, store.layerFolder(name)) != 0 {
            // Another process was faster with the same bytes.
            guard errno == EEXIST || errno == ENOTEMPTY else { throw .system("rename", store.layerFolder(name)) }
        }
    }

    /// The image counts from here on. Other images lose these tags.
    func commit(
        manifest: [UInt8], config: [UInt8], tags: [String], digests: [String], origin: StoredImage.Origin
    ) throws(ImageError) -> StoredImage {
        let id = Digest(of: config)
        let name = Digest(of: manifest)
        let layers: [Digest] = Digest.chain(try ImageConfig(config, of: tags.first ?? id.description).layers)
        for layer in layers where !hasLayer(layer) { throw .damaged("layer \(layer) of \(tags.first ?? id.description) is missing") }
        try StoreFiles.replace(store.blobPath(name), with: manifest)
        try StoreFiles.replace(store.blobPath(id), with: config)
        let size: Int64 = layers.reduce(0) { $0 + bytes(of: $1) }
        var image = StoredImage(
            manifest: name, id: id, tags: tags, digests: digests, layers: layers, size: size, origin: origin,
            added: Time(seconds: Int64(time(nil))))
        try store.changeIndex { images in
            for index in images.indices { images[index].tags.removeAll { tags.contains($0) } }
            if let known = images.first(where: { $0.manifest == name }) {
                image.tags = known.tags + tags
                image.digests = known.digests + digests.filter { !known.digests.contains($0) }
            }
            images.removeAll { $0.manifest == name }
            images.append(image)
        }
        return image
    }

    /// Bytes of a layer's files, from the first line of its record.
    private func bytes(of chain: Digest) -> Int64 {
        guard let bytes = try? StoreFiles.read(store.layerFolder(chain) + "/owners") else { return 0 }
        let line = String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
        return line.hasPrefix("size ") ? Int64(line.dropFirst(5)) ?? 0 : 0
    }
}
