import Glibc
import Machinery
import Sandbox
import Synchronization

/// A cluster that stands still: its clock is stopped, and so are the processes of its pods. The API answers as ever.
///
/// It ends with ``resume()``, and with the cluster's run: the next start finds the processes by their list and lets them go on.
final class ClusterPause: Sendable {
    private let profile: ClusterProfile
    private let clock: ClusterClock
    private let stopped = Mutex<[Int32]?>(nil)

    init(_ profile: ClusterProfile, clock: ClusterClock) {
        self.profile = profile
        self.clock = clock
    }

    /// Blocks while the processes are stopped; again what came since, when it was paused already.
    ///
    /// - Parameter leaders: the first processes of containers.
    /// - Returns: how many processes stand still.
    func pause(_ leaders: Set<Int32>) throws(ClusterError) -> Int {
        clock.pause()
        let new: [Int32] = FrozenProcesses.stop(leaders)
        let all: [Int32] = stopped.withLock { stopped in
            stopped = (stopped ?? []) + new
            return stopped ?? []
        }
        try PrivateFile.write(JSON.array(all.map { .int(Int64($0)) }).serialized(), to: profile.pausePath)
        return all.count
    }

    /// How many processes go on.
    @discardableResult
    func resume() -> Int {
        let all: [Int32] = stopped.withLock { stopped in
            defer { stopped = nil }
            return stopped ?? []
        }
        clock.resume()
        FrozenProcesses.resume(all)
        unlink(profile.pausePath)
        return all.count
    }
}

extension ClusterProfile {
    /// There while the cluster is paused: the numbers of the processes that stand still.
    var pausePath: String { folder + "/paused" }

    package var isPaused: Bool { access(pausePath, F_OK) == 0 }

    /// Lets go on what a cluster that died while it was paused left standing.
    func endPause() {
        guard isPaused else { return }
        let list: JSON? = (try? PrivateFile.read(pausePath)).flatMap { try? JSON(parsing: $0) }
        FrozenProcesses.resume((list?.array ?? []).compactMap { $0.int.map { Int32($0) } })
        unlink(pausePath)
    }
}
