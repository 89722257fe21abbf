import API
import Client
import Machinery

/// Asks for work on the objects that select a pod, or selected it, when something changes at it that others see.
///
/// - Parameter selector: of an object, for pods of its namespace.
func watchSelected<Owner: Kind>(
    by owners: Informer<Owner>, _ pods: Informer<Pod>, _ queue: WorkQueue, _ gathering: Gathering,
    selector: @escaping @Sendable (View<Owner>) -> LabelMatch
) {
    pods.onChange { before, after in
        guard !owners.isEmpty, let namespace = (after ?? before)?.namespace else { return }
        let there: [View<Owner>] = owners.list(namespace: namespace)
        guard !there.isEmpty, !looksSame(before, after) else { return }
        let labels: [[String: String]] = [before, after].compactMap { $0?.metadata.labels }
        for owner in there {
            let match: LabelMatch = selector(owner)
            if labels.contains(where: { match.matches($0) }) { gathering.add(owner.key, to: queue) }
        }
    }
}

/// Whether a pod looks the same to those who want to reach or count it.
private func looksSame(_ before: View<Pod>?, _ after: View<Pod>?) -> Bool {
    guard let before, let after else { return false }
    return before.metadata.uid == after.metadata.uid && before.status.podIP == after.status.podIP && before.isReady == after.isReady
        && before.isTerminating == after.isTerminating && before.isFinished == after.isFinished
        && before.spec.nodeName == after.spec.nodeName && before.metadata.generation == after.metadata.generation
        && before.metadata.labels == after.metadata.labels
}
