import API
import Client
import Cluster
import Glibc
import Logging
import Machinery
import Sandbox

/// `start`: brings a cluster up, in the background unless told otherwise.
package struct Start: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Start a cluster on this machine and make it the current context.",
        usage:
            "swkube start [--cluster=NAME] [--nodes=COUNT] [--port=PORT] [--token-auth-file=FILE] [--manifest-url=URL] "
            + "[--scheduler-config=FILE] [--foreground] [flags]",
        discussion: """
            Returns when the node is Ready. A cluster that runs already stays as it is. Several clusters run side by side under names of \
            their own. Data are kept under $SWKUBE_HOME, else $XDG_DATA_HOME/swkube, else ~/.local/share/swkube.

            Users beside the administrator have certificates, service accounts or tokens in a file: one line for each with token, user, \
            uid and optionally groups between quotes. The file is the one of --token-auth-file, else tokens.csv in the cluster's folder.
            """)

    @OptionGroup var selection: ClusterSelection

    @Option("port", help: "Port of the API on 127.0.0.1; without it the last one, or a free one.", value: "port")
    var port = 0

    @Option("nodes", help: "How many nodes share this machine in equal parts; those that are missing are made.", value: "count")
    var nodes = 1

    @Option("token-auth-file", help: "File of users' tokens, read at the start: lines of token,user,uid,\"group1,group2\".", value: "file")
    var tokenAuthFile: String?

    @Option(
        "manifest-url",
        help: "Address on this machine that gives static pods: http://127.0.0.1:PORT/PATH. Manifests in the cluster's folder manifests are "
            + "static pods too.", value: "url")
    var manifestUrl: String?

    @OptionGroup var records: RecordOptions

    @Option(
        "scheduler-config",
        help: "How pods are placed: a file of kind KubeSchedulerConfiguration with profiles, plugins, weights and back-offs.", value: "file"
    )
    var schedulerConfig: String?

    @Flag("foreground", help: "Stay in the foreground and log to standard error; SIGINT and SIGTERM stop the cluster.")
    var foreground = false

    @Option("owner", help: "With --foreground: end, and remove the cluster, when this process has ended.", isHidden: true)
    var owner: Int32?

    @Option("kubeconfig", help: "Kubeconfig file that gets the context; without it $KUBECONFIG or ~/.kube/config.", value: "file")
    var kubeconfig: String?

    package init() {}

    package var doing: String? { foreground ? nil : "starting cluster \(selection.cluster)" }

    package var isLocal: Bool { !foreground }

    package func runLocally(in shell: Shell) throws {
        let profile: ClusterProfile = try selection.profile(shell)
        if case .running(let cluster) = profile.state {
            try writeContext(profile, cluster.server, shell)
            return shell.output.line("Cluster \(profile.name) runs already at \(cluster.server).")
        }
        try check()
        try records.check()
        let began: Int64 = Host.now
        let (cluster, refusal): (RunningCluster, String?) = try BackgroundStart(
            profile: profile,
            arguments: ["--port", String(port), "--nodes", String(nodes)] + (tokenAuthFile.map { ["--token-auth-file", $0] } ?? [])
                + (manifestUrl.map { ["--manifest-url", $0] } ?? []) + (schedulerConfig.map { ["--scheduler-config", $0] } ?? [])
                + records.words
        ).run()
        try writeContext(profile, cluster.server, shell)
        let milliseconds: Int64 = (Host.now - began) / 1_000_000
        shell.output.line("Started cluster \(profile.name) (Kubernetes \(Versions.kubernetes)) at \(cluster.server) in \(milliseconds) ms.")
        shell.output.line("kubectl and swkube now use the context \"\(profile.contextName)\".")
        if OwnScope.endsWithSession(profile.controlGroups) {
            shell.output.note("note: it stops when you log out for the last time; loginctl enable-linger lets it run on.")
        }
        if let refusal { shell.output.note(BackgroundStart.warning(refusal)) }
    }

    /// The cluster itself, until it is told to end.
    package func run(in shell: Shell) async throws {
        let profile: ClusterProfile = try selection.profile(shell)
        let stop = StopSignals(owner: owner)
        Host.nameProcess("swkube")
        Host.allowManyFiles()
        OwnThread.takeShortTurns()
        OwnScope.enter(after: profile.controlGroups)
        do {
            try check()
            let log = Logger(label: "swkube") { StreamLogHandler.standardError(label: $0) }
            var configuration = Cluster.Configuration()
            configuration.port = port
            configuration.nodeCount = nodes
            configuration.tokenFile = tokenAuthFile
            configuration.manifestAddress = manifestUrl
            configuration.audit = records.audit
            configuration.tracingFile = records.tracingConfigFile
            configuration.encryptionFile = records.encryptionProviderConfig
            configuration.reloadsEncryption = records.encryptionProviderConfigAutomaticReload
            configuration.schedulerFile = schedulerConfig
            configuration.isPod = true
            configuration.logPath = Host.standardErrorFile
            let cluster: Cluster = try await Cluster.start(profile, configuration: configuration, clock: ClusterClock(), log: log)
            try cluster.announce(pid: getpid())
            log.info("the API answers", metadata: ["cluster": "\(profile.name)", "port": "\(cluster.port)"])
            await withDiscardingTaskGroup { group in
                group.addTask { await cluster.run() }
                group.addTask {
                    do {
                        let refusal: String? = try await cluster.waitUntilReady()
                        if let refusal {
                            log.warning("the node cannot be Ready", metadata: ["reason": "\(refusal)"])
                        } else {
                            log.info("the node is Ready")
                        }
                        Daemon.report(BackgroundStart.ready(refusal: refusal))
                    } catch {
                        log.error("the node was not waited for", metadata: ["error": "\(error)"])
                    }
                }
                await stop.wait()
                log.info("stopping")
                if stop.isPowerFailing { await cluster.endPods() }
                group.cancelAll()
            }
            await cluster.shutdown()
            if stop.ownerEnded {
                try await profile.delete()
                TemporaryHome.remove(ClusterProfile.home(shell.environment))
            }
        } catch {
            // The command that waits says it; without one it goes to standard error as ever.
            Daemon.report(Failure(error).text)
            throw error
        }
    }

    private func check() throws {
        if let manifestUrl, !ManifestAddress.isGood(manifestUrl) {
            throw Failure("--manifest-url \(manifestUrl) is no address on this machine: give http://127.0.0.1:PORT/PATH")
        }
        guard (0...65_535).contains(port) else { throw Failure("--port \(port) is no port: give 1 to 65535, or 0 for a free one") }
        guard (1...100).contains(nodes) else { throw Failure("--nodes \(nodes): give 1 to 100") }
    }

    private func writeContext(_ profile: ClusterProfile, _ server: String, _ shell: Shell) throws {
        let files = KubeconfigFiles(flag: kubeconfig, environment: shell.environment, mayBeMissing: true)
        do {
            try ClusterContext(profile).write(server: server, to: files)
        } catch {
            throw Failure(
                "cluster \(profile.name) runs at \(server), but \(Failure(error).description). Give its context another file: swkube start "
                    + "--cluster \(profile.name) --kubeconfig FILE")
        }
    }
}
