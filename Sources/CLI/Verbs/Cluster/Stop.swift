import Cluster

/// `stop`: ends a cluster and its pods; its data stay for the next start.
package struct Stop: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop a cluster and its pods; its data stay for the next start.",
        usage: "swkube stop [--cluster=NAME]")

    @OptionGroup var selection: ClusterSelection

    package init() {}

    package var doing: String? { "stopping cluster \(selection.cluster)" }

    package func run(in shell: Shell) async throws {
        let profile: ClusterProfile = try selection.profile(shell)
        switch profile.state {
        case .absent: throw Failure("there is no cluster \(profile.name) in \(profile.folder). Start one: swkube start")
        case .stopped: shell.output.line("Cluster \(profile.name) is stopped already.")
        case .died(let cluster):
            try await profile.stop()
            shell.output.line("Cluster \(profile.name) had died (process \(cluster.pid)); what was left of its pods is ended.")
        case .running:
            try await profile.stop()
            shell.output.line("Stopped cluster \(profile.name).")
        }
    }
}
