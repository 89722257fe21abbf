import API
import Client
import Machinery

/// Asks for work on a service when it changes, or something that matters for it at a pod that it selects or selected.
func watchServices(_ services: Informer<Service>, _ pods: Informer<Pod>, _ queue: WorkQueue, _ gathering: Gathering) {
    services.onChange { before, after in if let object = after ?? before { queue.add(object.key) } }
    pods.onChange { before, after in
        guard let namespace = (after ?? before)?.namespace else { return }
        let there: [View<Service>] = services.list(namespace: namespace)
        guard !there.isEmpty, !looksSame(before, after) else { return }
        let labels: [[String: String]] = [before, after].compactMap { $0?.metadata.labels }
        for service in there {
            let selector: [String: String] = service.spec.selector
            let isSelected: Bool = !selector.isEmpty && labels.contains { own in selector.allSatisfy { own[$0.key] == $0.value } }
            if isSelected { gathering.add(service.key, to: queue) }
        }
    }
}

/// Whether a pod looks the same to those who want to reach it.
private func looksSame(_ before: View<Pod>?, _ after: View<Pod>?) -> Bool {
    guard let before, let after else { return false }
    return before.metadata.uid == after.metadata.uid && before.status.podIP == after.status.podIP && before.isReady == after.isReady
        && before.isTerminating == after.isTerminating && before.isFinished == after.isFinished
        && before.spec.nodeName == after.spec.nodeName && before.metadata.generation == after.metadata.generation
        && before.metadata.labels == after.metadata.labels
}
