import Client
import Cluster

/// What a cluster of this machine logs about itself, for `logs --control-plane`.
struct ControlPlaneLog {
    /// Lines from the end; nil for all.
    let tail: Int?
    let follow: Bool

    /// Shows the log of the cluster that a context belongs to. With `follow` this process becomes tail(1).
    func show(context: String, _ shell: Shell) throws {
        let home: String = ClusterProfile.home(shell.environment)
        let profiles: [ClusterProfile] = ClusterProfile.all(home: home).compactMap { try? ClusterProfile(name: $0, home: home) }
        guard let profile = profiles.first(where: { $0.contextName == context }) else {
            throw Failure("context \(context) is no cluster of this machine in \(home): its control plane's log is not here")
        }
        let lines: String = tail.map { "\($0)" } ?? "+1"
        var words: [String] = ["-n", lines, profile.logPath]
        if follow { words.insert("-F", at: 0) }
        guard let program = Program.path(of: "tail", in: shell.environment("PATH") ?? "") else {
            return shell.output.write(try LocalFile.read(profile.logPath))
        }
        try shell.become(Program(program, words))
    }
}
