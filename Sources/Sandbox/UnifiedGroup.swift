import Glibc

/// The group of version 2 below which a cluster makes its own.
///
/// A group has either processes or limits for those below it, but for the root of all. So the processes in it, this one among them, move
/// aside into a group of their own as long as a cluster is there. Source: the kernel's cgroup-v2 page, "No Internal Process Constraint".
struct UnifiedGroup: Sendable {
    static let controllers = ["cpu", "memory", "pids"]
    private static let aside = "swkube-host"
    private static let wish: String = controllers.map { "+" + $0 }.joined(separator: " ")

    let folder: String

    /// - Parameter here: where this process is; aside of the group, when a cluster before this one is there.
    init(_ here: String) {
        let suffix = "/" + Self.aside
        folder = here.hasSuffix(suffix) ? String(here.dropLast(suffix.count)) : here
    }

    /// Controllers that it lacks.
    private var missing: [String] {
        let given: Set<Substring> = Set(text(ofFile: folder + "/cgroup.controllers").split(whereSeparator: \.isWhitespace))
        return Self.controllers.filter { !given.contains(Substring($0)) }
    }

    /// Whether groups with limits can be made in it.
    var isUsable: Bool { missing.isEmpty && access(folder, W_OK) == 0 }

    /// Moves this process to those that were moved aside of the group of an earlier run, whose pods are there; false when that cannot be.
    static func rejoin(_ group: String) -> Bool {
        guard let slash = group.lastIndex(of: "/") else { return false }
        return ControlGroups.write(String(getpid()), to: "\(group[..<slash])/\(aside)/cgroup.procs") == 0
    }

    /// Makes a group in it that has limits. nil when it is there, else why not.
    func open(_ name: String) -> String? {
        let missing: [String] = missing
        guard missing.isEmpty else { return "the group \(folder) has no \(missing.joined(separator: ", "))" }
        let mine = "\(folder)/\(name)"
        guard mkdir(mine, 0o755) == 0 || errno == EEXIST else { return "\(mine) can't be made" }
        if giveControllers(to: folder) { return nil }
        guard moveAside(), giveControllers(to: folder) else {
            rmdir(mine)
            return "the processes in \(folder) can't be moved aside"
        }
        return nil
    }

    /// Lets groups below one have limits. What is so already stays so.
    @discardableResult
    private func giveControllers(to folder: String) -> Bool { ControlGroups.write(Self.wish, to: folder + "/cgroup.subtree_control") == 0 }

    static func giveControllers(below folder: String) { UnifiedGroup(folder).giveControllers(to: folder) }

    private func moveAside() -> Bool {
        let place = "\(folder)/\(Self.aside)"
        guard mkdir(place, 0o755) == 0 || errno == EEXIST else { return false }
        move(from: folder, to: place)
        return true
    }

    /// One process may start another meanwhile, so until none is left. What ended meanwhile can't be moved.
    private func move(from: String, to: String) {
        for _ in 0..<10 {
            let all: [Substring] = text(ofFile: from + "/cgroup.procs").split(separator: "\n")
            if all.isEmpty { return }
            for pid in all { ControlGroups.write(String(pid), to: to + "/cgroup.procs") }
        }
    }

    /// Lets the processes back in, when no cluster is in it any more.
    func close() {
        let place = "\(folder)/\(Self.aside)"
        guard access(place, F_OK) == 0, ControlGroups.groups(in: folder) == [Self.aside] else { return }
        guard ControlGroups.write(Self.wish.replacing("+", with: "-"), to: folder + "/cgroup.subtree_control") == 0 else { return }
        move(from: place, to: folder)
        ControlGroups.remove(folder: place)
    }
}
