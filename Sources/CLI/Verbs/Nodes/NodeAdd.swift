import API
import Client
import Kubelet
import Machinery
import Sandbox

/// `node add`: adds a node whose pods are processes, or many whose pods only seem to run.
package struct NodeAdd: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "node add", abstract: "Add a node, or many simulated ones.",
        usage:
            "swkube node add [NAME] [--simulated=COUNT] [--cpu=QUANTITY] [--memory=QUANTITY] [--pods=COUNT] [--devices=NAME=COUNT] [flags]",
        discussion: """
            A node is a kubelet of its own on this machine, with as much of the machine as --cpu and --memory say, else all of it. \
            Pods on simulated nodes are Running without processes; annotations of such a pod or node say more: \
            swkube.dev/simulated-start=5s, …-duration=1m, …-exit-code=1. \
            Returns when the nodes are Ready.
            """)

    @Argument(help: "Name of the node, or what the names of simulated ones begin with.", value: "name")
    var name: String?

    @Option("simulated", help: "Add so many nodes whose pods only seem to run.", value: "count")
    var simulated: Int?

    @Option("cpu", help: "Processors of each node, such as 8 or 500m.", value: "quantity")
    var cpu: String?

    @Option("memory", help: "Memory of each node, such as 32Gi.", value: "quantity")
    var memory: String?

    @Option("pods", help: "How many pods each node takes.", value: "count")
    var pods: String?

    @Option("devices", help: "Devices that each simulated node offers to ResourceClaims, such as gpu=4.", value: "name=count")
    var devices: String?

    @Option("labels", "l", help: "Labels of each node: a=b,c=d.", value: "labels")
    var labels: String?

    @Option("timeout", help: "How long to wait until the nodes are Ready.", value: "duration")
    var timeout = Span(.seconds(60))

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        if let simulated, simulated < 1 { throw Failure("--simulated=\(simulated): give 1 or more") }
        let capacity: String = [("cpu", cpu), ("memory", memory), ("pods", pods)].compactMap { name, value in value.map { "\(name)=\($0)" }
        }
        .joined(separator: ",")
        _ = try NodeMarks.quantities(capacity)
        let kinds: [String] = try NodeMarks.counts(devices ?? "").keys.sorted()
        if simulated == nil, !kinds.isEmpty { throw Failure("--devices is for simulated nodes: give --simulated=COUNT too") }
        let session: Session = try connection.session(shell)
        let client = Client(session.transport, fieldManager: "swkube")
        let taken: Set<String> = Set(try await client.list(Node.self).items.map(\.name))
        let names: [String] = try names(taken)
        let marks: [String: String] = try marks()
        let annotations: [String: String] = [NodeMarks.capacity: capacity, NodeMarks.devices: devices ?? ""].filter { !$0.value.isEmpty }
        for kind in kinds {
            do {
                try await client.create(SimulatedDevices.deviceClass(kind))
            } catch let status as APIStatus where status.isAlreadyExists {}
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            // Side by side, so that writes share their fsync; not so many that the server makes us wait.
            for (index, name) in names.enumerated() {
                if index >= 16 { try await group.next() }
                group.addTask {
                    try await client.create(
                        Node.new(name) {
                            $0.metadata.labels = marks.merging(Self.labels(name)) { given, _ in given }
                            if !annotations.isEmpty { $0.metadata.annotations = annotations }
                        })
                }
            }
            try await group.waitForAll()
        }
        try await Progress.during(shell, { "waiting for \(names.count == 1 ? "node \(names[0])" : "\(names.count) nodes") to be Ready" }) {
            try await waitUntilReady(Set(names), client)
        }
        if names.count == 1 {
            shell.output.line("node/\(names[0]) added")
        } else if let first = names.first, let last = names.last {
            shell.output.line("\(names.count) nodes added: \(first) to \(last)")
        }
        try session.finish()
    }

    private func names(_ taken: Set<String>) throws -> [String] {
        func free(_ prefix: String, from start: Int, _ count: Int) -> [String] {
            Array((start...).lazy.map { "\(prefix)-\($0)" }.filter { !taken.contains($0) }.prefix(count))
        }
        guard simulated == nil else { return free(name ?? "simulated", from: 0, simulated ?? 1) }
        guard let name else { return free("local", from: 2, 1) }
        guard !taken.contains(name) else { throw Failure("there is a node \(name) already") }
        return [name]
    }

    /// What every node's kubelet says of it: pods may ask for that as soon as the node is there.
    private static func labels(_ name: String) -> [String: String] {
        ["kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": Host.architecture]
    }

    private func marks() throws -> [String: String] {
        var marks: [String: String] = [:]
        for part in (labels ?? "").split(separator: ",") {
            let words: [Substring] = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard words.count == 2 else { throw Failure("--labels: \(part) is no label; give NAME=VALUE") }
            marks[String(words[0])] = String(words[1])
        }
        let kind: NodeMarks.Kind = simulated == nil ? .process : .simulated
        marks[NodeMarks.kind] = kind.rawValue
        return marks
    }

    private func waitUntilReady(_ names: Set<String>, _ client: Client) async throws {
        try await Deadline.run(ContinuousClock.now + timeout.duration, or: "the nodes were added, but are not Ready yet") {
            var waiting: Set<String> = names
            for try await event in try await client.watch(APIRequest(.watch, Node.names.resource)) {
                let node = View<Node>(event.object)
                if waiting.contains(node.name), let refusal = node.refusal {
                    throw Failure("node \(node.name) was added and cannot be Ready: \(refusal)")
                }
                let isTainted: Bool = node.spec.taints.contains { $0.key == "node.kubernetes.io/not-ready" }
                if node.isReady, !isTainted { waiting.remove(node.name) }
                if waiting.isEmpty { return }
            }
        }
    }
}
