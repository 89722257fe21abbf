import API
import Machinery

/// What is left in a namespace that is being deleted. Pure.
struct NamespaceContent {
    private var counts: [(resource: String, count: Int)] = []
    private var finalizers: [String: Int] = [:]
    /// Until the last grace period that runs.
    private(set) var delay: Duration = .milliseconds(50)

    var isEmpty: Bool { counts.isEmpty }

    /// - Parameter resource: `deployments.apps`
    mutating func add(_ resource: String, _ objects: [JSON], now: Time) {
        guard !objects.isEmpty else { return }
        counts.append((resource, objects.count))
        for object in objects {
            for finalizer in object[["metadata", "finalizers"]]?.array ?? [] {
                finalizers[finalizer.string ?? "", default: 0] += 1
                // Somebody else has to act; how soon is not known.
                delay = max(delay, .seconds(1))
            }
            guard let end = object[["metadata", "deletionTimestamp"]]?.string.flatMap({ Time($0) }) else { continue }
            // Programs mostly end well before their grace period does: look often at first, and no later than its end.
            if end > now { delay = max(delay, .milliseconds(100)) }
        }
    }

    func conditions(before: [View<NamespaceCondition>], now: Time) -> [View<NamespaceCondition>] {
        let remaining: String = counts.map { "\($0.resource). has \($0.count) resource instances" }.joined(separator: ", ")
        let waiting: String = finalizers.sorted { $0.key < $1.key }
            .map { "\($0.key) in \($0.value) resource instances" }.joined(separator: ", ")
        let wanted: [(type: String, isTrue: Bool, reason: String, message: String)] = [
            ("NamespaceDeletionDiscoveryFailure", false, "ResourcesDiscovered", "All resources successfully discovered"),
            ("NamespaceDeletionGroupVersionParsingFailure", false, "ParsedGroupVersions", "All legacy kube types successfully parsed"),
            (
                "NamespaceDeletionContentFailure", false, "ContentDeleted",
                "All content successfully deleted, may be waiting on finalization"
            ),
            (
                "NamespaceContentRemaining", !counts.isEmpty, counts.isEmpty ? "ContentRemoved" : "SomeResourcesRemain",
                counts.isEmpty ? "All content successfully removed" : "Some resources are remaining: " + remaining
            ),
            (
                "NamespaceFinalizersRemaining", !finalizers.isEmpty,
                finalizers.isEmpty ? "ContentHasNoFinalizers" : "SomeFinalizersRemain",
                finalizers.isEmpty
                    ? "All content-preserving finalizers finished" : "Some content in the namespace has finalizers remaining: " + waiting
            ),
        ]
        return wanted.map { condition in
            let status: String = condition.isTrue ? "True" : "False"
            let old: View<NamespaceCondition>? = before.first { $0.type == condition.type }
            let since: Time = old?.status == status ? old?.lastTransitionTime ?? now : now
            return View<NamespaceCondition> {
                $0.type = condition.type
                $0.status = status
                $0.lastTransitionTime = since
                $0.reason = condition.reason
                $0.message = condition.message
            }
        }
    }
}
