package import API
package import Machinery

/// What would become of the pods of a node that is drained. Pure.
///
/// Pods leave as their disruption budgets allow. A pod that a controller replaces frees its budget again when its successor finds a node;
/// one that finds none keeps it used up. This goes on until nothing more can leave.
package struct DrainForecast: Sendable {
    package enum Fate: Sendable, Equatable {
        /// It leaves; its successor goes to this node, or nowhere for the reason that the scheduler would give. Nil for a pod that has none.
        case leaves(successor: Place?)
        /// A budget keeps it, with what would help.
        case kept(budget: String, remedy: String)
    }

    package enum Place: Sendable, Equatable {
        case node(String)
        case nowhere(String)
    }

    /// In the order in which they were given.
    package let fates: [(pod: View<Pod>, fate: Fate)]

    package var isBlocked: Bool {
        fates.contains { if case .kept = $0.fate { true } else { false } }
    }

    /// A budget while pods leave.
    private struct Purse {
        let budget: View<PodDisruptionBudget>
        var allowed: Int
        let selector: LabelMatch

        func covers(_ pod: View<Pod>) -> Bool { pod.namespace == budget.namespace && selector.matches(pod.metadata.labels) }
    }

    /// - Parameters:
    ///   - cluster: with the node not yet cordoned.
    ///   - pods: those that the drain would evict.
    ///   - hasSuccessor: whether a controller replaces the pod.
    package init(
        node: String, pods: [View<Pod>], in cluster: Forecast, budgets: [View<PodDisruptionBudget>],
        hasSuccessor: (View<Pod>) -> Bool = { $0.metadata.controllerOwner != nil }
    ) {
        var cluster: Forecast = cluster
        cluster.cordon(node)
        var purses: [Purse] = budgets.map {
            Purse(budget: $0, allowed: $0.status.disruptionsAllowed, selector: $0.spec.selector?.match ?? .nothing)
        }
        var fates: [String: Fate] = [:]
        var waiting: [View<Pod>] = pods
        var hasMoved: Bool = true
        while hasMoved, !waiting.isEmpty {
            hasMoved = false
            var rest: [View<Pod>] = []
            for pod in waiting {
                let covering: [Int] = purses.indices.filter { purses[$0].covers(pod) }
                // A pod that does not serve costs no budget where there is enough without it.
                let isFree: Bool =
                    pod.isFinished || pod.isTerminating || pod.status.phase == "Pending"
                    || !pod.isReady && covering.allSatisfy { Self.lets(purses[$0].budget, unhealthy: pod) }
                guard covering.count <= 1, isFree || covering.allSatisfy({ purses[$0].allowed > 0 }) else {
                    rest.append(pod)
                    continue
                }
                hasMoved = true
                cluster.remove(pod)
                var place: Place?
                if hasSuccessor(pod), !pod.isFinished {
                    var successor: View<Pod> = pod
                    successor.metadata.uid = pod.metadata.uid + "/successor"
                    successor.spec.remove(\.nodeName)
                    successor.metadata.remove(\.deletionTimestamp)
                    let answer: Forecast.Answer = cluster.answer(for: successor)
                    if let node = answer.node { cluster.place(successor, on: node) }
                    place = answer.node.map { .node($0) } ?? .nowhere(answer.message)
                }
                fates[pod.metadata.uid] = .leaves(successor: place)
                if case .node? = place { continue }
                if !isFree { for index in covering { purses[index].allowed -= 1 } }
            }
            waiting = rest
        }
        for pod in waiting {
            fates[pod.metadata.uid] = Self.kept(pod, by: purses.filter { $0.covers(pod) }.map(\.budget))
        }
        self.fates = pods.map { ($0, fates[$0.metadata.uid] ?? .leaves(successor: nil)) }
    }

    /// Source: `EvictionREST` of pkg/registry/core/pod/storage.
    private static func lets(_ budget: View<PodDisruptionBudget>, unhealthy pod: View<Pod>) -> Bool {
        if budget.spec.unhealthyPodEvictionPolicy == "AlwaysAllow" { return true }
        return budget.status.currentHealthy >= budget.status.desiredHealthy && budget.status.desiredHealthy > 0
    }

    private static func kept(_ pod: View<Pod>, by budgets: [View<PodDisruptionBudget>]) -> Fate {
        if budgets.count > 1 {
            let names: String = budgets.map(\.name).sorted().joined(separator: ", ")
            return .kept(budget: names, remedy: "a pod may have one PodDisruptionBudget only: change the selector of all but one")
        }
        guard let budget = budgets.first else { return .leaves(successor: nil) }
        let status: View<PodDisruptionBudgetStatus> = budget.status
        let remedy: String
        if status.desiredHealthy >= status.expectedPods {
            remedy =
                "it wants \(status.desiredHealthy) of \(status.expectedPods) pods at every moment: run more replicas, or allow a disruption "
                + "(maxUnavailable: 1)"
        } else if status.currentHealthy <= status.desiredHealthy, status.disruptionsAllowed == 0 {
            remedy =
                "\(status.currentHealthy) pods are healthy and it wants \(status.desiredHealthy): wait until more are, or mend those that are not"
        } else {
            remedy = "its pods that left find no other node: make room for them"
        }
        return .kept(budget: budget.name, remedy: remedy)
    }
}

extension View<ObjectMeta> {
    /// The owner that controls the object; nil when none does.
    package var controllerOwner: View<OwnerReference>? { self.ownerReferences.first { $0.controller == true } }
}
