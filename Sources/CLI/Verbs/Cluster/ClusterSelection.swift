import Cluster

/// Which of swkube's own clusters is meant.
struct ClusterSelection: FlagGroup {
    @Option("cluster", help: "Name of the cluster, for several side by side.", value: "name")
    var cluster = "swkube"

    func profile(_ shell: Shell) throws -> ClusterProfile {
        try ClusterProfile(name: cluster, home: ClusterProfile.home(shell.environment))
    }
}
