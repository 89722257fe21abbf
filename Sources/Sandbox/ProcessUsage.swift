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
        let tick = Int64(1_000_000_000) / Int64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        let page = Int64(sysconf(Int32(_SC_PAGESIZE)))
        for process in ProcFolder.numbers(in: "/proc") {
            guard let fields = ProcFolder.fields(ofStat: "/proc/\(process)/stat"), let session = Int32(fields[3]),
                sessions.contains(session)
            else { continue }
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
