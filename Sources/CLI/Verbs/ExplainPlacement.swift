import API
import Client
import Machinery
import Scheduler

/// `explain-placement`: why a pod is where it is, or nowhere.
package struct ExplainPlacement: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "explain-placement", abstract: "Say which nodes could have a pod, and why others could not.",
        usage: "swkube explain-placement POD [flags]",
        discussion: """
            Each node is asked as the scheduler asks it. For nodes that could have the pod, each plugin's score is shown in its own units, \
            from 0 to 100 and with its weight. Exit code: 0 when some node could have it, 1 when none could.
            """)

    @Argument(help: "The pod: web-1 or pod/web-1.", value: "pod")
    var word: String

    @Option("with-node", help: "What if there were this node too: cpu=8,memory=32Gi,disk=ssd (other names are labels).", value: "node")
    var extraNodes: [String] = []

    @Option("without-taint", help: "What if no node had taints with this key.", value: "key")
    var removedTaints: [String] = []

    @Option("if-deleted", help: "What if this pod were gone.", value: "pod")
    var removedPods: [String] = []

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        let session: Session = try connection.session(shell)
        let reading = ClusterReading(session: session)
        let pod: View<Pod> = try await reading.pod(word)
        var forecast: Forecast = try await reading.forecast()
        for (index, text) in extraNodes.enumerated() { forecast.add(try Self.node(text, number: index + 1)) }
        for key in removedTaints { forecast.removeTaints(key) }
        for word in removedPods { forecast.remove(try await reading.pod(word)) }
        let answer: Forecast.Answer = forecast.answer(for: pod)
        shell.output.line(Self.headline(pod, answer, isHypothetical: !(extraNodes + removedTaints + removedPods).isEmpty))
        shell.output.line("")
        shell.output.line(Self.table(answer))
        try session.finish()
        if answer.node == nil { throw Failure.silent() }
    }

    static func headline(_ pod: View<Pod>, _ answer: Forecast.Answer, isHypothetical: Bool) -> String {
        let here: String = pod.isScheduled ? "Pod \(pod.key) is on \(pod.spec.nodeName). " : ""
        let subject: String = pod.isScheduled ? "Placed anew, it" : "Pod \(pod.key)"
        let condition: String = isHypothetical ? " then" : ""
        if let gate = pod.spec.schedulingGates.first, !pod.isScheduled {
            return "Pod \(pod.key) waits for its scheduling gate \(gate.name); without it:"
        }
        guard let node = answer.node else { return "\(here)\(subject) would\(condition) go nowhere: \(answer.message)" }
        return "\(here)\(subject) would\(condition) go to \(node)."
    }

    /// One line for each node.
    static func table(_ answer: Forecast.Answer) -> String {
        var writer = TabWriter.table
        writer.line(["NODE", "SCORE", "WHY"])
        for verdict in answer.verdicts {
            if let refusal = verdict.refusal {
                writer.line([verdict.node, "-", "\(refusal.plugin): \(refusal.reasons.joined(separator: ", "))"])
            } else {
                let parts: [String] = verdict.scores.map { part in
                    let raw: String = part.raw.isFinite && part.raw != Double(part.score) ? "\(number(part.raw)) -> " : ""
                    return "\(part.plugin) \(raw)\(part.score)\(part.weight == 1 ? "" : " x \(part.weight)")"
                }
                writer.line([verdict.node, String(verdict.total), parts.isEmpty ? "no plugin has a wish" : parts.joined(separator: ", ")])
            }
        }
        var text: String = writer.rendered()
        if text.hasSuffix("\n") { text.removeLast() }
        return text
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() ? String(Int(value)) : String((value * 100).rounded() / 100)
    }

    /// A node in thought. Throws ``Failure`` for what is no amount.
    static func node(_ text: String, number: Int) throws -> View<Node> {
        var name: String = "what-if-\(number)"
        var amounts: [String: Quantity] = ["pods": Quantity(110)]
        var labels: [String: String] = [:]
        for part in text.split(separator: ",") {
            let pair: [Substring] = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2 else { throw Failure("--with-node: \(JSON.quoted(String(part))) is not NAME=VALUE, such as cpu=8") }
            let (key, value): (String, String) = (String(pair[0]), String(pair[1]))
            switch key {
            case "name": name = value
            case "cpu", "memory", "pods", "ephemeral-storage":
                do { amounts[key] = try Quantity(value) } catch {
                    throw Failure("--with-node: \(key)=\(value) is no amount; give one such as cpu=8 or memory=32Gi")
                }
            default: labels[key] = value
            }
        }
        return Node.new(name) {
            $0.metadata.labels = labels.merging(["kubernetes.io/hostname": name]) { one, _ in one }
            $0.status.allocatable = amounts
            $0.status.capacity = amounts
        }
    }
}
