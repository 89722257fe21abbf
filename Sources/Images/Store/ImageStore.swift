import Glibc
import Machinery
import Sandbox

/// Images on the disk: manifests and configurations by digest, layers unpacked and shared by all images that have them.
///
///     <folder>/index.json              which images there are, replaced in one step
///     <folder>/blobs/<hex>             manifests and configurations
///     <folder>/layers/<hex>/root       one layer unpacked, named for the chain of layers up to it
///     <folder>/layers/<hex>/owners     owners that this user could not give its files: `size BYTES`, then lines of
///                                      `uid gid mode path`, where \n and \\ stand for odd characters of the path
///     <folder>/work                    what is on its way; worth nothing after a crash
///     <folder>/lock, index.lock        between processes
///
/// A running cluster and the command line use it at the same time: who adds or uses holds `lock` together with others, who removes
/// holds it alone. Methods block; call them on a thread of their own.
package final class ImageStore: Sendable {
    package let folder: String
    private let remover: @Sendable (String) throws -> Void

    /// Makes the folder when it is missing.
    ///
    /// - Parameter remover: removes a folder and everything below it, files of other identities than this user's too.
    package init(
        folder: String, remover: @escaping @Sendable (String) throws -> Void = { try removeFolder($0) }
    ) throws(ImageError) {
        self.folder = folder
        self.remover = remover
        for path in [folder, folder + "/blobs", folder + "/layers", folder + "/work"] { try StoreFiles.makeFolder(path) }
    }

    var lockPath: String { folder + "/lock" }
    private var indexPath: String { folder + "/index.json" }
    func layerFolder(_ chain: Digest) -> String { "\(folder)/layers/\(chain.hex)" }
    func blobPath(_ digest: Digest) -> String { "\(folder)/blobs/\(digest.hex)" }

    // MARK: - Reading

    /// All images, in the order in which they came. Throws ``ImageError/damaged(_:)`` for an index that was damaged.
    package func images() throws(ImageError) -> [StoredImage] {
        let bytes: [UInt8]
        do { bytes = try StoreFiles.read(indexPath) } catch .file(_, ENOENT, _) { return [] }
        guard let entries = (try? JSON(parsing: bytes))?["images"]?.array else {
            throw .damaged("\(indexPath) is damaged. Remove the folder \(folder) and load the images again")
        }
        return entries.compactMap { StoredImage($0) }
    }

    package func find(_ reference: ImageReference) throws(ImageError) -> StoredImage? { try images().first { $0.answers(to: reference) } }

    /// The image of a name, an ID or the beginning of an ID of 4 digits at least. Throws ``ImageError/notFound(_:)``.
    package func image(named text: String) throws(ImageError) -> StoredImage {
        let all: [StoredImage] = try images()
        let hex: String = text.hasPrefix("sha256:") ? String(text.dropFirst(7)) : text
        if hex.utf8.count >= 4 {
            let found: [StoredImage] = all.filter { $0.id.hex.hasPrefix(hex) }
            if found.count == 1 { return found[0] }
        }
        let reference = try ImageReference(text)
        guard let found = all.first(where: { $0.answers(to: reference) }) else { throw .notFound(reference.description) }
        return found
    }

    package func config(of image: StoredImage) throws(ImageError) -> ImageConfig {
        try ImageConfig(try StoreFiles.read(blobPath(image.id)), of: image.tags.first ?? image.id.description)
    }

    /// The configuration as it came, JSON.
    package func configBytes(of image: StoredImage) throws(ImageError) -> [UInt8] { try StoreFiles.read(blobPath(image.id)) }

    /// Folders of the image's files, the highest first, as an overlay wants them.
    package func layers(of image: StoredImage) -> [String] { image.layers.reversed().map { layerFolder($0) + "/root" } }

    /// Runs `body` with the image of a name while nobody can remove it: there a container says that it uses it. nil when there is none.
    package func withImage<Value>(
        _ reference: ImageReference, _ body: (StoredImage) throws -> Value
    ) throws -> Value? {
        let lock = try StoreLock(lockPath, .shared)
        return try withExtendedLifetime(lock) {
            guard let image = try find(reference) else { return nil }
            utimes(blobPath(image.id), nil)
            return try body(image)
        }
    }

    /// Seconds since 1970 of the last use.
    package func lastUse(of image: StoredImage) -> Int64 {
        var facts = stat()
        return stat(blobPath(image.id), &facts) == 0 ? Int64(facts.st_mtim.tv_sec) : 0
    }

    /// Layers whose files belong to others than this user, as far as the image is concerned, and who were not told so yet.
    ///
    /// Where a cluster has more identities than the user's own, whoever owns them there is to be given them before a container sees them.
    package func layersWithoutOwners(of image: StoredImage) -> [String] {
        image.layers.map(layerFolder).filter { folder in
            guard !StoreFiles.exists(folder + "/owned"), let record = try? StoreFiles.read(folder + "/owners") else { return false }
            return record.split(separator: 0x0A).count > 1
        }
    }

    /// Notes that the files of a layer have their owners.
    package func noteOwners(ofLayer folder: String) throws(ImageError) { try StoreFiles.replace(folder + "/owned", with: []) }

    // MARK: - Changing

    /// Changes the index as one step among all processes.
    func changeIndex(_ change: (inout [StoredImage]) -> Void) throws(ImageError) {
        let lock = try StoreLock(folder + "/index.lock", .exclusive)
        defer { withExtendedLifetime(lock) {} }
        var images: [StoredImage] = try images()
        change(&images)
        let json: JSON = ["images": .array(images.map(\.json))]
        try StoreFiles.replace(indexPath, with: json.serialized())
    }

    /// Takes a name off an image, or all when its ID is given; with the last name go its files.
    ///
    /// - Parameter inUse: manifests of images that containers run from. Asked while no container can be started.
    /// - Returns: what was taken off, and what was removed. Throws ``ImageError/inUse(_:)`` or ``ImageError/notFound(_:)``.
    package func remove(_ name: String, inUse: () -> Set<Digest>) throws(ImageError) -> (untagged: [String], removed: Digest?) {
        try alone { () throws(ImageError) in
            let image: StoredImage = try image(named: name)
            var untagged: [String] = image.tags
            if let reference = try? ImageReference(name), reference.digest == nil, image.answers(to: reference) {
                untagged = image.tags.filter { $0 == reference.description }
            }
            let isLast: Bool = untagged.count == image.tags.count
            if isLast, inUse().contains(image.manifest) { throw .inUse(name) }
            try changeIndex { images in
                guard let at = images.firstIndex(where: { $0.manifest == image.manifest }) else { return }
                if isLast { images.remove(at: at) } else { images[at].tags.removeAll { untagged.contains($0) } }
            }
            return (untagged, isLast ? image.id : nil)
        }
    }

    /// Removes what was pulled and is used by nobody, the longest unused first, until `isEnough` says so. Returns what went.
    package func collect(
        inUse: () -> Set<Digest>, olderThan age: Int64, isEnough: () -> Bool
    ) throws(ImageError) -> [StoredImage] {
        var gone: [StoredImage] = []
        while !isEnough() {
            let next: StoredImage? = try alone { () throws(ImageError) in
                let used: Set<Digest> = inUse()
                let now = Int64(time(nil))
                let candidates: [StoredImage] = try images().filter {
                    $0.origin == .pulled && !used.contains($0.manifest) && now - lastUse(of: $0) >= age
                }
                guard let oldest = candidates.min(by: { lastUse(of: $0) < lastUse(of: $1) }) else { return nil }
                try changeIndex { images in images.removeAll { $0.manifest == oldest.manifest } }
                return oldest
            }
            guard let next else { break }
            gone.append(next)
        }
        return gone
    }

    /// Removes what a crash left on its way. Does nothing while somebody else is at work.
    package func tidy() throws(ImageError) {
        guard let lock = StoreLock(ifFree: lockPath) else { return }
        defer { withExtendedLifetime(lock) {} }
        try sweep()
        for name in StoreFiles.names(in: folder + "/work") { try drop("\(folder)/work/\(name)") }
    }

    /// Runs `body` while nobody adds or uses, and takes away what no image has any more; the bytes go when others are let in again.
    private func alone<Value>(_ body: () throws(ImageError) -> Value) throws(ImageError) -> Value {
        let result: Value
        let trash: [String]
        do {
            let lock = try StoreLock(lockPath, .exclusive)
            defer { withExtendedLifetime(lock) {} }
            result = try body()
            trash = try sweep()
        }
        for path in trash { try drop(path) }
        return result
    }

    /// Moves layers that no image has to where they are removed, and removes such blobs. Under the sole lock.
    @discardableResult
    private func sweep() throws(ImageError) -> [String] {
        let all: [StoredImage] = try images()
        let layers: Set<String> = Set(all.flatMap(\.layers).map(\.hex))
        let blobs: Set<String> = Set(all.flatMap { [$0.manifest.hex, $0.id.hex] })
        var trash: [String] = []
        for name in StoreFiles.names(in: folder + "/layers") where !layers.contains(name) {
            let place = "\(folder)/work/gone-\(getpid())-\(UInt64.random(in: 0 ... .max))"
            guard rename("\(folder)/layers/\(name)", place) == 0 else { throw .system("rename", "\(folder)/layers/\(name)") }
            trash.append(place)
        }
        for name in StoreFiles.names(in: folder + "/blobs") where !blobs.contains(name) { unlink("\(folder)/blobs/\(name)") }
        return trash
    }

    func drop(_ path: String) throws(ImageError) {
        do { try remover(path) } catch {
            throw .file(call: "remove", errno: (error as? SandboxError)?.errno ?? EIO, path: path)
        }
    }
}
