import API
package import ArgumentParser
import Client
import Machinery

/// `top pod`: what pods use.
package struct TopPod: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "top pod", abstract: "Show what pods use.", usage: "swkube top pod [NAME | -l label] [flags]",
        aliases: ["top pods", "top po"])

    @Argument(help: ArgumentHelp("Name of a pod.", valueName: "name"))
    var names: [String] = []

    @OptionGroup(title: "Which objects") var selection: SelectionOptions

    @Flag(name: [.customShort("A"), .customLong("all-namespaces")], help: "Show the pods of all namespaces.")
    var allNamespaces = false

    @Flag(help: "Show each container.")
    var containers = false

    @Option(name: .customLong("sort-by"), help: ArgumentHelp("Sort by cpu or memory.", valueName: "field"))
    var sortBy: String?

    @Flag(help: "Show the sum at the end.")
    var sum = false

    @Flag(name: .customLong("no-headers"), help: "Leave the header of the table out.")
    var noHeaders = false

    @Flag(name: .customLong("show-swap"), help: "Show swap, too.")
    var showSwap = false

    @Flag(
        name: .customLong("use-protocol-buffers"), inversion: .prefixedNo,
        help: ArgumentHelp("Taken for kubectl's sake.", visibility: .hidden))
    var useProtocolBuffers = true

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        if names.count > 1 { throw Failure("pod [NAME | -l label]\nSee '\(CLI.program) top pod -h' for help and examples") }
        if let sortBy, !sortBy.isEmpty, !["cpu", "memory"].contains(sortBy) { throw Failure("--sort-by accepts only cpu or memory") }
        if !names.isEmpty, selection.selector?.isEmpty == false || selection.fieldSelector?.isEmpty == false {
            throw Failure("only one of NAME or selector can be provided")
        }
        let session: Session = try connection.session(shell)
        let pods: [JSON] = try await MetricsQuery(session: session).metrics(
            "pods", namespace: allNamespaces && names.isEmpty ? nil : session.namespace, name: names.first, selector: selection.selector,
            fieldSelector: selection.fieldSelector)
        if pods.isEmpty {
            shell.output.note(allNamespaces ? "No resources found" : "No resources found in \(session.namespace) namespace.")
            return
        }
        shell.output.write(table(pods).rendered())
        try session.finish()
    }

    private var resources: [String] { ["cpu", "memory"] + (showSwap ? ["swap"] : []) }

    private func table(_ pods: [JSON]) -> TabWriter {
        var table = TabWriter.table
        let place: [String] = allNamespaces ? ["NAMESPACE"] : []
        if !noHeaders {
            table.line(
                place + (containers ? ["POD", "NAME"] : ["NAME"]) + ["CPU(cores)", "MEMORY(bytes)"] + (showSwap ? ["SWAP(bytes)"] : []))
        }
        let sorted: [JSON] = pods.sorted { one, other in
            if let sortBy, !sortBy.isEmpty { return total(one, sortBy) > total(other, sortBy) }
            let (left, right): (String, String) = (one.text(at: "metadata", "namespace"), other.text(at: "metadata", "namespace"))
            return (left, one.text(at: "metadata", "name")) < (right, other.text(at: "metadata", "name"))
        }
        for pod in sorted {
            let start: [String] = (allNamespaces ? [pod.text(at: "metadata", "namespace")] : []) + [pod.text(at: "metadata", "name")]
            guard containers else {
                table.line(start + resources.map { shown(total(pod, $0), $0) })
                continue
            }
            let list: [JSON] = pod.list("containers").sorted { one, other in
                if let sortBy, !sortBy.isEmpty {
                    return UsageText.amount(one[["usage", sortBy]]) > UsageText.amount(other[["usage", sortBy]])
                }
                return one.text(at: "name") < other.text(at: "name")
            }
            for container in list {
                table.line(
                    start + [container.text(at: "name")] + resources.map { shown(UsageText.amount(container[["usage", $0]]), $0) })
            }
        }
        if sum {
            let skipped: [String] = Array(repeating: "", count: (allNamespaces ? 1 : 0) + (containers ? 1 : 0))
            let all: [Quantity] = resources.map { name in pods.reduce(.zero) { $0 + total($1, name) } }
            table.line(skipped + [""] + resources.map { _ in "________" })
            table.line(skipped + [""] + zip(all, resources).map { shown($0, $1) })
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
