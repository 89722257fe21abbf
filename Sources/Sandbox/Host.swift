import CSandbox
import Glibc

/// Facts of the machine, read when asked for.
package enum Host {
    /// Whether this process is the host's root.
    package static var isRoot: Bool { geteuid() == 0 }

    /// Whether this process makes namespaces by its own rights. Root in a container often has lost them, and needs a user namespace as
    /// everybody does. Tried out once, which blocks for about a millisecond.
    package static let isPrivileged: Bool = isRoot && swkube_try_isolation(0) == 0

    /// Why pods cannot run here at all; nil when they can. Tried out once.
    package static let isolationProblem: SandboxError? = {
        let result: Int32 = isPrivileged ? 0 : swkube_try_isolation(1)
        return result == 0 ? nil : .setup(stage: "user namespace", errno: result, path: "")
    }()

    /// What to do about ``isolationProblem``, and about networks that the host forbids.
    package static var isolationRemedy: String {
        // The second is Debian's, the third Ubuntu's.
        let switches: [(name: String, off: String, on: String)] = [
            ("user.max_user_namespaces", "0", "10000"), ("kernel.unprivileged_userns_clone", "0", "1"),
            ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"), ("user.max_net_namespaces", "0", "10000"),
        ]
        let closed: [String] = switches.compactMap { name, off, on in
            let value: String = text(ofFile: "/proc/sys/" + name.replacing(".", with: "/"))
            return value == off + "\n" ? "\(name)=\(on)" : nil
        }
        guard closed.isEmpty else { return "as root: sysctl -w " + closed.joined(separator: " ") }
        return "let users make user and network namespaces; in a container, its runtime must let it"
    }

    /// Whether the kernel applies profiles of AppArmor.
    package static var hasAppArmor: Bool { text(ofFile: "/sys/module/apparmor/parameters/enabled").hasPrefix("Y") }

    /// The folder that the system's list of users gives this process's user; nil for one that is not in it.
    package static var homeOfUser: String? {
        for line in text(ofFile: "/etc/passwd").split(separator: "\n") {
            let fields: [Substring] = line.split(separator: ":", omittingEmptySubsequences: false)
            if fields.count > 5, fields[2] == "\(geteuid())", fields[5].hasPrefix("/") { return String(fields[5]) }
        }
        return nil
    }

    /// Whether a process was killed and the kernel is still taking it down: it holds its locks and sockets yet, but runs no more.
    package static func isEnding(_ pid: Int32) -> Bool {
        let fields: [Substring] = text(ofFile: "/proc/\(pid)/stat").split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 6, let flags = UInt32(fields[6]) else { return false }
        let isExiting: UInt32 = 0x4  // PF_EXITING of include/linux/sched.h
        if fields[0] == "Z" || fields[0] == "X" || flags & isExiting != 0 { return true }
        let kill: UInt64 = 1 << (UInt64(SIGKILL) - 1)
        return text(ofFile: "/proc/\(pid)/status").split(separator: "\n").contains { line in
            guard line.hasPrefix("SigPnd:") || line.hasPrefix("ShdPnd:"), let mask = line.split(separator: "\t").last else { return false }
            return UInt64(mask, radix: 16).map { $0 & kill != 0 } ?? false
        }
    }

    /// A descriptor that is readable when the process has ended, to be closed by the caller; nil when it has ended already.
    package static func end(of pid: Int32) -> Int32? {
        let descriptor: Int32 = swkube_process_end(pid)
        return descriptor < 0 ? nil : descriptor
    }

    /// Names this process as `top` and `pgrep` show it, 15 bytes at most: one started as /proc/self/exe is called "exe" otherwise.
    package static func nameProcess(_ name: String) {
        let fd: Int32 = open("/proc/self/comm", O_WRONLY | O_CLOEXEC)
        guard fd >= 0 else { return }  // without /proc the name stays; nothing depends on it
        _ = write(fd, name, name.utf8.count)
        close(fd)
    }

    /// Lets this process open as many files as its user may have at all: the soft limit of a login, often 1,024, is less than what a
    /// cluster with a few hundred connections holds. Programs that it starts inherit the limit.
    package static func allowManyFiles() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        // Refused by no kernel; were it, the old limit would stay.
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// Descriptors that this process may have at once.
    package static var mostFiles: Int {
        var limit = rlimit()
        return getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 ? Int(clamping: limit.rlim_cur) : 1024
    }

    /// Processors that this process may use.
    package static var processors: Int { Int(swkube_processors()) }

    /// All memory in bytes, 0 when the kernel does not tell.
    package static var memory: Int64 { memoryInformation["MemTotal"] ?? 0 }

    /// Bytes that programs could still get without swapping.
    package static var availableMemory: Int64 { memoryInformation["MemAvailable"] ?? 0 }

    /// Processes and threads that there are now, and how many the kernel lets there be; nil when it does not tell.
    package static var tasks: (now: Int64, most: Int64)? {
        func number(_ name: String) -> Int64? { Int64(text(ofFile: "/proc/sys/kernel/" + name).trimming(\.isWhitespace)) }
        // 0.20 0.18 0.12 1/270 11206
        let words: [Substring] = text(ofFile: "/proc/loadavg").split(separator: " ")
        guard words.count > 3, let now = words[3].split(separator: "/").last.flatMap({ Int64($0) }), let numbers = number("pid_max"),
            let threads = number("threads-max")
        else { return nil }
        return (now, min(numbers, threads))
    }

    private static var memoryInformation: [Substring: Int64] {
        var values: [Substring: Int64] = [:]
        for line in text(ofFile: "/proc/meminfo").split(separator: "\n") {
            let parts: [Substring] = line.split(whereSeparator: { $0 == ":" || $0 == " " })
            if parts.count > 1, let kibibytes = Int64(parts[1]) { values[parts[0]] = kibibytes * 1024 }
        }
        return values
    }

    /// As `uname -r` prints it.
    package static var kernelVersion: String { systemName.release }

    /// As `uname -n` prints it.
    package static var name: String { systemName.node }

    /// Name of the machine's architecture as Go and Kubernetes write it: `amd64`, `arm64`.
    package static var architecture: String {
        switch systemName.machine {
        case "x86_64": "amd64"
        case "aarch64": "arm64"
        case let other: other
        }
    }

    private static var systemName: (release: String, node: String, machine: String) {
        var name = utsname()
        guard uname(&name) == 0 else { return ("", "", "") }
        func string(_ field: some Any) -> String {
            withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        return (string(name.release), string(name.nodename), string(name.machine))
    }

    /// `PRETTY_NAME` of os-release, such as `Debian GNU/Linux 12 (bookworm)`.
    package static var operatingSystemImage: String {
        for file in ["/etc/os-release", "/usr/lib/os-release"] {
            for line in text(ofFile: file).split(separator: "\n") where line.hasPrefix("PRETTY_NAME=") {
                return String(line.dropFirst("PRETTY_NAME=".count)).trimming { $0 == "\"" || $0 == "'" }
            }
        }
        return "Linux"
    }

    /// The lowest port that every user may bind.
    package static var firstUnprivilegedPort: Int {
        Int(text(ofFile: "/proc/sys/net/ipv4/ip_unprivileged_port_start").trimming(\.isWhitespace)) ?? 1024
    }

    /// Whether the host uses IPv6, or would if it had an address.
    package static var hasIPv6: Bool { text(ofFile: "/proc/sys/net/ipv6/conf/all/disable_ipv6").hasPrefix("0") }

    /// Changes with each start of the machine.
    package static var bootID: String { text(ofFile: "/proc/sys/kernel/random/boot_id").trimming(\.isWhitespace) }

    /// Stays with the installed system; empty where it has none.
    package static var machineID: String { text(ofFile: "/etc/machine-id").trimming(\.isWhitespace) }

    /// Nanoseconds since 1970 by the host's clock, the one that a sandbox stamps with.
    package static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Path of the running program.
    package static var executable: String { target(of: "/proc/self/exe") }

    /// Path of the file that standard error goes to; nil where that is a terminal, a pipe or nothing.
    package static var standardErrorFile: String? {
        var facts = stat()
        guard fstat(STDERR_FILENO, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return nil }
        return target(of: "/proc/self/fd/2")
    }

    /// Empty for what is no link.
    private static func target(of link: String) -> String {
        var path = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count: Int = path.withUnsafeMutableBytes { bytes in
            // Proved: the array is not empty.
            readlink(link, bytes.baseAddress!.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        return String(decoding: path.prefix(max(0, count)), as: UTF8.self)
    }
}

/// The whole text of a small file, empty when it cannot be read: files of /proc and /etc that a host may lack.
func text(ofFile path: String) -> String {
    let fd: Int32 = open(path, O_RDONLY | O_CLOEXEC)
    guard fd >= 0 else { return "" }
    defer { close(fd) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
        let count: Int = read(fd, &chunk, chunk.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { break }
        bytes.append(contentsOf: chunk[..<count])
    }
    return String(decoding: bytes, as: UTF8.self)
}

extension String {
    fileprivate func trimming(_ unwanted: (Character) -> Bool) -> String {
        var rest: Substring = self[...]
        while let first = rest.first, unwanted(first) { rest.removeFirst() }
        while let last = rest.last, unwanted(last) { rest.removeLast() }
        return String(rest)
    }
}
