import Cluster
import Sandbox

/// Brings a cluster up in the background: this very program, in a session of its own.
struct BackgroundStart {
    let profile: ClusterProfile
    /// Further flags of `start --foreground`.
    let arguments: [String]

    /// Blocks until the node is Ready, or says that it can't be on this host: then its words are the refusal. Throws why the cluster
    /// never was.
    func run() throws -> (cluster: RunningCluster, refusal: String?) {
        let isNew: Bool = !profile.hasFolder
        try profile.makeFolders()
        let daemon: Daemon = try Daemon.spawn(
            arguments: ["swkube", "start", "--foreground", "--cluster", profile.name] + arguments, logPath: profile.logPath)
        guard let report = daemon.waitUntilReady() else {
            throw Failure("cluster \(profile.name) ended while it started; its log says why: \(profile.logPath)")
        }
        guard case .running(let cluster) = profile.state, report.hasPrefix(Self.ready) else {
            // A cluster that never was leaves nothing; its log said no more than the report.
            if isNew {
                ClusterNetwork.stop(folder: profile.networkFolder)
                try? removeFolder(profile.folder)
            }
            throw Failure(report)
        }
        let refusal: Substring = report.dropFirst(Self.ready.count)
        return (cluster, refusal.isEmpty ? nil : String(refusal))
    }

    /// What the cluster reports when it is up.
    static func ready(refusal: String?) -> String { ready + (refusal ?? "") }

    private static let ready = "ready:"

    /// What the user hears of a cluster whose node can't be Ready.
    static func warning(_ refusal: String) -> String { "warning: the API works, but no pod will run: \(refusal)" }
}
