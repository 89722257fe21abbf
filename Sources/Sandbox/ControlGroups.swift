import Glibc

/// The kernel's control groups of a cluster, by which containers are held to their limits and what they use is counted. Version 1 and 2.
///
///     <hierarchy>/<where this process is>/<name>/<pod>/<container>
///
/// Groups are made where this process itself is, so that limits on it hold for all that it starts. Root can; an ordinary user where the
/// system gave the session a hierarchy of its own (systemd's `Delegate=yes`).
package final class ControlGroups: Sendable {
    package enum Controller: String, Sendable, CaseIterable { case cpu, cpuacct, memory, pids }

    /// What a group is held to; nil stands for no limit.
    package struct Limits: Sendable, Equatable {
        /// Thousandths of a processor.
        package var cpu: Int64?
        /// Thousandths of a processor that the group gets when all want more; 0 for the least.
        package var cpuShare: Int64?
        /// Bytes.
        package var memory: Int64?
        package var processes: Int64?

        package init(cpu: Int64? = nil, cpuShare: Int64? = nil, memory: Int64? = nil, processes: Int64? = nil) {
            self.cpu = cpu
            self.cpuShare = cpuShare
            self.memory = memory
            self.processes = processes
        }
    }

    /// What a group has used.
    package struct Usage: Sendable, Equatable {
        /// Nanoseconds of processor time since the group was made.
        package var cpu: Int64
        /// Bytes that cannot be taken back without harm: in use, less what the kernel would drop first.
        package var workingSet: Int64
        package var processes: Int64
    }

    /// What its memory is made of, and how often it was held back.
    package struct Details: Sendable, Equatable {
        /// Bytes of memory without files behind it.
        package var rss: Int64
        /// Bytes of files that are kept in memory.
        package var cache: Int64
        package var swap: Int64
        /// Stretches of time in which a limit of processors held, those at which it was reached, and nanoseconds of waiting for the next.
        package var periods: Int64
        package var throttledPeriods: Int64
        package var throttled: Int64
    }

    /// Folders of the cluster by controller; in version 2 the same for all.
    private let folders: [Controller: String]
    private let isUnified: Bool
    /// Why limits are not enforced; nil when they are.
    package let problem: String?

    /// What is enforced: limits on processors, memory and the number of processes.
    package var isComplete: Bool { Controller.allCases.allSatisfy { folders[$0] != nil } }

    /// - Parameter name: of the cluster; one path component.
    package convenience init(name: String) { self.init(name: name, .ofThisProcess) }

    init(name: String, _ hierarchies: ControlGroupHierarchies) {
        var folders: [Controller: String] = [:]
        for controller in Controller.allCases {
            guard let here = hierarchies.folder(of: controller.rawValue) else { continue }
            let folder = "\(here)/\(name)"
            if mkdir(folder, 0o755) == 0 || errno == EEXIST { folders[controller] = folder }
        }
        var isUnified = false
        var obstacle = "this user may not make control groups"
        if folders.isEmpty, let group = hierarchies.unified.map({ UnifiedGroup($0) }) {
            if let problem = group.open(name) {
                obstacle = problem
            } else {
                isUnified = true
                for controller in Controller.allCases { folders[controller] = "\(group.folder)/\(name)" }
            }
        }
        self.folders = folders
        self.isUnified = isUnified
        problem =
            Controller.allCases.allSatisfy { folders[$0] != nil }
            ? nil
            : hierarchies.isEmpty
                ? "the host has no control groups mounted"
                : "\(obstacle); start the cluster with a group of its own: systemd-run \(Host.isRoot ? "" : "--user ")--scope -p Delegate=yes "
                    + "swkube start"
    }

    // MARK: - Groups

    /// Makes a group below the cluster's, and those between. Returns the files by which processes join it.
    ///
    /// `path` is one or two components: a pod, or a pod and a container.
    package func make(_ path: String, _ limits: Limits) throws(SandboxError) -> [String] {
        for folder in roots {
            var at: String = folder
            for part in path.split(separator: "/") {
                if isUnified { UnifiedGroup.giveControllers(below: at) }
                at += "/" + part
                if mkdir(at, 0o755) != 0, errno != EEXIST { throw SandboxError.system(call: "mkdir", errno: errno, path: at) }
            }
        }
        try set(path, limits)
        return roots.map { "\($0)/\(path)/cgroup.procs" }
    }

    /// The files by which processes join a group that is there; none when it is not.
    package func files(_ path: String) -> [String] {
        roots.map { "\($0)/\(path)/cgroup.procs" }.filter { access($0, W_OK) == 0 }
    }

    /// Changes the limits of a group that is there.
    package func set(_ path: String, _ limits: Limits) throws(SandboxError) {
        func put(_ controller: Controller, _ file: String, _ text: String) throws(SandboxError) {
            guard let folder = folders[controller] else { return }
            let place = "\(folder)/\(path)/\(file)"
            let code: Int32 = Self.write(text, to: place)
            if code != 0 { throw SandboxError.system(call: "write", errno: code, path: place) }
        }
        let period: Int64 = 100_000
        let quota: Int64? = limits.cpu.map { max(1000, $0 * period / 1000) }
        if isUnified {
            try put(.cpu, "cpu.max", (quota.map { String($0) } ?? "max") + " \(period)")
            if let share = limits.cpuShare {
                // Shares of version 1, from 2 to 262144, as weights from 1 to 10000. Source: the runtime specification's conversion.
                let shares: Int64 = min(262_144, max(2, share * 1024 / 1000))
                try put(.cpu, "cpu.weight", String(1 + (shares - 2) * 9999 / 262_142))
            }
            try put(.memory, "memory.max", limits.memory.map { String($0) } ?? "max")
            if path.contains("/") {
                // As version 1 does by itself: no swap beyond the limit. A container goes as a whole, as its first process would be missed.
                Self.write(limits.memory == nil ? "max" : "0", to: "\(folders[.memory] ?? "")/\(path)/memory.swap.max")
                Self.write("1", to: "\(folders[.memory] ?? "")/\(path)/memory.oom.group")
            }
        } else {
            try put(.cpu, "cpu.cfs_period_us", String(period))
            try put(.cpu, "cpu.cfs_quota_us", String(quota ?? -1))
            if let share = limits.cpuShare { try put(.cpu, "cpu.shares", String(max(2, share * 1024 / 1000))) }
            try put(.memory, "memory.limit_in_bytes", String(limits.memory ?? -1))
        }
        try put(.pids, "pids.max", limits.processes.map { String($0) } ?? "max")
    }

    /// What a group has used; nil where it is not counted.
    package func usage(_ path: String) -> Usage? {
        guard let processor = folders[.cpuacct].map({ "\($0)/\(path)" }), let memory = folders[.memory].map({ "\($0)/\(path)" }) else {
            return nil
        }
        let cpu: Int64? =
            isUnified
            ? Self.value("usage_usec", in: processor + "/cpu.stat").map { $0 * 1000 } : Int64(Self.line(processor + "/cpuacct.usage"))
        let bytes = Int64(Self.line(memory + (isUnified ? "/memory.current" : "/memory.usage_in_bytes")))
        guard let cpu, let bytes else { return nil }
        let idle: Int64 = Self.value(isUnified ? "inactive_file" : "total_inactive_file", in: memory + "/memory.stat") ?? 0
        let processes: Int64 = folders[.pids].flatMap { Int64(Self.line("\($0)/\(path)/pids.current")) } ?? 0
        return Usage(cpu: cpu, workingSet: max(0, bytes - idle), processes: processes)
    }

    /// nil for a group that is gone.
    package func details(_ path: String) -> Details? {
        guard let memory = folders[.memory].map({ "\($0)/\(path)" }), let processor = folders[.cpu].map({ "\($0)/\(path)" }) else {
            return nil
        }
        func of(_ name: String) -> Int64 { Self.value(isUnified ? name : "total_" + name, in: memory + "/memory.stat") ?? 0 }
        func turn(_ name: String) -> Int64 { Self.value(name, in: processor + "/cpu.stat") ?? 0 }
        guard Self.value(isUnified ? "anon" : "total_rss", in: memory + "/memory.stat") != nil else { return nil }
        return Details(
            rss: of(isUnified ? "anon" : "rss"), cache: of(isUnified ? "file" : "cache"),
            swap: isUnified ? Int64(Self.line(memory + "/memory.swap.current")) ?? 0 : of("swap"), periods: turn("nr_periods"),
            throttledPeriods: turn("nr_throttled"), throttled: isUnified ? turn("throttled_usec") * 1000 : turn("throttled_time"))
    }

    /// How many processes of a group the kernel killed because its memory was full.
    package func memoryKills(_ path: String) -> Int {
        guard let folder = folders[.memory] else { return 0 }
        return Int(Self.value("oom_kill", in: "\(folder)/\(path)/" + (isUnified ? "memory.events" : "memory.oom_control")) ?? 0)
    }

    /// Removes a group and those below it, whose processes have ended; "" is all of the cluster's. What is still in use stays.
    package func remove(_ path: String) {
        if path.isEmpty { return Self.remove(folders: roots) }
        for folder in roots { Self.remove(folder: "\(folder)/\(path)") }
    }

    /// The folders of all groups of the cluster, for ``remove(folders:)`` of another process.
    package var roots: [String] { Set(folders.values).sorted() }

    /// Removes what a cluster that has ended left.
    package static func remove(folders: [String]) {
        for folder in folders {
            remove(folder: folder)
            if let slash = folder.lastIndex(of: "/") { UnifiedGroup(String(folder[..<slash])).close() }
        }
    }

    static func remove(folder: String) {
        for name in groups(in: folder) { remove(folder: folder + "/" + name) }
        // The kernel lets go of the last process a moment after its end.
        for _ in 0..<20 where rmdir(folder) != 0 && errno == EBUSY { usleep(1000) }
    }

    /// Names of the groups in one.
    static func groups(in folder: String) -> [String] {
        guard let entries = opendir(folder) else { return [] }
        defer { closedir(entries) }
        var names: [String] = []
        while let entry = readdir(entries) {
            let name: String = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if entry.pointee.d_type == UInt8(DT_DIR), name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    // MARK: - Files of the kernel

    private static func line(_ path: String) -> String {
        text(ofFile: path).split(separator: "\n", omittingEmptySubsequences: false).first.map(String.init) ?? ""
    }

    /// The number behind a name in a file of `name number` lines.
    private static func value(_ name: String, in path: String) -> Int64? {
        for line in text(ofFile: path).split(separator: "\n") {
            let parts: [Substring] = line.split(separator: " ")
            if parts.count == 2, parts[0] == name { return Int64(parts[1]) }
        }
        return nil
    }

    /// Returns 0 or an errno.
    @discardableResult
    static func write(_ text: String, to path: String) -> Int32 {
        let fd: Int32 = open(path, O_WRONLY | O_CLOEXEC)
        guard fd >= 0 else { return errno }
        defer { close(fd) }
        return Glibc.write(fd, text, text.utf8.count) == text.utf8.count ? 0 : errno
    }
}
