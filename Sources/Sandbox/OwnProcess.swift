import Glibc

/// What this process uses of the machine at the moment. Source: proc(5).
package struct OwnProcess: Sendable {
    /// Seconds of CPU since its start, of all threads.
    package let cpuSeconds: Double
    package let residentBytes: Int
    package let virtualBytes: Int
    package let threads: Int
    package let openFiles: Int
    package let mostOpenFiles: Int
    /// Seconds since 1970.
    package let started: Double

    /// nil without /proc.
    package init?() {
        guard let fields = text(ofFile: "/proc/self/stat").split(separator: ")").last?.split(separator: " "), fields.count > 21 else {
            return nil
        }
        func number(_ field: Int) -> Double { Double(fields[field - 3]) ?? 0 }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        cpuSeconds = (number(14) + number(15)) / ticks
        threads = Int(number(20))
        virtualBytes = Int(number(23))
        residentBytes = Int(number(24)) * sysconf(Int32(_SC_PAGESIZE))
        let boot: Double? = text(ofFile: "/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }
            .flatMap { Double($0.dropFirst("btime ".count)) }
        started = (boot ?? 0) + number(22) / ticks
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        mostOpenFiles = Int(clamping: limit.rlim_cur)
        openFiles = Self.entries(of: "/proc/self/fd")
    }

    /// Without `.`, `..` and the folder that is open to count.
    private static func entries(of path: String) -> Int {
        guard let folder = opendir(path) else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return max(0, count - 3)
    }
}
