import Cluster
import Machinery

/// `clusters`: those of this user, whether they run or not.
package struct Clusters: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "clusters", abstract: "Show the clusters of this machine that are yours.", usage: "swkube clusters [-o name|json]")

    @Option("output", "o", help: "Form of output: name, json.", value: "format")
    var output: String?

    package init() {}

    package func runLocally(in shell: Shell) throws {
        if let output, !["name", "json"].contains(output) { throw Failure("--output must be 'name' or 'json'") }
        let home: String = ClusterProfile.home(shell.environment)
        let profiles: [ClusterProfile] = ClusterProfile.all(home: home).compactMap { try? ClusterProfile(name: $0, home: home) }
        switch output {
        case "name": for profile in profiles { shell.output.line(profile.name) }
        case "json": shell.output.line(JSON.array(profiles.map { Self.json($0) }).text(.kubectl))
        default:
            guard !profiles.isEmpty else {
                return shell.output.note("There are no clusters in \(home). Start one: \(CLI.program) start")
            }
            var table = TabWriter.table
            table.line(["NAME", "STATE", "SERVER", "AGE", "CONTEXT"])
            for profile in profiles {
                let (state, cluster): (String, RunningCluster?) = Self.state(of: profile)
                table.line([
                    profile.name, state, cluster?.server ?? "<none>", cluster.map { (shell.now() - $0.since).human } ?? "<none>",
                    profile.contextName,
                ])
            }
            shell.output.write(table.rendered())
        }
    }

    private static func state(of profile: ClusterProfile) -> (String, RunningCluster?) {
        switch profile.state {
        case .running(let cluster): ("Running", cluster)
        case .died: ("Died", nil)
        case .stopped: ("Stopped", nil)
        case .absent: ("Unfinished", nil)  // a folder whose first start was cut off
        }
    }

    private static func json(_ profile: ClusterProfile) -> JSON {
        let (state, cluster): (String, RunningCluster?) = state(of: profile)
        var json: JSON = ["name": .string(profile.name), "state": .string(state), "context": .string(profile.contextName)]
        json["server"] = cluster.map { .string($0.server) }
        json["pid"] = cluster.map { .int(Int64($0.pid)) }
        return json
    }
}
