import Client
import Cluster

/// `delete-cluster`: ends a cluster and removes everything that it kept.
package struct DeleteCluster: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "delete-cluster", abstract: "Stop a cluster and remove its data and its context.",
        usage: "swkube delete-cluster [--cluster=NAME]")

    @OptionGroup var selection: ClusterSelection

    @Option("kubeconfig", help: "Kubeconfig file that has the context; without it $KUBECONFIG or ~/.kube/config.", value: "file")
    var kubeconfig: String?

    package init() {}

    package var doing: String? { "deleting cluster \(selection.cluster)" }

    package func run(in shell: Shell) async throws {
        let profile: ClusterProfile = try selection.profile(shell)
        guard profile.hasFolder else {
            throw Failure("there is no cluster \(profile.name) in \(profile.folder): nothing to delete")
        }
        try await profile.delete()
        let files = KubeconfigFiles(flag: kubeconfig, environment: shell.environment, mayBeMissing: true)
        try ClusterContext(profile).remove(from: files)
        shell.output.line("Deleted cluster \(profile.name).")
    }
}
