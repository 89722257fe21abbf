import FoundationEssentials
import Glibc
package import Machinery
import Sandbox

/// Whether a cluster runs, seen from outside.
package enum ClusterState: Sendable {
    /// Never started, or deleted.
    case absent
    case stopped
    case running(RunningCluster)
    /// It ended without being stopped: killed, or the machine went down.
    case died(RunningCluster)
}

/// What a running cluster says of itself.
package struct RunningCluster: Sendable {
    package let pid: Int32
    package let port: Int
    /// Of the start.
    package let since: Time

    package var server: String { "https://127.0.0.1:\(port)" }
}

extension ClusterProfile {
    /// The lock says whether the process lives; the file says what it was.
    package var state: ClusterState {
        guard exists else { return .absent }
        let known: RunningCluster? = readRunning()
        if let holder = livingHolder {
            let pid: Int32 = Int32(holder.filter(\.isNumber)) ?? known?.pid ?? 0
            return .running(RunningCluster(pid: pid, port: known?.port ?? 0, since: known?.since ?? .epoch))
        }
        return known.map { .died($0) } ?? .stopped
    }

    /// Who holds the lock. A process that was killed holds it until the kernel has taken it down, which this waits for.
    private var livingHolder: String? {
        for _ in 0..<1000 {
            guard let holder = FileLock.holder(of: lockPath) else { return nil }
            guard Host.isEnding(Int32(holder.filter(\.isNumber)) ?? 0) else { return holder }
            usleep(5000)
        }
        return FileLock.holder(of: lockPath)
    }

    /// Ends a running cluster and returns when it has ended, its pods too. Of one that died, ends the pods that are left.
    ///
    /// - Parameter inOrder: gives the pods the time that they ask for, see ``Kubelet/powerOff()``; false ends them at once.
    ///
    /// Throws ``ClusterError`` when it does not end within a minute.
    package func stop(inOrder: Bool = true) async throws(ClusterError) {
        switch state {
        case .absent, .stopped: return
        case .running(let cluster):
            kill(cluster.pid, inOrder ? SIGPWR : SIGTERM)
            for _ in 0..<6000 where FileLock.holder(of: lockPath) != nil { usleep(10_000) }
            guard FileLock.holder(of: lockPath) == nil else {
                throw ClusterError("cluster \(name) (process \(cluster.pid)) has not ended within 60 s; its log is \(logPath)")
            }
        case .died: endPause()
        }
        await endAllPods()
        ClusterNetwork.stop(folder: networkFolder)
        removeControlGroups()
        forgetRunning()
    }

    /// Ends the cluster and removes its folder.
    package func delete() async throws(ClusterError) {
        try await stop(inOrder: false)
        // A cluster that was stopped by its signal left its pods to the next start.
        await endAllPods()
        ClusterNetwork.stop(folder: networkFolder)
        removeControlGroups()
        do throws(SandboxError) {
            try removeFolder(folder)
        } catch {
            // Files of identities that exist in the cluster only: its namespace is made once more.
            do throws(SandboxError) {
                let network = try ClusterNetwork(networkConfiguration)
                defer { network.stop() }
                try network.remove(folder)
            } catch {
                throw ClusterError("cannot remove \(folder): \(error)")
            }
        }
    }

    /// What is left of them when no pod is.
    private func removeControlGroups() {
        ControlGroups.remove(folders: controlGroups)
        unlink(controlGroupsPath)
    }

    /// The folders of the cluster's control groups, as its last run wrote them down; none of one that made none.
    package var controlGroups: [String] {
        guard let list = try? PrivateFile.read(controlGroupsPath) else { return [] }
        return String(decoding: list, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    func writeRunning(_ cluster: RunningCluster) throws(ClusterError) {
        let json: JSON = ["pid": .int(Int64(cluster.pid)), "port": .int(Int64(cluster.port)), "since": cluster.since.json]
        try PrivateFile.write(json.serialized(), to: runningPath)
    }

    func forgetRunning() { unlink(runningPath) }

    private func readRunning() -> RunningCluster? {
        guard let bytes = try? PrivateFile.read(runningPath), let json = try? JSON(parsing: bytes), let pid = json["pid"]?.int,
            let port = json["port"]?.int
        else { return nil }
        return RunningCluster(pid: Int32(pid), port: Int(port), since: json["since"]?.string.flatMap { Time($0) } ?? .epoch)
    }
}
