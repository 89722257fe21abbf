import Glibc

/// What a session of processes has used, by the kernel's books. A container's first process leads a session.
package struct ProcessUsage: Sendable, Equatable {
    /// Nanoseconds of processor time, children that were waited for included.
    package var cpu: Int64 = 0
    /// Bytes of memory in use now, shared ones counted for each process.
    package var memory: Int64 = 0
    package var processes = 0
    package var threads = 0

    /// Sums over all processes of the host, in one pass: by session, for the sessions asked for.
    /// A daemon that left its container's session is not counted.
    package static func bySession(_ sessions: Set<Int32>) -> [Int32: ProcessUsage] {
        var result: [Int32: ProcessUsage] = [:]
        guard let folder = opendir("/proc") else { return result }
        defer { closedir(folder) }
        let tick = Int64(1_000_000_000) / Int64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        let page = Int64(sysconf(Int32(_SC_PAGESIZE)))
        while let entry = readdir(folder) {
            let name: String = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            guard Int32(name) != nil else { continue }
            let line: String = text(ofFile: "/proc/\(name)/stat")
            // The program's name, in parentheses, may hold anything; what follows the last one is numbers.
            guard let end = line.lastIndex(of: ")") else { continue }
            let fields: [Substring] = line[line.index(after: end)...].split(separator: " ")
            guard fields.count > 21, let session = Int32(fields[3]), sessions.contains(session) else { continue }
            var usage: ProcessUsage = result[session] ?? ProcessUsage()
            for index in 11...14 { usage.cpu += (Int64(fields[index]) ?? 0) * tick }
            usage.memory += (Int64(fields[21]) ?? 0) * page
            usage.processes += 1
            usage.threads += Int(fields[17]) ?? 1
            result[session] = usage
        }
        return result
    }
}
