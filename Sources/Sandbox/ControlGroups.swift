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
    }

    /// Folders of the cluster by controller; in version 2 the same for all.
    private let folders: [Controller: String]
    private let isUnified: Bool
    /// Why limits are not enforced; nil when they are.
    package let problem: String?

    /// What is enforced: limits on processors, memory and the number of processes.
    package var isComplete: Bool { Controller.allCases.allSatisfy { folders[$0] != nil } }

    /// - Parameter name: of the cluster; one path component.
    package init(name: String) {
        let own: [String: String] = Self.ownPaths()
        let mounts: [(point: String, controllers: Set<String>, isUnified: Bool)] = Self.mounts()
        var folders: [Controller: String] = [:]
        for controller in Controller.allCases {
            guard let mount = mounts.first(where: { !$0.isUnified && $0.controllers.contains(controller.rawValue) }) else { continue }
            let folder: String = mount.point + Self.below(own[controller.rawValue]) + "/" + name
            if mkdir(folder, 0o755) == 0 || errno == EEXIST { folders[controller] = folder }
        }
        var isUnified = false
        if folders.isEmpty, let mount = mounts.first(where: \.isUnified) {
            let here: String = Self.withoutAside(mount.point + Self.below(own[""]))
            if Self.openUnified(here, name) {
                isUnified = true
                for controller in Controller.allCases { folders[controller] = here + "/" + name }
            }
        }
        self.folders = folders
        self.isUnified = isUnified
        problem =
            Controller.allCases.allSatisfy { folders[$0] != nil }
            ? nil
            : mounts.isEmpty
                ? "the host has no control groups mounted"
                : "this user may not make control groups; start the cluster as root, or with: systemd-run --user --scope -p Delegate=yes"
                    + " swkube start"
    }

    // MARK: - Groups

    /// Makes a group below the cluster's, and those between. Returns the files by which processes join it.
    ///
    /// `path` is one or two components: a pod, or a pod and a container.
    package func make(_ path: String, _ limits: Limits) throws(SandboxError) -> [String] {
        for folder in Set(folders.values) {
            var at: String = folder
            for part in path.split(separator: "/") {
                if isUnified { Self.write("+cpu +memory +pids", to: at + "/cgroup.subtree_control") }
                at += "/" + part
                if mkdir(at, 0o755) != 0, errno != EEXIST { throw SandboxError.system(call: "mkdir", errno: errno, path: at) }
            }
        }
        try set(path, limits)
        return Set(folders.values).map { "\($0)/\(path)/cgroup.procs" }.sorted()
    }

    /// The files by which processes join a group that is there; none when it is not.
    package func files(_ path: String) -> [String] {
        Set(folders.values).map { "\($0)/\(path)/cgroup.procs" }.filter { access($0, W_OK) == 0 }.sorted()
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
        guard let processor = folders[.cpuacct], let memory = folders[.memory] else { return nil }
        if isUnified {
            guard let cpu = Self.value("usage_usec", in: "\(processor)/\(path)/cpu.stat"),
                let bytes = Int64(Self.line("\(memory)/\(path)/memory.current"))
            else { return nil }
            let idle: Int64 = Self.value("inactive_file", in: "\(memory)/\(path)/memory.stat") ?? 0
            return Usage(cpu: cpu * 1000, workingSet: max(0, bytes - idle))
        }
        guard let cpu = Int64(Self.line("\(processor)/\(path)/cpuacct.usage")),
            let bytes = Int64(Self.line("\(memory)/\(path)/memory.usage_in_bytes"))
        else { return nil }
        let idle: Int64 = Self.value("total_inactive_file", in: "\(memory)/\(path)/memory.stat") ?? 0
        return Usage(cpu: cpu, workingSet: max(0, bytes - idle))
    }

    /// How many processes of a group the kernel killed because its memory was full.
    package func memoryKills(_ path: String) -> Int {
        guard let folder = folders[.memory] else { return 0 }
        return Int(Self.value("oom_kill", in: "\(folder)/\(path)/" + (isUnified ? "memory.events" : "memory.oom_control")) ?? 0)
    }

    /// Removes a group and those below it, whose processes have ended; "" is all of the cluster's. What is still in use stays.
    package func remove(_ path: String) {
        for folder in Set(folders.values) { Self.remove(folder: path.isEmpty ? folder : "\(folder)/\(path)", tries: 20) }
    }

    /// The folders of all groups of the cluster, for ``remove(folders:)`` of another process.
    package var roots: [String] { Set(folders.values).sorted() }

    /// Removes what a cluster that has ended left.
    package static func remove(folders: [String]) { for folder in folders { remove(folder: folder, tries: 20) } }

    private static func remove(folder: String, tries: Int) {
        guard let entries = opendir(folder) else { return }
        while let entry = readdir(entries) {
            let name: String = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if entry.pointee.d_type == UInt8(DT_DIR), name != ".", name != ".." { remove(folder: folder + "/" + name, tries: tries) }
        }
        closedir(entries)
        // The kernel lets go of the last process a moment after its end.
        for _ in 0..<tries where rmdir(folder) != 0 && errno == EBUSY { usleep(1000) }
    }

    // MARK: - The host's hierarchies

    /// By controller, "" for version 2: where this process is.
    private static func ownPaths() -> [String: String] {
        var paths: [String: String] = [:]
        for line in text(ofFile: "/proc/self/cgroup").split(separator: "\n") {
            let parts: [Substring] = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            for name in parts[1].split(separator: ",", omittingEmptySubsequences: false) { paths[String(name)] = String(parts[2]) }
        }
        return paths
    }

    private static func mounts() -> [(point: String, controllers: Set<String>, isUnified: Bool)] {
        text(ofFile: "/proc/self/mountinfo").split(separator: "\n").compactMap { line in
            let halves: [Substring] = line.split(separator: " ")
            guard let dash = halves.firstIndex(of: "-"), halves.count > dash + 3, halves.count > 4 else { return nil }
            let kind: Substring = halves[dash + 1]
            guard kind == "cgroup" || kind == "cgroup2" else { return nil }
            return (String(halves[4]), Set(halves[dash + 3].split(separator: ",").map(String.init)), kind == "cgroup2")
        }
    }

    private static func below(_ path: String?) -> String { path == nil || path == "/" ? "" : path ?? "" }

    private static let aside = "/swkube-host"

    /// Where an earlier cluster was started from that moved all processes aside.
    private static func withoutAside(_ here: String) -> String { here.hasSuffix(aside) ? String(here.dropLast(aside.count)) : here }

    /// In version 2 a group has either processes or limits for those below it: this process moves aside.
    private static func openUnified(_ here: String, _ name: String) -> Bool {
        let available: Set<Substring> = Set(line(here + "/cgroup.controllers").split(separator: " "))
        guard available.isSuperset(of: ["cpu", "memory", "pids"]) else { return false }
        let folder: String = here + "/" + name
        guard mkdir(folder, 0o755) == 0 || errno == EEXIST else { return false }
        if write("+cpu +memory +pids", to: here + "/cgroup.subtree_control") != 0 {
            let aside: String = here + Self.aside
            guard mkdir(aside, 0o755) == 0 || errno == EEXIST else { return false }
            for pid in text(ofFile: here + "/cgroup.procs").split(separator: "\n") { write(String(pid), to: aside + "/cgroup.procs") }
            guard write("+cpu +memory +pids", to: here + "/cgroup.subtree_control") == 0 else { return false }
        }
        return true
    }

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
    private static func write(_ text: String, to path: String) -> Int32 {
        let fd: Int32 = open(path, O_WRONLY | O_CLOEXEC)
        guard fd >= 0 else { return errno }
        defer { close(fd) }
        return Glibc.write(fd, text, text.utf8.count) == text.utf8.count ? 0 : errno
    }
}
