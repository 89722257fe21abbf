import API
import Client
import Cluster
import Machinery

/// `status`: whether a cluster runs.
package struct Status: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Say whether a cluster runs.",
        usage: "swkube status [--cluster=NAME] [--metrics] [-o json]",
        discussion: "Exit code: 0 running, 3 stopped or died, 4 there is no such cluster.")

    @OptionGroup var selection: ClusterSelection

    @Option("output", "o", help: "Form of output: json.", value: "format")
    var output: String?

    @Flag("metrics", help: "Show what the cluster counts of itself, too; kubectl get --raw /metrics has all of it.")
    var metrics = false

    package init() {}

    package var isLocal: Bool { !metrics }

    package func run(in shell: Shell) async throws {
        try runLocally(in: shell)
        let profile: ClusterProfile = try selection.profile(shell)
        guard metrics, case .running(let cluster) = profile.state else { return }
        if output != nil { throw Failure("--metrics is for people: leave --output away, or take kubectl get --raw /metrics") }
        let samples = try MetricsReader.samples(try await ClusterAdmin(profile, cluster).metrics())
        shell.output.line(ClusterFigures(samples).text)
    }

    package func runLocally(in shell: Shell) throws {
        if let output, output != "json" { throw Failure("--output must be 'json'") }
        let profile: ClusterProfile = try selection.profile(shell)
        let name: String = profile.name
        switch profile.state {
        case .running(let cluster):
            let isPaused: Bool = profile.isPaused
            show(
                "Cluster \(name) runs at \(cluster.server) (process \(cluster.pid), for \((shell.now() - cluster.since).human))."
                    + (isPaused ? "\nIt is paused: its clock and the processes of its pods stand still. Let it go on: swkube unpause" : ""),
                [
                    "cluster": .string(name), "state": isPaused ? "paused" : "running", "server": .string(cluster.server),
                    "pid": .int(Int64(cluster.pid)),
                ], shell)
        case .stopped:
            show("Cluster \(name) is stopped. Start it: swkube start", ["cluster": .string(name), "state": "stopped"], shell)
            throw Failure.silent(3)
        case .died(let cluster):
            show(
                "Cluster \(name) died: process \(cluster.pid) ended without being stopped. Its data are kept; start it: swkube start. "
                    + "Its log: \(profile.logPath)",
                ["cluster": .string(name), "state": "died", "pid": .int(Int64(cluster.pid)), "log": .string(profile.logPath)], shell)
            throw Failure.silent(3)
        case .absent:
            show(
                "There is no cluster \(name) in \(profile.folder). Start one: swkube start",
                ["cluster": .string(name), "state": "absent"], shell)
            throw Failure.silent(4)
        }
    }

    private func show(_ text: String, _ json: JSON, _ shell: Shell) {
        shell.output.line(output == nil ? text : json.text(.kubectl))
    }
}
