import API
import Client
import Machinery

/// `node` alone: says which verbs it has.
package struct Nodes: FamilyVerb {
    package static let configuration = CommandConfiguration(
        commandName: "node", abstract: "Add, remove and switch the cluster's nodes.", usage: "swkube node VERB [flags]")

    @Argument(help: "add, delete, list, start, stop", value: "verb")
    package var words: [String] = []

    package init() {}
}

/// `node list`
package struct NodeList: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "node list", abstract: "Show the nodes.", usage: "swkube node list [flags]", aliases: ["node ls"])

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    package init() {}

    package func run(in shell: Shell) async throws {
        let session: Session = try connection.session(shell)
        let nodes: ObjectList<Node> = try await Client(session.transport, fieldManager: "swkube").list(Node.self)
        var table: TabWriter = .table
        table.line(["NAME", "KIND", "STATE", "CPU", "MEMORY", "PODS"])
        for node in nodes.items.sorted(by: { $0.name < $1.name }) {
            let state: String = node.isSwitchedOff ? "off" : node.isReady ? "ready" : "not ready"
            let capacity: [String] = ["cpu", "memory", "pods"].map { node.status.capacity[$0]?.description ?? "" }
            table.line([node.name, (node.kind ?? .process).rawValue, state] + capacity)
        }
        shell.output.write(table.rendered())
        try session.finish()
    }
}

/// `node delete`: removes nodes with all that their pods left.
package struct NodeDelete: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "node delete", abstract: "Remove nodes; their pods end.", usage: "swkube node delete NAME … [flags]",
        aliases: ["node rm"])

    @Argument(help: "Names of nodes.", value: "name")
    var names: [String] = []

    @Flag("simulated", help: "Remove all simulated nodes.")
    var simulated = false

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    package init() {}

    package func run(in shell: Shell) async throws {
        guard !names.isEmpty || simulated else { throw Failure("name the nodes to remove: swkube node delete NAME") }
        let session: Session = try connection.session(shell)
        let client = Client(session.transport, fieldManager: "swkube")
        var doomed: [View<Node>] = []
        for name in names { doomed.append(try await client.get(Node.self, ObjectKey(namespace: "", name: name))) }
        if let first = doomed.first(where: { $0.kind == nil }) {
            throw Failure("node \(first.name) belongs to the cluster itself; swkube node stop \(first.name) switches it off")
        }
        if simulated { doomed += try await client.list(Node.self).items.filter { $0.kind == .simulated && !names.contains($0.name) } }
        for node in doomed {
            try await client.delete(Node.self, node.key, uid: node.metadata.uid)
            shell.output.line("node/\(node.name) deleted")
        }
        try session.finish()
    }
}

/// Flags of `node start` and `node stop`.
package struct NodePowerOptions: FlagGroup {
    @Argument(help: "Names of nodes.", value: "name")
    var names: [String] = []

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    package init() {}

    func turn(_ isOn: Bool, _ shell: Shell) async throws {
        guard !names.isEmpty else { throw Failure("name the nodes: swkube node \(isOn ? "start" : "stop") NAME") }
        let session: Session = try connection.session(shell)
        let client = Client(session.transport, fieldManager: "swkube")
        for name in names {
            let power: JSON = isOn ? .null : "off"
            let patch: JSON = ["metadata": ["annotations": [(NodeMarks.power): power]]]
            try await client.patch(Node.self, ObjectKey(namespace: "", name: name), patch, as: .mergePatch)
            shell.output.line("node/\(name) \(isOn ? "started" : "stopped")")
        }
        try session.finish()
    }
}

/// `node start`: switches nodes on again.
package struct NodeStart: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "node start", abstract: "Switch nodes on again.", usage: "swkube node start NAME … [flags]")

    @OptionGroup var options: NodePowerOptions
    package init() {}
    package func run(in shell: Shell) async throws { try await options.turn(true, shell) }
}

/// `node stop`: switches nodes off, as if their power failed.
package struct NodeStop: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "node stop", abstract: "Switch nodes off, as if their power failed.", usage: "swkube node stop NAME … [flags]",
        discussion: "The processes of its pods end at once. The cluster learns of it as of a machine that falls silent.")

    @OptionGroup var options: NodePowerOptions
    package init() {}
    package func run(in shell: Shell) async throws { try await options.turn(false, shell) }
}
