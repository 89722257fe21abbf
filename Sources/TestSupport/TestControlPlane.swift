package import API
import APIServer
package import Client
import Cluster
import Controllers
import Kubelet
import Logging
package import Machinery
import Scheduler
import Synchronization

/// A real API server with controllers, the scheduler and simulated nodes in this process: all that turns spec into status, without
/// processes and sockets.
package final class TestControlPlane: Sendable {
    package let server: TestServer
    /// Where persistent volumes are made.
    package let folder: TemporaryFolder
    private let usage: ClusterUsage
    private let running: Mutex<Task<Void, Never>>

    package var client: Client { server.client }
    package var clock: ClusterClock { server.clock }

    /// - Parameter isPaused: the clock stands still until the test moves it on.
    private init(isPaused: Bool) async throws {
        let usage = ClusterUsage()
        let server = try await TestServer(isPaused: isPaused, found: [usage.podMetrics, usage.nodeMetrics])
        let folder = try TemporaryFolder("volumes")
        try await server.server.writeBootstrapPolicy()
        let task: Task<Void, Never> = try Self.start(server, usage, folder)
        self.usage = usage
        self.server = server
        self.folder = folder
        running = Mutex(task)
    }

    /// Everything but the server, until the task is cancelled.
    private static func start(_ server: TestServer, _ usage: ClusterUsage, _ folder: TemporaryFolder) throws -> Task<Void, Never> {
        let clock: ClusterClock = server.clock
        var log = Logger(label: "test")
        log.logLevel = .warning
        let part: @Sendable (UserInfo, String) -> Client = { Client(LocalTransport(server.server, as: $0), fieldManager: $1) }
        let authority: CertificateAuthority = try .generate()
        let informers = Informers(part(.system("system:kube-controller-manager"), "kube-controller-manager"), log: log)
        let controllers = ControllerManager(
            clients: { part(.part($0), "kube-controller-manager") }, informers: informers, clock: clock, log: log,
            rootCA: authority.certificatePEM, signer: ClusterSigner(authority), volumesFolder: folder.path,
            makeToken: { _, _, _, _ in "token" })
        let scheduler = Scheduler(
            client: part(.system("system:kube-scheduler"), "kube-scheduler"), informers: informers, clock: clock, log: log)
        let nodes = SimulatedNodes(
            client: { node, departure in
                let user: UserInfo = .system("system:node:" + node, groups: ["system:nodes"])
                return Client(LocalTransport(server.server, as: user, departure: departure), fieldManager: "kubelet")
            }, informers: informers, clock: clock, log: log)
        usage.set([nodes], informers: informers)
        return Task {
            await withDiscardingTaskGroup { group in
                group.addTask { await informers.run() }
                group.addTask { await controllers.run() }
                group.addTask { await scheduler.run() }
                group.addTask { await nodes.run() }
            }
        }
    }

    /// Ends everything but the server wherever it is, and starts it anew: nothing is known but what was written.
    package func restart() async throws {
        let old: Task<Void, Never> = running.withLock { $0 }
        old.cancel()
        await old.value
        let new: Task<Void, Never> = try Self.start(server, usage, folder)
        running.withLock { $0 = new }
    }

    /// Runs `body` with so many nodes `node-0`, `node-1`, …, and ends everything afterwards, also when it failed.
    package static func with(
        nodes: Int = 1, isPaused: Bool = true, _ body: (TestControlPlane) async throws -> Void
    ) async throws {
        let plane = try await TestControlPlane(isPaused: isPaused)
        do {
            try await plane.client.create(Namespace.new("kube-node-lease"))
            for number in 0..<nodes { try await plane.addNode("node-\(number)") }
            try await body(plane)
        } catch {
            await plane.end()
            throw error
        }
        await plane.end()
    }

    private func end() async {
        let last: Task<Void, Never> = running.withLock { $0 }
        last.cancel()
        await last.value
    }

    /// Returns when pods may go there.
    package func addNode(_ name: String, cpu: Int64 = 8, labels: [String: String] = [:], taints: [View<Taint>] = []) async throws {
        try await client.create(
            SimulatedStatus.node(
                name, cpu: Quantity(cpu), memory: Quantity(32 << 30, .binarySI), pods: 110, labels: labels, taints: taints,
                now: clock.time))
        // A pod that was refused for the taint of birth would wait for its back-off, and the clock may stand still.
        try await eventually("\(name) is schedulable", Node.self, name) { node in
            !node.spec.taints.contains { $0.key == "node.kubernetes.io/not-ready" }
        }
    }

    /// Applies a manifest: each object is created.
    @discardableResult
    package func create<K: Kind>(_ kind: K.Type, _ yaml: String, namespace: String = "default") async throws -> View<K> {
        var object = View<K>(try YAML.documents(yaml)[0].json)
        object.json["apiVersion"] = .string(K.names.apiVersion)
        object.json["kind"] = .string(K.names.kind)
        if K.names.isNamespaced { object.metadata.namespace = namespace }
        return try await client.create(object)
    }

    /// Reads an object again and again until it is as wanted.
    @discardableResult
    package func eventually<K: Kind>(
        _ what: String, _ kind: K.Type, _ name: String, namespace: String = "default", until isReached: (View<K>) -> Bool
    ) async throws -> View<K> {
        let key = ObjectKey(namespace: K.names.isNamespaced ? namespace : "", name: name)
        return try await TestSupport.eventually(what) {
            try await client.get(kind, key)
        } until: {
            isReached($0)
        }
    }

    /// Pods of the namespace, by name.
    package func pods(_ namespace: String = "default") async throws -> [View<Pod>] {
        try await client.list(Pod.self, namespace: namespace).items.sorted { $0.name < $1.name }
    }

    /// Texts of the events of a reason.
    package func events(_ reason: String, namespace: String = "default") async throws -> [String] {
        try await client.list(Event.self, namespace: namespace).items.filter { $0.reason == reason }.map(\.message)
    }
}
