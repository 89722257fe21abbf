import API
package import ArgumentParser
import Client
import Machinery

/// Which nodes a verb is about: `NODE…`, `node NODE…` or a selector.
struct NodeSelection {
    let session: Session

    /// The nodes as they are now. Throws kubectl's text when none is named.
    func nodes(_ words: [String], selector: String?) async throws -> [JSON] {
        var names: [String] = words
        if let first = names.first, ["node", "nodes", "no"].contains(first), names.count > 1 { names.removeFirst() }
        names = names.map { name in
            for prefix in ["node/", "nodes/", "no/"] where name.hasPrefix(prefix) { return String(name.dropFirst(prefix.count)) }
            return name
        }
        if !names.isEmpty, selector != nil { throw Failure("error: cannot specify both a node name and a --selector option") }
        let resource: GroupVersionResource = Node.names.resource
        if let selector {
            let list: JSON = try await session.send(APIRequest(.list, resource, options: RequestOptions { $0.labelSelector = selector }))
            let nodes: [JSON] = list["items"]?.array ?? []
            if nodes.isEmpty { session.output.note("No resources found") }
            return nodes
        }
        var nodes: [JSON] = []
        for name in names { nodes.append(try await session.send(APIRequest(.get, resource, name: name))) }
        return nodes
    }

    /// Makes a node take new pods or not, and tells of it.
    func setUnschedulable(_ node: JSON, _ wanted: Bool, _ dryRun: DryRun) async throws {
        let name: String = node[["metadata", "name"]]?.string ?? ""
        let done: String = wanted ? "cordoned" : "uncordoned"
        if (node[["spec", "unschedulable"]]?.bool ?? false) == wanted {
            session.output.line("node/\(name) already \(done)\(dryRun.suffix)")
            return
        }
        if case .client = dryRun {
        } else {
            var request = APIRequest(.patch, Node.names.resource, name: name, contentType: .strategicMergePatch)
            request.options.fieldManager = "kubectl-cordon"
            if case .server = dryRun { request.options.dryRun = true }
            let change: JSON = ["spec": ["unschedulable": wanted ? true : .null]]
            request.body = change.serialized()
            _ = try await session.send(request)
        }
        session.output.line("node/\(name) \(done)\(dryRun.suffix)")
    }
}

/// Flags of `cordon` and `uncordon`.
package struct CordonOptions: ParsableArguments, Sendable {
    @Argument(help: ArgumentHelp("Names of nodes.", valueName: "node"))
    var words: [String] = []

    @Option(
        name: [.customShort("l"), .customLong("selector")], help: ArgumentHelp("Labels that the nodes must have.", valueName: "selector"))
    var selector: String?

    @OptionGroup var dryRunOptions: DryRunOptions

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    func run(_ wanted: Bool, _ verb: String, _ shell: Shell) async throws {
        if words.isEmpty, selector == nil {
            throw Failure("USAGE: \(verb) NODE [flags]\nSee '\(CLI.program) \(verb) -h' for help and examples")
        }
        let dryRun: DryRun = try dryRunOptions.value()
        let session: Session = try connection.session(shell)
        let selection = NodeSelection(session: session)
        for node in try await selection.nodes(words, selector: selector) { try await selection.setUnschedulable(node, wanted, dryRun) }
        try session.finish()
    }
}

/// `cordon`: keeps new pods off nodes.
package struct Cordon: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "cordon", abstract: "Keep new pods off a node.", usage: "swkube cordon NODE [flags]")

    @OptionGroup var options: CordonOptions
    package init() {}
    package func run(in shell: Shell) async throws { try await options.run(true, "cordon", shell) }
}

/// `uncordon`: lets nodes take new pods again.
package struct Uncordon: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "uncordon", abstract: "Let a node take new pods again.", usage: "swkube uncordon NODE [flags]")

    @OptionGroup var options: CordonOptions
    package init() {}
    package func run(in shell: Shell) async throws { try await options.run(false, "uncordon", shell) }
}
