import API
import Client
import Machinery

/// Which nodes a verb is about: `NODE…`, `node NODE…` or a selector.
struct NodeSelection {
    let session: Session

    /// The nodes as they are now; none where nothing has the labels. Throws kubectl's text when none is named.
    ///
    /// - Parameter verb: of the command line, for errors.
    func nodes(_ words: [String], selector: String?, verb: String) async throws -> [JSON] {
        var names: [String] = words
        if !names.isEmpty, selector != nil {
            throw Failure(
                "error: cannot specify both a node name and a --selector option\nSee '\(CLI.program) \(verb) -h' for help and examples")
        }
        if let first = names.first, ["node", "nodes", "no"].contains(first), names.count > 1 { names.removeFirst() }
        let resource: GroupVersionResource = Node.names.resource
        if let selector {
            let list: JSON = try await session.send(APIRequest(.list, resource, options: RequestOptions { $0.labelSelector = selector }))
            return list["items"]?.array ?? []
        }
        var nodes: [JSON] = []
        for name in names {
            let parts: [Substring] = name.split(separator: "/", maxSplits: 1)
            let named: APIResource? = parts.count == 2 ? try await session.resource(String(parts[0])) : nil
            let namespace: String? = named?.isNamespaced == true ? session.namespace : nil
            let object: JSON = try await session.send(
                APIRequest(.get, named?.resource ?? resource, namespace: namespace, name: String(parts.last ?? "")))
            if let named, named.resource != resource { throw Failure("\(name) is no node") }
            nodes.append(object)
        }
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
package struct CordonOptions: FlagGroup {
    @Argument(help: "Names of nodes.", value: "node")
    var words: [String] = []

    @Option("selector", "l", help: "Labels that the nodes must have.", value: "selector")
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
        for node in try await selection.nodes(words, selector: selector, verb: verb) {
            try await selection.setUnschedulable(node, wanted, dryRun)
        }
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
