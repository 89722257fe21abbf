import Machinery
import Sandbox

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A folder of small files that all change at once: readers see all old files or all new ones.
///
///     <folder>/..2026_11_22_21_45_07.123456789/app.yaml
///     <folder>/..data      -> ..2026_11_22_21_45_07.123456789, exchanged in one step
///     <folder>/app.yaml    -> ..data/app.yaml
///
/// Source: pkg/volume/util/atomic_writer.go.
struct VolumeFiles: Sendable {
    struct File: Sendable, Equatable {
        var bytes: [UInt8]
        var mode: UInt32
        /// Whom it belongs to; nil leaves it to the owner of all.
        var user: UInt32?
    }

    let folder: String
    /// Gives a file to its user and to the pod's group.
    var give: @Sendable (_ path: String, _ file: File) throws -> Void

    private var current: String { folder + "/..data" }

    /// Makes the folder show exactly these files, by their relative paths. Does nothing when it does already.
    func show(_ files: [String: File]) throws {
        try Files.makeFolder(folder, mode: 0o755)
        guard shown() != files.mapValues({ File(bytes: $0.bytes, mode: $0.mode) }) else { return }
        let old: String? = Files.destination(of: current)
        let name: String = Self.folderName(at: Host.now)
        let new: String = folder + "/" + name
        try Files.makeFolder(new, mode: 0o755)
        for (path, file) in files {
            let whole: String = new + "/" + path
            if let parent = Files.parent(of: whole), parent != new { try Files.makeFolder(parent, mode: 0o755) }
            try Files.write(file.bytes, to: whole, mode: mode_t(file.mode))
            try give(whole, file)
        }
        try Files.link(to: name, at: current)
        let tops: Set<String> = Set(files.keys.map { String($0.prefix { $0 != "/" }) })
        for top in tops where Files.destination(of: folder + "/" + top) != "..data/" + top {
            try Files.link(to: "..data/" + top, at: folder + "/" + top)
        }
        for other in Files.names(in: folder) where !other.hasPrefix("..") && !tops.contains(other) {
            try Files.remove(folder + "/" + other)
        }
        if let old, old != name { try removeFolder(folder + "/" + old) }
    }

    /// What lies there now.
    private func shown() -> [String: File]? {
        guard let name = Files.destination(of: current) else { return nil }
        var files: [String: File] = [:]
        func walk(_ folder: String, _ prefix: String) {
            for name in Files.names(in: folder) {
                let path: String = folder + "/" + name
                if Files.kind(path) == .folder {
                    walk(path, prefix + name + "/")
                } else {
                    var facts = stat()
                    guard stat(path, &facts) == 0 else { continue }
                    files[prefix + name] = File(bytes: Files.read(path) ?? [], mode: UInt32(facts.st_mode & 0o777))
                }
            }
        }
        walk(folder + "/" + name, "")
        return files
    }

    /// `..2026_11_22_21_45_07.123456789`
    private static func folderName(at nanoseconds: Int64) -> String {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let text: String = CivilTime(secondsSinceEpoch: seconds).text
        let fraction = String(rest)
        let padded: String = String(repeating: "0", count: 9 - fraction.count) + fraction
        return ".." + String(text.map { $0 == "-" || $0 == ":" || $0 == "T" ? "_" : $0 }) + "." + padded
    }
}
