import Glibc

/// Where the host has its control groups and where in them a process is, as the kernel tells. Source: cgroups(7), proc(5).
struct ControlGroupHierarchies: Sendable {
    private struct Mount: Sendable {
        /// Of the hierarchy: what is seen at the point.
        let root: String
        let point: String
        let controllers: Set<String>
        let isUnified: Bool
    }

    private let mounts: [Mount]
    /// By controller, "" for version 2.
    private let own: [String: String]

    static var ofThisProcess: ControlGroupHierarchies {
        ControlGroupHierarchies(mountInfo: text(ofFile: "/proc/self/mountinfo"), own: text(ofFile: "/proc/self/cgroup"))
    }

    /// - Parameters: the texts of `/proc/PID/mountinfo` and `/proc/PID/cgroup`.
    init(mountInfo: String, own text: String) {
        mounts = mountInfo.split(separator: "\n").compactMap { line in
            let words: [Substring] = line.split(separator: " ")
            guard let dash = words.firstIndex(of: "-"), words.count > dash + 3, dash > 4 else { return nil }
            let kind: Substring = words[dash + 1]
            guard kind == "cgroup" || kind == "cgroup2" else { return nil }
            return Mount(
                root: String(words[3]), point: String(words[4]), controllers: Set(words[dash + 3].split(separator: ",").map(String.init)),
                isUnified: kind == "cgroup2")
        }
        var own: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts: [Substring] = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            for name in parts[1].split(separator: ",", omittingEmptySubsequences: false) { own[String(name)] = String(parts[2]) }
        }
        self.own = own
    }

    var isEmpty: Bool { mounts.isEmpty }

    /// The folder of the process's group in the hierarchy of a controller of version 1; nil where it has none.
    func folder(of controller: String) -> String? {
        mounts.first { !$0.isUnified && $0.controllers.contains(controller) }.flatMap { folder($0, own[controller]) }
    }

    /// The same of version 2.
    var unified: String? { mounts.first(where: \.isUnified).flatMap { folder($0, own[""]) } }

    /// A mount may show a part of the hierarchy only, as in a container.
    private func folder(_ mount: Mount, _ path: String?) -> String? {
        guard let path else { return nil }
        if mount.root == "/" { return path == "/" ? mount.point : mount.point + path }
        guard path == mount.root || path.hasPrefix(mount.root + "/") else { return nil }
        return mount.point + path.dropFirst(mount.root.count)
    }
}
