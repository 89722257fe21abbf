import Cluster
import Machinery

/// `snapshot save`: a copy of a cluster, running or not.
package struct SnapshotSave: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "snapshot save", abstract: "Save the objects and keys of a cluster as they are now.",
        usage: "swkube snapshot save [NAME] [--cluster=NAME]",
        discussion: """
            The copy is of one moment; the cluster goes on meanwhile. It holds all objects with their revisions and the cluster's keys and \
            certificates, and lies beside the clusters: it stays when they are deleted. Images and the data of volumes are not in it.
            """)

    @Argument(help: "Of the snapshot; without it that of the cluster and the time.", value: "name")
    var name: String?

    @OptionGroup var selection: ClusterSelection

    package init() {}

    package var doing: String? { "saving cluster \(selection.cluster)" }

    package func run(in shell: Shell) async throws {
        let profile: ClusterProfile = try selection.profile(shell)
        let name: String = self.name ?? "\(profile.name)-\(shell.now().json.string?.lowercased().filter { $0.isNumber || $0 == "t" } ?? "")"
        switch profile.state {
        case .absent: throw Failure("there is no cluster \(profile.name) in \(profile.folder): nothing to save")
        case .running(let cluster):
            _ = try await ClusterAdmin(profile, cluster, timeout: .seconds(600)).run(.snapshot, ["name": .string(name)])
        case .stopped, .died: _ = try ClusterSnapshot.save(name, ofStopped: profile, now: shell.now())
        }
        let saved = try ClusterSnapshot(name, home: profile.home)
        shell.output.line("Saved cluster \(profile.name) as snapshot \(saved.name) (revision \(saved.revision)).")
    }
}
