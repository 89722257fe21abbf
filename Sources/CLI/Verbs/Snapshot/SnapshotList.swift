import Cluster
import Machinery

/// `snapshot ls`: what there is to restore.
package struct SnapshotList: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "snapshot ls", abstract: "List snapshots.", usage: "swkube snapshot ls [-o name|json]", aliases: ["snapshot list"])

    @Option("output", "o", help: "Form of output: name, json.", value: "format")
    var output: String?

    package init() {}

    package func runLocally(in shell: Shell) throws {
        if let output, !["name", "json"].contains(output) { throw Failure("--output must be 'name' or 'json'") }
        let snapshots: [ClusterSnapshot] = ClusterSnapshot.all(home: ClusterProfile.home(shell.environment))
        switch output {
        case "name": for snapshot in snapshots { shell.output.line(snapshot.name) }
        case "json": shell.output.line(JSON.array(snapshots.map(\.json)).text(.kubectl))
        default:
            guard !snapshots.isEmpty else { return shell.output.note("There are no snapshots. Save one: \(CLI.program) snapshot save") }
            var table = TabWriter.table
            table.line(["NAME", "CLUSTER", "REVISION", "SIZE", "AGE"])
            for snapshot in snapshots {
                table.line([
                    snapshot.name, snapshot.cluster, String(snapshot.revision), SizeText.of(snapshot.size),
                    (shell.now() - snapshot.created).human,
                ])
            }
            shell.output.write(table.rendered())
        }
    }
}

/// `snapshot delete`
package struct SnapshotDelete: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "snapshot delete", abstract: "Remove snapshots.", usage: "swkube snapshot delete NAME …", aliases: ["snapshot rm"])

    @Argument(help: "Of snapshots.", value: "name")
    var names: [String]

    package init() {}

    package func runLocally(in shell: Shell) throws {
        let home: String = ClusterProfile.home(shell.environment)
        var failures = Failures()
        for name in names {
            do {
                try ClusterSnapshot(name, home: home).delete()
                shell.output.line("Deleted snapshot \(name).")
            } catch {
                failures.add(Failure(error))
            }
        }
        try failures.throwIfAny()
    }
}
