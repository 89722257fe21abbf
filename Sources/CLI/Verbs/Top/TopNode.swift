import API
import Client
import Machinery

/// `top node`: what nodes use.
package struct TopNode: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "top node", abstract: "Show what nodes use.", usage: "swkube top node [NAME | -l label] [flags]",
        aliases: ["top nodes", "top no"])

    @Argument(help: "Name of a node.", value: "name")
    var names: [String] = []

    @Option("selector", "l", help: "Labels that the nodes must have.", value: "selector")
    var selector: String?

    @Flag("show-capacity", help: "Shares of what nodes have, not of what they give to pods.")
    var showCapacity = false

    @OptionGroup var options: TopOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        try options.check(names, "node", selectors: [selector], flag: "--selector")
        let session: Session = try options.connection.session(shell)
        let metrics: [JSON] = try await MetricsQuery(session: session).metrics("nodes", name: names.first, selector: selector)
        if metrics.isEmpty { throw Failure("metrics not available yet") }
        var nodes: [String: JSON] = [:]
        for node in try await session.send(
            APIRequest(.list, Node.names.resource, options: RequestOptions { $0.labelSelector = selector })
        ).list("items") {
            nodes[node.text(at: "metadata", "name")] = node
        }
        let sorted: [JSON] = options.sorted(metrics) {
            ("", $0.text(at: "metadata", "name"))
        } amount: {
            UsageText.amount($0[["usage", $1]])
        }
        let showSwap: Bool = options.showSwap
        var table = TabWriter.table
        if !options.noHeaders {
            table.line(
                ["NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)"] + (showSwap ? ["SWAP(bytes)", "SWAP(%)"] : []) + [""])
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
            // As in kubectl, a column ends behind the last one, too.
            table.line(cells + [""])
        }
        shell.output.write(table.rendered())
        try session.finish()
    }
}
