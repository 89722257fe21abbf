import Client
import Cluster
import Glibc
import Synchronization

/// `run-in`: a private cluster for one command.
package struct RunIn: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "run-in", abstract: "Run a command with a cluster of its own, which is gone at its end.",
        usage: "swkube run-in [--nodes=COUNT] -- COMMAND [args...]",
        discussion: """
            The command finds the cluster by KUBECONFIG (and swkube's own verbs by SWKUBE_HOME). It gets the signals that this program \
            gets, and its exit code is this program's. Nothing is left behind: neither your clusters nor your kubeconfig are touched, and \
            a cluster whose `run-in` was killed ends by itself. Any number run side by side.
            """)

    @Option("nodes", help: "How many nodes share this machine.", value: "count")
    var nodes = 1

    @Argument(.behindDashes, help: "What to run.", value: "command")
    var command: [String] = []

    package init() {}

    package func run(in shell: Shell) async throws {
        guard let name = command.first else { throw Failure("give the command to run: \(CLI.program) run-in -- COMMAND") }
        let home: String = try TemporaryHome.make(shell)
        defer { TemporaryHome.remove(home) }
        let profile = try ClusterProfile(name: "swkube", home: home)
        let kubeconfig: String = home + "/kubeconfig"
        // Both the cluster and the command inherit them.
        setenv("SWKUBE_HOME", home, 1)
        setenv("KUBECONFIG", kubeconfig, 1)
        let relay = SignalRelay()
        do {
            let (cluster, refusal): (RunningCluster, String?) = try BackgroundStart(
                profile: profile, arguments: ["--nodes", String(nodes), "--owner", String(getpid())]
            ).run()
            try ClusterContext(profile).write(
                server: cluster.server, to: KubeconfigFiles(flag: nil, environment: shell.environment))
            if let refusal { shell.output.note(BackgroundStart.warning(refusal)) }
            shell.output.flush()
            var program = Program(name, Array(command.dropFirst()))
            program.onStart = { relay.start(to: $0) }
            let code: Int32 = try program.run().code
            try await profile.delete()
            if code != 0 { throw Failure.silent(code) }
        } catch {
            try? await profile.delete()
            throw error
        }
    }
}

/// The home of clusters that do not stay.
enum TemporaryHome {
    static func make(_ shell: Shell) throws -> String {
        var folder: String = shell.environment("TMPDIR") ?? ""
        if !folder.hasPrefix("/") { folder = "/tmp" }
        var template: [CChar] = Array((folder + "/swkube.XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Failure("cannot make a folder in \(folder): \(FileError.reason(of: errno))")
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// What is left of it when its clusters are deleted: a kubeconfig and empty folders.
    static func remove(_ home: String) {
        unlink(home + "/kubeconfig")
        rmdir(home + "/clusters")
        rmdir(home)
    }
}

/// Passes SIGTERM and SIGHUP on to the program that this process waits for. The terminal's own signals reach both; they end the program,
/// and this process by that.
private struct SignalRelay: Sendable {
    private static let program = Atomic<pid_t>(0)

    /// From here on this process outlives these signals.
    init() {
        for number in [SIGINT, SIGQUIT, SIGTERM, SIGHUP] {
            // A handler, not SIG_IGN, which the program would inherit.
            signal(number) { number in
                let program: pid_t = SignalRelay.program.load(ordering: .relaxed)
                if program > 0, number == SIGTERM || number == SIGHUP { kill(program, number) }
            }
        }
    }

    func start(to program: pid_t) { Self.program.store(program, ordering: .relaxed) }
}
