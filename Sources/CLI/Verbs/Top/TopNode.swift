import API
package import ArgumentParser
import Client
import Machinery

/// `top node`: what nodes use.
package struct TopNode: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "top node", abstract: "Show what nodes use.", usage: "swkube top node [NAME | -l label] [flags]",
        aliases: ["top nodes", "top no"])

    @Argument(help: ArgumentHelp("Name of a node.", valueName: "name"))
    var names: [String] = []

    @Option(
        name: [.customShort("l"), .customLong("selector")], help: ArgumentHelp("Labels that the nodes must have.", valueName: "selector"))
    var selector: String?

    @Option(name: .customLong("sort-by"), help: ArgumentHelp("Sort by cpu or memory.", valueName: "field"))
    var sortBy: String?

    @Flag(name: .customLong("no-headers"), help: "Leave the header of the table out.")
    var noHeaders = false

    @Flag(name: .customLong("show-capacity"), help: "Shares of what nodes have, not of what they give to pods.")
    var showCapacity = false

    @Flag(name: .customLong("show-swap"), help: "Show swap, too.")
    var showSwap = false

    @Flag(
        name: .customLong("use-protocol-buffers"), inversion: .prefixedNo,
        help: ArgumentHelp("Taken for kubectl's sake.", visibility: .hidden))
    var useProtocolBuffers = true

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        if names.count > 1 { throw Failure("node [NAME | -l label]\nSee '\(CLI.program) top node -h' for help and examples") }
        if let sortBy, !sortBy.isEmpty, !["cpu", "memory"].contains(sortBy) { throw Failure("--sort-by accepts only cpu or memory") }
        if !names.isEmpty, selector?.isEmpty == false { throw Failure("only one of NAME or --selector can be provided") }
        let session: Session = try connection.session(shell)
        let metrics: [JSON] = try await MetricsQuery(session: session).metrics("nodes", name: names.first, selector: selector)
        if metrics.isEmpty { throw Failure("metrics not available yet") }
        var nodes: [String: JSON] = [:]
        for node in try await session.send(
            APIRequest(.list, Node.names.resource, options: RequestOptions { $0.labelSelector = selector })
        ).list("items") {
            nodes[node.text(at: "metadata", "name")] = node
        }
        let sorted: [JSON] = metrics.sorted { one, other in
            if let sortBy, !sortBy.isEmpty {
                return UsageText.amount(one[["usage", sortBy]]) > UsageText.amount(other[["usage", sortBy]])
            }
            return one.text(at: "metadata", "name") < other.text(at: "metadata", "name")
        }
        var table = TabWriter.table
        if !noHeaders {
            table.line(["NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)"] + (showSwap ? ["SWAP(bytes)", "SWAP(%)"] : []))
        }
        for one in sorted {
            let name: String = one.text(at: "metadata", "name")
            let whole: JSON = nodes[name]?[["status", showCapacity ? "capacity" : "allocatable"]] ?? [:]
            let (cpu, memory): (Quantity, Quantity) = (
                UsageText.amount(one[["usage", "cpu"]]), UsageText.amount(one[["usage", "memory"]])
            )
            var cells: [String] = [
                name, UsageText.cpu(cpu), UsageText.share(cpu, UsageText.amount(whole["cpu"])), UsageText.memory(memory),
                UsageText.share(memory, UsageText.amount(whole["memory"])),
            ]
            if showSwap {
                let swap: Quantity = UsageText.amount(one[["usage", "swap"]])
                let all = nodes[name]?.number("status", "nodeInfo", "swap", "capacity") ?? 0
                cells += [UsageText.memory(swap), UsageText.share(swap, Quantity(all))]
            }
            table.line(cells)
        }
        shell.output.write(table.rendered())
        try session.finish()
    }
}
