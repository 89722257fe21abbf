import Glibc

/// A thread of this process and what it does at the moment. Source: proc(5).
package struct ProcessThread: Sendable {
    package let id: Int32
    package let name: String
    /// `R` runs, `S` sleeps, `D` waits for a disk.
    package let state: String
    /// Seconds of processor time since its start.
    package let cpuSeconds: Double
    /// The kernel's function in which it sleeps; empty where it runs, or the kernel does not say.
    package let waitsIn: String

    package static var all: [ProcessThread] {
        guard let folder = opendir("/proc/self/task") else { return [] }
        defer { closedir(folder) }
        let ticks = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
        var threads: [ProcessThread] = []
        while let entry = readdir(folder) {
            let name: String = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            guard let id = Int32(name) else { continue }
            let line: String = text(ofFile: "/proc/self/task/\(id)/stat")
            guard let end = line.lastIndex(of: ")"), let begin = line.firstIndex(of: "(") else { continue }
            let fields: [Substring] = line[line.index(after: end)...].split(separator: " ")
            guard fields.count > 12 else { continue }
            let place: String = text(ofFile: "/proc/self/task/\(id)/wchan")
            threads.append(
                ProcessThread(
                    id: id, name: String(line[line.index(after: begin)..<end]), state: String(fields[0]),
                    cpuSeconds: ((Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0)) / ticks, waitsIn: place == "0" ? "" : place))
        }
        return threads.sorted { $0.id < $1.id }
    }
}
