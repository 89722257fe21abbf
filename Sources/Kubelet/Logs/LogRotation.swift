import CZlib
import Machinery

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Moves a container's log aside when it is long, compresses what was moved before, and lets go of the oldest.
///
/// `0.log` becomes `0.log.20261127-104121`, and that later `0.log.20261127-104121.gz`. Source: pkg/kubelet/logs/container_log_manager.go.
enum LogRotation {
    /// What is to be done with the files beside a log.
    struct Plan: Equatable {
        var compress: [String] = []
        var remove: [String] = []

        /// - Parameter names: of all files in the log's folder. - Parameter log: the log's own name.
        /// - Parameter kept: how many files may stay, the log and one that will be moved aside now among them.
        init(_ names: [String], of log: String, keeping kept: Int) {
            let all: [String] = names.filter { $0.hasPrefix(log + ".") }.sorted()
            let old: [String] = all.filter { !$0.hasSuffix(".tmp") }
            let room: Int = max(0, kept - 2)
            remove = all.filter { $0.hasSuffix(".tmp") } + old.dropLast(room)
            // The one that is moved aside now stays as it is, for those who are still reading it.
            compress = old.suffix(room).filter { !$0.hasSuffix(".gz") }
        }
    }

    /// Bytes of a log; 0 when it is not there.
    static func size(_ path: String) -> Int {
        var facts = stat()
        return stat(path, &facts) == 0 ? Int(facts.st_size) : 0
    }

    /// Makes room beside a log. Blocks.
    static func makeRoom(for path: String, keeping kept: Int) {
        let (folder, name): (String, String) = parts(path)
        let plan = Plan(Files.names(in: folder), of: name, keeping: kept)
        for old in plan.remove { try? Files.remove(folder + "/" + old) }
        for old in plan.compress { compress(folder + "/" + old) }
    }

    /// The name under which a log is moved aside at a time.
    static func aside(_ path: String, at time: Time) -> String {
        let text: String = CivilTime(secondsSinceEpoch: time.seconds).text
        return path + "." + String(text.compactMap { $0 == "T" ? "-" : $0.isNumber ? $0 : nil })
    }

    /// Removes a log and what was moved aside of it. Blocks.
    static func remove(_ path: String) {
        let (folder, name): (String, String) = parts(path)
        for found in Files.names(in: folder) where found == name || found.hasPrefix(name + ".") { try? Files.remove(folder + "/" + found) }
    }

    private static func parts(_ path: String) -> (folder: String, name: String) {
        let slash: String.Index = path.lastIndex(of: "/") ?? path.startIndex
        return (String(path[..<slash]), String(path[slash...].dropFirst()))
    }

    /// What cannot be compressed stays as it is.
    private static func compress(_ path: String) {
        let source: Int32 = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard source >= 0 else { return }
        defer { close(source) }
        let new: String = path + ".tmp"
        let target: Int32 = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard target >= 0 else { return }
        guard let zip = gzdopen(target, "wb") else {
            close(target)
            return
        }
        var isWhole = false
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count: Int = bytes.withUnsafeMutableBytes { read(source, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count <= 0 {
                isWhole = count == 0
                break
            }
            guard gzwrite(zip, bytes, UInt32(count)) == Int32(count) else { break }
        }
        guard gzclose(zip) == Z_OK, isWhole, rename(new, path + ".gz") == 0 else {
            unlink(new)
            return
        }
        unlink(path)
    }
}
