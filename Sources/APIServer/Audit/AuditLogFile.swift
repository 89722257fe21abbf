import Dispatch
import Glibc
package import Machinery
import Synchronization

/// Writes events of an audit to a file, a line of JSON each, and begins a new file when one is full.
///
/// Written from a thread of its own: requests only line their events up. Full files are named for the time at which they were closed.
package final class AuditLogFile: AuditBackend {
    package struct Limits: Sendable {
        /// Bytes of a file before the next one is begun.
        package var size = 100 << 20
        /// How many full files are kept; 0 keeps all.
        package var backups = 0
        /// Days that full files are kept; 0 is for ever.
        package var days = 0

        package init() {}
    }

    /// Events that may wait for the disk.
    private static let most = 10_000

    private let path: String
    private let loss: AuditLoss
    private let limits: Limits
    private let queue = DispatchQueue(label: "swkube.audit")
    private let waiting = Mutex<[JSON]>([])
    private let file: Mutex<(fd: Int32, size: Int)>

    /// The file can't be opened.
    package struct Failure: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// - Parameter path: `-` is standard output. Throws ``Failure``.
    package init(path: String, limits: Limits, loss: AuditLoss) throws(Failure) {
        self.path = path
        self.loss = loss
        self.limits = limits
        file = Mutex(try Self.open(path))
    }

    deinit { if path != "-" { close(file.withLock { $0.fd }) } }

    package func take(_ event: JSON) {
        let (isTaken, isFirst): (Bool, Bool) = waiting.withLock { waiting in
            guard waiting.count < Self.most else { return (false, false) }
            waiting.append(event)
            return (true, waiting.count == 1)
        }
        if isFirst { queue.async { [self] in write() } }
        if !isTaken { loss.add(1, "the log has no room for more than \(Self.most)") }
    }

    package func flush() async {
        await withCheckedContinuation { continuation in
            queue.async { [self] in
                write()
                continuation.resume()
            }
        }
    }

    // MARK: - On the queue

    private func write() {
        let events: [JSON] = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        file.withLock { file in
            var lines: [UInt8] = []
            for event in events {
                lines += event.serialized()
                lines.append(UInt8(ascii: "\n"))
                if file.size + lines.count >= limits.size, path != "-" {
                    put(lines, &file)
                    lines = []
                    rotate(&file)
                }
            }
            put(lines, &file)
        }
    }

    private func put(_ bytes: [UInt8], _ file: inout (fd: Int32, size: Int)) {
        var rest: ArraySlice<UInt8> = bytes[...]
        while !rest.isEmpty {
            let count: Int = rest.withUnsafeBytes { Glibc.write(file.fd, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return loss.add(rest.count { $0 == 0x0A }, "cannot write \(path): \(String(cString: strerror(errno)))") }
            file.size += count
            rest = rest.dropFirst(count)
        }
    }

    private func rotate(_ file: inout (fd: Int32, size: Int)) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let time = MicroTime(microseconds: Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000)
        guard rename(path, "\(stem)-\(time)\(ending)") == 0, let next = try? Self.open(path) else { return }
        close(file.fd)
        file = next
        prune(now: now.tv_sec)
    }

    /// Removes full files that are too many or too old.
    private func prune(now: Int) {
        guard limits.backups > 0 || limits.days > 0, let folder = opendir(parent) else { return }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name: String = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if (parent + "/" + name).hasPrefix(stem + "-"), name.hasSuffix(ending) { names.append(name) }
        }
        closedir(folder)
        for (i, name) in names.sorted(by: >).enumerated() {
            // The name tells when it was closed.
            let closed: MicroTime? = MicroTime(String(name.dropLast(ending.count).suffix(MicroTime(.epoch).description.utf8.count)))
            let isOld: Bool = limits.days > 0 && (closed?.time.seconds ?? 0) < Int64(now - limits.days * 86_400)
            if isOld || (limits.backups > 0 && i >= limits.backups) { unlink(parent + "/" + name) }
        }
    }

    private var parent: String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "." }

    /// The path without what follows its last point.
    private var stem: String {
        guard let point = path.lastIndex(of: "."), path[point...].contains("/") == false else { return full }
        return full.hasSuffix(ending) ? String(full.dropLast(ending.count)) : full
    }

    private var full: String { path.contains("/") ? path : "./" + path }

    private var ending: String {
        guard let point = path.lastIndex(of: "."), path[point...].contains("/") == false else { return "" }
        return String(path[point...])
    }

    private static func open(_ path: String) throws(Failure) -> (fd: Int32, size: Int) {
        if path == "-" { return (STDOUT_FILENO, 0) }
        let fd: Int32 = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard fd >= 0 else { throw Failure(description: "cannot write the audit log \(path): \(String(cString: strerror(errno)))") }
        return (fd, max(0, Int(lseek(fd, 0, SEEK_END))))
    }
}
