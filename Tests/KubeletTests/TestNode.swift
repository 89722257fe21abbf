import API
import Client
import FoundationEssentials
import Kubelet
import Logging
import Machinery
import Sandbox
import TestSupport

/// A kubelet in this process on a real API server, with folders of its own. Pods are given to it by name: there is no scheduler.
final class TestNode: Sendable {
    static let name = "node-1"

    let server: TestServer
    let folder: TemporaryFolder
    let clock: ClusterClock
    let network: ClusterNetwork
    var client: Client { server.client }
    /// Of this machine, as the node offers them.
    var processors: Int { Host.processors }

    init() async throws {
        server = try await TestServer(isPaused: false)
        folder = try TemporaryFolder("node")
        clock = server.clock
        network = try ClusterNetwork(
            ClusterNetwork.Configuration(
                folder: folder.file("network"), addresses: ["10.244.0.1", "10.96.0.1"], ranges: ["10.96.0.0/16"]),
            executable: Self.executable)
        try await client.create(Namespace.new("kube-node-lease"))
    }

    deinit {
        network.stop()
        configuration.controlGroups.remove("")
    }

    /// The program beside the test bundle whose `main` can be a sandbox parent.
    static var executable: String {
        var path: [Substring] = Host.executable.split(separator: "/", omittingEmptySubsequences: false)
        path.removeLast()
        return path.joined(separator: "/") + "/swkube"
    }

    var configuration: Kubelet.Configuration {
        var configuration = Kubelet.Configuration(
            nodeName: Self.name, podLogsFolder: folder.file("pods"), stateFolder: folder.file("node"), imagesFolder: folder.file("images"),
            executable: Self.executable, maskedPaths: [], api: Kubelet.Endpoint(address: "10.96.0.1", port: 443), network: network,
            controlGroups: ControlGroups(name: "swkube-test-" + folder.path.filter { $0.isLetter || $0.isNumber }))
        configuration.registries = .loopback
        configuration.manifestsFolder = folder.file("manifests")
        return configuration
    }

    /// Runs a kubelet while `body` runs. What it leaves running a later one takes over; ``end()`` ends it.
    ///
    /// - Parameter configure: changes the kubelet's configuration first.
    func withKubelet<Value: Sendable>(
        _ configure: (inout Kubelet.Configuration) -> Void = { _ in }, _ body: (Kubelet) async throws -> Value
    ) async throws -> Value {
        var configuration: Kubelet.Configuration = configuration
        configure(&configuration)
        var log = Logger(label: "test")
        log.logLevel = .error
        let informers = Informers(client, log: log)
        let kubelet = Kubelet(configuration: configuration, client: client, informers: informers, clock: clock, log: log)
        let running = Task { await informers.run() }
        let node = Task { await kubelet.run() }
        let result: Result<Value, any Error>
        do { result = .success(try await body(kubelet)) } catch { result = .failure(error) }
        running.cancel()
        node.cancel()
        await node.value
        await running.value
        return try result.get()
    }

    /// Ends the processes of pods; what they left stays.
    func endPods() async { await Kubelet.endPods(stateFolder: configuration.stateFolder, gracePeriod: .zero) }

    /// Ends what is left of pods, and removes it.
    func end() async {
        await endPods()
        // Layers hold files of identities that exist in the network's user namespace only.
        try? network.remove(configuration.stateFolder)
        network.stop()
        configuration.controlGroups.remove("")
    }

    /// Creates a pod on this node from the members of its spec.
    @discardableResult
    func run(_ name: String, _ spec: JSON) async throws -> View<Pod> {
        var spec: JSON = spec
        spec["nodeName"] = .string(Self.name)
        spec["automountServiceAccountToken"] = false
        let pod = View<Pod>([
            "apiVersion": "v1", "kind": "Pod",
            "metadata": ["name": .string(name), "namespace": "default", "labels": ["app": .string(name)]],
            "spec": spec,
        ])
        return try await client.create(pod)
    }

    /// The same with one container that runs a shell script.
    @discardableResult
    func shell(_ name: String, _ script: String, _ more: JSON = [:], restartPolicy: String = "Never") async throws -> View<Pod> {
        var container: JSON = ["name": "main", "image": "host", "command": ["sh", "-c", .string(script)]]
        for member in more.object ?? [:] { container[member.key] = member.value }
        return try await run(
            name, ["restartPolicy": .string(restartPolicy), "terminationGracePeriodSeconds": 5, "containers": [container]])
    }

    func pod(_ name: String) async throws -> View<Pod> { try await client.get(Pod.self, ObjectKey(namespace: "default", name: name)) }

    @discardableResult
    func wait(_ name: String, _ what: String, until isReached: (View<Pod>) -> Bool) async throws -> View<Pod> {
        try await eventually("pod \(name): \(what)", within: .seconds(120), { try await pod(name) }, until: isReached)
    }

    @discardableResult
    func waitForPhase(_ name: String, _ phase: String) async throws -> View<Pod> {
        try await wait(name, "phase \(phase)") { $0.status.phase == phase }
    }

    func delete(_ name: String, gracePeriodSeconds: Int? = nil) async throws {
        try await client.delete(Pod.self, ObjectKey(namespace: "default", name: name), gracePeriodSeconds: gracePeriodSeconds)
    }

    func waitUntilGone(_ name: String) async throws {
        try await eventually("pod \(name) is gone") {
            try await client.find(Pod.self, ObjectKey(namespace: "default", name: name)) == nil
        }
    }

    /// The whole text of a log.
    func log(_ kubelet: Kubelet, _ pod: View<Pod>, _ fill: (inout LogRequest) -> Void = { _ in }) async throws -> String {
        var request = LogRequest(pod: pod.key, uid: pod.metadata.uid, container: "main")
        fill(&request)
        var bytes: [UInt8] = []
        for try await piece in try await kubelet.log(request) { bytes += piece }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reasons and messages of the pod's events.
    func events(_ name: String) async throws -> [String] {
        try await client.list(Event.self, namespace: "default").items.filter { $0.involvedObject.name == name }
            .map { "\($0.reason): \($0.message)" }
    }
}

extension View<Pod> {
    /// Status of the only container.
    var main: View<ContainerStatus> { self.status.containerStatuses.first ?? View<ContainerStatus>() }
}

/// Names in a folder; none when it is not there.
func names(in folder: String) -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] }

/// The whole text of a file; empty when it can't be read.
func file(_ path: String) -> String {
    (try? Data(contentsOf: URL(filePath: path))).map { String(decoding: $0, as: UTF8.self) } ?? ""
}
