package import Client
package import Cluster
import Logging
package import Machinery
import Sandbox

/// A whole cluster in this process: API over HTTPS on a free port, controllers, scheduler and a node that runs real pods.
package final class TestCluster: Sendable {
    package let cluster: Cluster
    private let folder: TemporaryFolder
    private let running: Task<Void, Never>

    package var client: Client { cluster.client }
    package var clock: ClusterClock { cluster.clock }

    /// - Parameter hasNode: false leaves pods pending.
    private init(hasNode: Bool) async throws {
        folder = try TemporaryFolder("cluster")
        var log = Logger(label: "test")
        log.logLevel = .error
        var configuration = Cluster.Configuration(executable: TestHome.binary)
        if !hasNode { configuration.nodeName = nil }
        let profile = try ClusterProfile(name: "test", home: folder.path)
        let cluster: Cluster = try await Cluster.start(profile, configuration: configuration, clock: ClusterClock(), log: log)
        self.cluster = cluster
        running = Task { await cluster.run() }
    }

    /// Runs `body` on a cluster whose node is Ready; ends the cluster and its pods, also when it failed.
    package static func with(hasNode: Bool = true, _ body: (TestCluster) async throws -> Void) async throws {
        let test = try await TestCluster(hasNode: hasNode)
        do {
            _ = try await test.cluster.waitUntilReady()
            try await body(test)
        } catch {
            await test.end()
            throw error
        }
        await test.end()
    }

    private func end() async {
        running.cancel()
        await running.value
        await cluster.shutdown()
        // What the pods left is ended with the folder.
        try? await cluster.profile.delete()
        // A late caller in this process had another holder made for the network; this one's end is final.
        cluster.network.stop()
    }
}
