import API
import Client
import Machinery
import Scheduler

/// `drain --plan`: what a drain would do, without doing it.
struct DrainPlan {
    let session: Session
    let drain: NodeDrain

    /// Prints one line for each pod of the node. Returns false when the drain would not finish.
    func show() async throws -> Bool {
        let reading = ClusterReading(session: session)
        let cluster: Forecast = try await reading.forecast()
        let budgets: [View<PodDisruptionBudget>] = try await reading.all()
        var staying: [(pod: View<Pod>, why: String)] = []
        var forbidding: [(pod: View<Pod>, why: String)] = []
        var going: [View<Pod>] = []
        for (pod, fate) in try await drain.fates() {
            switch fate {
            case .goes, .goesWithWarning: going.append(pod)
            case .stays: staying.append((pod, "stays: the node runs it by itself, or it is on its way out"))
            case .staysWithWarning(let text): staying.append((pod, "stays: \(text)"))
            case .forbids(let text): forbidding.append((pod, "forbids the drain: \(text)"))
            }
        }
        let forecast = DrainForecast(node: drain.node, pods: going, in: cluster, budgets: budgets)
        var writer = TabWriter.table
        writer.line(["NAMESPACE", "POD", "WHAT WOULD HAPPEN"])
        for (pod, why) in forbidding + staying { writer.line([pod.namespace, pod.name, why]) }
        for (pod, fate) in forecast.fates { writer.line([pod.namespace, pod.name, Self.text(fate)]) }
        let lines: String = writer.rendered()
        session.output.line(lines.hasSuffix("\n") ? String(lines.dropLast()) : lines)
        let isDone: Bool = forbidding.isEmpty && !forecast.isBlocked
        session.output.line(
            isDone
                ? "node/\(drain.node) could be drained: \(going.count) pod\(going.count == 1 ? "" : "s") would leave."
                : "node/\(drain.node) could not be drained as it is.")
        return isDone
    }

    private static func text(_ fate: DrainForecast.Fate) -> String {
        switch fate {
        case .leaves(nil): "leaves, and nobody makes it anew"
        case .leaves(.node(let name)?): "leaves; its successor goes to \(name)"
        case .leaves(.nowhere(let message)?): "leaves; its successor goes nowhere: \(message)"
        case .kept(let budget, let remedy): "is kept by PodDisruptionBudget \(budget): \(remedy)"
        }
    }
}
