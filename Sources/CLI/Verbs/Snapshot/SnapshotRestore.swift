import Cluster
import Machinery

/// `snapshot restore`: a cluster becomes what it, or another one, was.
package struct SnapshotRestore: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "snapshot restore", abstract: "Make a cluster what a snapshot says, or make a new one of it.",
        usage: "swkube snapshot restore NAME [--cluster=NAME]",
        discussion: """
            Without --cluster the cluster that the snapshot was taken of. It must not run. What it holds now is replaced; its images and the \
            data of its volumes stay. A cluster of another name gets the keys too: who may enter the one may enter the other.
            """)

    @Argument(help: "Of the snapshot.", value: "name")
    var name: String

    @Option("cluster", help: "Cluster to restore to.", value: "name")
    var cluster: String?

    package init() {}

    package func run(in shell: Shell) async throws {
        let home: String = ClusterProfile.home(shell.environment)
        let snapshot = try ClusterSnapshot(name, home: home)
        let profile = try ClusterProfile(name: cluster ?? snapshot.cluster, home: home)
        let start: String = "swkube start" + (profile.name == "swkube" ? "" : " --cluster \(profile.name)")
        if case .running(let running) = profile.state {
            throw Failure(
                "cluster \(profile.name) runs (process \(running.pid)). Stop it first, or restore to another one: "
                    + "swkube snapshot restore \(name) --cluster OTHER")
        }
        try await profile.stop()
        try snapshot.restore(to: profile, now: shell.now())
        shell.output.line("Restored snapshot \(name) (revision \(snapshot.revision)) to cluster \(profile.name). Start it: \(start)")
    }
}
