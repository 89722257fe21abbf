package import Cluster
import Glibc
import Sandbox

/// A machine's user, as far as `swkube` can tell: own home, data folder and kubeconfig, and the built binary to run.
package final class TestHome: Sendable {
    package let folder: TemporaryFolder

    /// The binary under test: `$SWKUBE_BINARY`, else the one that the package builds beside the test bundle.
    package static let binary: String =
        Command.environment["SWKUBE_BINARY"] ?? String(Host.executable.prefix { _ in true }.dropLast(name.utf8.count)) + "swkube"

    private static let name: Substring = Host.executable.split(separator: "/").last ?? ""

    private init() throws {
        guard access(Self.binary, X_OK) == 0 else {
            throw TestFailure("there is no program to test at \(Self.binary): build it, or name it in SWKUBE_BINARY")
        }
        folder = try TemporaryFolder("home")
        try folder.write("", to: "home/.keep")
    }

    /// Runs `body`, and ends and removes all clusters that it left, also when it failed.
    package static func with(_ body: (TestHome) async throws -> Void) async throws {
        let home = try TestHome()
        do {
            try await body(home)
        } catch {
            let log: String = home.log()
            await home.clean()
            throw log.isEmpty ? error : TestFailure("\(error)\n--- log of the cluster, last lines:\n\(log)")
        }
        await home.clean()
    }

    package var kubeconfig: String { folder.file("kubeconfig") }
    package var dataFolder: String { folder.file("data") }

    /// The folder of a cluster's data.
    package func profile(_ name: String = "swkube") throws -> ClusterProfile { try ClusterProfile(name: name, home: dataFolder) }

    /// The variables of every program that runs here.
    package var environment: [String: String] {
        let tools: String = Self.binary.split(separator: "/").dropLast().joined(separator: "/")
        return [
            "PATH": "/\(tools):" + (Command.environment["PATH"] ?? "/usr/bin:/bin"), "HOME": folder.file("home"), "SWKUBE_HOME": dataFolder,
            "KUBECONFIG": kubeconfig, "LANG": "C.UTF-8", "SWKUBE": Self.binary,
        ]
    }

    /// Runs `swkube` with these arguments.
    package func swkube(_ arguments: String..., input: String = "", within limit: Duration = .seconds(120)) async throws -> Command.Outcome
    {
        try await Command.run(Self.binary, arguments, environment: environment, input: input, within: limit)
    }

    /// Runs `swkube`; throws with everything printed when it fails. Returns its output.
    @discardableResult
    package func check(_ arguments: String..., input: String = "") async throws -> String {
        try await Command.run(Self.binary, arguments, environment: environment, input: input)
            .checked("swkube " + arguments.joined(separator: " "))
    }

    /// Runs a line of bash with `swkube` on PATH.
    package func bash(_ line: String, within limit: Duration = .seconds(120)) async throws -> Command.Outcome {
        try await Command.run("/bin/bash", ["-c", line], environment: environment, within: limit)
    }

    /// The real kubectl, or nil where the machine has none.
    package static let kubectl: String? = Command.path(of: "kubectl")

    private func log() -> String {
        let text: String = (try? folder.read("data/clusters/swkube/logs/swkube.log")) ?? ""
        return text.split(separator: "\n").suffix(40).joined(separator: "\n")
    }

    private func clean() async {
        for name in ClusterProfile.all(home: dataFolder) {
            guard let profile = try? profile(name) else { continue }
            let deleted: Command.Outcome? = try? await swkube("delete-cluster", "--cluster", name, within: .seconds(60))
            if deleted?.code != 0, case .running(let cluster) = profile.state { kill(cluster.pid, SIGKILL) }
        }
    }
}
