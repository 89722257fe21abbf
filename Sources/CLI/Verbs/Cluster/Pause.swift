import Cluster
import Machinery

/// `pause`: a cluster stands still.
package struct Pause: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Stop a cluster's clock and the processes of its pods.", usage: "swkube pause [--cluster=NAME]",
        discussion: """
            The processes keep their memory and use no processor; nothing ends, restarts, expires or is scheduled by the hour. The API answers \
            as ever, and a pod that is made meanwhile starts: pause again to stop it too. `unpause` lets all go on where they were, without a \
            jump in time: the cluster's clock is behind by the pause until the next start. A stop or a restart ends the pause.
            """)

    @OptionGroup var selection: ClusterSelection

    package init() {}

    package func run(in shell: Shell) async throws {
        let (profile, cluster) = try selection.running(shell)
        let answer: JSON = try await ClusterAdmin(profile, cluster).run(.pause)
        let count: Int64 = answer["processes"]?.int ?? 0
        shell.output.line("Paused cluster \(profile.name): \(count) process\(count == 1 ? "" : "es") of its pods stand still.")
    }
}

/// `unpause`: it goes on.
package struct Unpause: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "unpause", abstract: "Let a paused cluster go on.", usage: "swkube unpause [--cluster=NAME]")

    @OptionGroup var selection: ClusterSelection

    package init() {}

    package func run(in shell: Shell) async throws {
        let (profile, cluster) = try selection.running(shell)
        guard profile.isPaused else { return shell.output.line("Cluster \(profile.name) is not paused.") }
        _ = try await ClusterAdmin(profile, cluster).run(.unpause)
        shell.output.line("Cluster \(profile.name) goes on.")
    }
}
