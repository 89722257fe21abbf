import API
import Client
import Machinery

/// `top pod`: what pods use.
package struct TopPod: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "top pod", abstract: "Show what pods use.", usage: "swkube top pod [NAME | -l label] [flags]",
        aliases: ["top pods", "top po"])

    @Argument(help: "Name of a pod.", value: "name")
    var names: [String] = []

    @OptionGroup(title: "Which objects") var selection: SelectionOptions

    @Flag("all-namespaces", "A", help: "Show the pods of all namespaces.")
    var allNamespaces = false

    @Flag("containers", help: "Show each container.")
    var containers = false

    @Flag("sum", help: "Show the sum at the end.")
    var sum = false

    @OptionGroup var options: TopOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        try options.check(names, "pod", selectors: [selection.selector, selection.fieldSelector], flag: "selector")
        let session: Session = try options.connection.session(shell)
        let pods: [JSON] = try await MetricsQuery(session: session).metrics(
            "pods", namespace: allNamespaces ? nil : session.namespace, name: names.first, selector: selection.selector,
            fieldSelector: selection.fieldSelector)
        if pods.isEmpty {
            shell.output.note(allNamespaces ? "No resources found" : "No resources found in \(session.namespace) namespace.")
            return
        }
        shell.output.write(table(pods).rendered())
        try session.finish()
    }

    private var resources: [String] { ["cpu", "memory"] + (options.showSwap ? ["swap"] : []) }

    private func table(_ pods: [JSON]) -> TabWriter {
        var table = TabWriter.table
        let place: [String] = allNamespaces ? ["NAMESPACE"] : []
        if !options.noHeaders {
            table.line(
                place + (containers ? ["POD", "NAME"] : ["NAME"]) + ["CPU(cores)", "MEMORY(bytes)"]
                    + (options.showSwap ? ["SWAP(bytes)"] : [])
                    + [""])
        }
        let sorted: [JSON] = options.sorted(
            pods, by: { ($0.text(at: "metadata", "namespace"), $0.text(at: "metadata", "name")) }, amount: total)
        for pod in sorted {
            let start: [String] = (allNamespaces ? [pod.text(at: "metadata", "namespace")] : []) + [pod.text(at: "metadata", "name")]
            guard containers else {
                table.line(start + resources.map { shown(total(pod, $0), $0) } + [""])
                continue
            }
            let list: [JSON] = options.sorted(pod.list("containers")) {
                ("", $0.text(at: "name"))
            } amount: {
                UsageText.amount($0[["usage", $1]])
            }
            for container in list {
                table.line(
                    start + [container.text(at: "name")] + resources.map { shown(UsageText.amount(container[["usage", $0]]), $0) } + [""])
            }
        }
        if sum {
            let skipped: [String] = Array(repeating: "", count: (allNamespaces ? 1 : 0) + (containers ? 1 : 0))
            let all: [Quantity] = resources.map { name in pods.reduce(.zero) { $0 + total($1, name) } }
            table.line(skipped + [""] + resources.map { _ in "________" } + [""])
            table.line(skipped + [""] + zip(all, resources).map { shown($0, $1) } + [""])
        }
        return table
    }

    private func total(_ pod: JSON, _ resource: String) -> Quantity {
        pod.list("containers").reduce(.zero) { $0 + UsageText.amount($1[["usage", resource]]) }
    }

    private func shown(_ amount: Quantity, _ resource: String) -> String {
        resource == "cpu" ? UsageText.cpu(amount) : UsageText.memory(amount)
    }
}
