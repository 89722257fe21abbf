import Glibc

/// Processes that were told to stand still: SIGSTOP to what containers run, SIGCONT later. The parents of the containers go on, and so does
/// what the kubelet does with them.
package enum FrozenProcesses {
    private struct Seen {
        let id: Int32
        let parent: Int32
        let isStopped: Bool
    }

    /// How many passes a family that goes on forking is given.
    private static let passes = 20

    /// Stops the processes of containers and everything that came from them. Blocks.
    ///
    /// - Parameter leaders: the first processes of containers, as the host numbers them.
    /// - Returns: the processes that stand still because of this.
    package static func stop(_ leaders: Set<Int32>) -> [Int32] {
        var stopped: Set<Int32> = []
        // A process may have forked between the look and the signal: the last pass finds nothing that moves.
        for _ in 0..<passes {
            let moving: [Int32] = family(of: leaders).filter { !$0.isStopped && !stopped.contains($0.id) }.map(\.id)
            if moving.isEmpty { break }
            for id in moving where kill(id, SIGSTOP) == 0 { stopped.insert(id) }
        }
        return stopped.sorted()
    }

    /// Lets them go on. Numbers that are others' by now are left alone: those do not stand still.
    package static func resume(_ processes: [Int32]) {
        let stopped: Set<Int32> = Set(all().filter(\.isStopped).map(\.id))
        for id in processes where stopped.contains(id) { kill(id, SIGCONT) }
    }

    /// What lives below the parents of these processes: their siblings are the sessions of `exec`, and orphans of the container.
    private static func family(of leaders: Set<Int32>) -> [Seen] {
        let all: [Seen] = all()
        var members: Set<Int32> = Set(all.filter { leaders.contains($0.id) }.map(\.parent))
        let parents: Set<Int32> = members
        var found: [Seen] = []
        var rest: [Seen] = all
        while true {
            let next: [Seen] = rest.filter { members.contains($0.parent) && !parents.contains($0.id) }
            if next.isEmpty { return found }
            found += next
            members = Set(next.map(\.id))
            rest.removeAll { members.contains($0.id) }
        }
    }

    private static func all() -> [Seen] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var found: [Seen] = []
        while let entry = readdir(folder) {
            let name: String = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            guard let id = Int32(name) else { continue }
            let line: String = text(ofFile: "/proc/\(name)/stat")
            guard let end = line.lastIndex(of: ")") else { continue }
            let fields: [Substring] = line[line.index(after: end)...].split(separator: " ", maxSplits: 2)
            guard fields.count > 1, let parent = Int32(fields[1]) else { continue }
            found.append(Seen(id: id, parent: parent, isStopped: fields[0] == "T" || fields[0] == "t"))
        }
        return found
    }
}
