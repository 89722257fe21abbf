import FoundationEssentials
import Glibc
import Images
import TestSupport
import Testing

/// A store in a folder of its own.
struct TestStore {
    let folder: TemporaryFolder
    let store: ImageStore

    static let platform = Platform(architecture: ImageMaker.architecture)

    init() throws {
        folder = try TemporaryFolder("images")
        store = try ImageStore(folder: folder.file("store"))
    }

    func load(_ bytes: [UInt8], name: String? = nil) throws -> [StoredImage] {
        let path: String = folder.file("archive-\(UInt32.random(in: 0 ... .max))")
        try Data(bytes).write(to: URL(filePath: path))
        return try ArchiveLoader(store, platform: Self.platform, name: try name.map { try ImageReference($0) }).load(path: path)
    }

    /// The highest layer that has a place.
    func path(_ image: StoredImage, _ place: String) -> String? {
        store.layers(of: image).map { $0 + place }.first { path in
            var facts = stat()
            return lstat(path, &facts) == 0
        }
    }

    func text(_ image: StoredImage, _ place: String) -> String? {
        path(image, place).flatMap { try? Data(contentsOf: URL(filePath: $0)) }.map { String(decoding: $0, as: UTF8.self) }
    }

    func mode(_ path: String) -> UInt32 {
        var facts = stat()
        return lstat(path, &facts) == 0 ? facts.st_mode : 0
    }
}
