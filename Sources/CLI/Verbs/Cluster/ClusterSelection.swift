import ArgumentParser
import Cluster

/// Which of swkube's own clusters is meant.
struct ClusterSelection: ParsableArguments {
    @Option(name: .customLong("cluster"), help: ArgumentHelp("Name of the cluster, for several side by side.", valueName: "name"))
    var cluster = "swkube"

    func profile(_ shell: Shell) throws -> ClusterProfile {
        try ClusterProfile(name: cluster, home: ClusterProfile.home(shell.environment))
    }
}
