import Cluster
import Sandbox

/// Brings a cluster up in the background: this very program, in a session of its own.
struct BackgroundStart {
    let profile: ClusterProfile
    /// Further flags of `start --foreground`.
    let arguments: [String]

    /// Blocks until the node is Ready. Throws why it never was.
    func run() throws -> RunningCluster {
        let isNew: Bool = !profile.hasFolder
        try profile.makeFolders()
        let daemon: Daemon = try Daemon.spawn(
            arguments: ["swkube", "start", "--foreground", "--cluster", profile.name] + arguments, logPath: profile.logPath)
        guard let report = daemon.waitUntilReady() else {
            throw Failure("cluster \(profile.name) ended while it started; its log says why: \(profile.logPath)")
        }
        guard case .running(let cluster) = profile.state, report == Self.ready else {
            // A cluster that never was leaves nothing; its log said no more than the report.
            if isNew {
                ClusterNetwork.stop(folder: profile.networkFolder)
                try? removeFolder(profile.folder)
            }
            throw Failure(report)
        }
        return cluster
    }

    /// What the cluster reports when all is well.
    static let ready = "ready"
}
