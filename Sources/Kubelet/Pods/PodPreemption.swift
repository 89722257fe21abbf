import API
import Client
import Machinery

/// Which pods go so that a critical one that was given to the node finds room. Pure.
///
/// As few as will do, and those without requests before those with, and these before the guaranteed ones; of equals the one that asks for
/// less. Source: pkg/kubelet/preemption/preemption.go.
struct PodPreemption {
    static let message = "Preempted in order to admit critical pod"

    /// How much of a resource is still to be found.
    private struct Want {
        let resource: String
        let amount: Int64
    }

    private let critical: View<Pod>
    private let wants: [Want]

    init(for critical: View<Pod>, lacking shortages: [PodAdmission.Shortage]) {
        self.critical = critical
        wants = shortages.map { Want(resource: $0.resource, amount: $0.requested - ($0.capacity - $0.used)) }
    }

    /// Throws when all that may go are not enough.
    func victims(among pods: [View<Pod>]) throws(PodAdmission.Refusal) -> [View<Pod>] {
        let classes: [String: [View<Pod>]] = Dictionary(grouping: pods.filter(mayGo), by: \.qosClass)
        let bestEffort: [View<Pod>] = classes["BestEffort"] ?? []
        let burstable: [View<Pod>] = classes["Burstable"] ?? []
        let guaranteed: [View<Pod>] = classes["Guaranteed"] ?? []
        try refuse(left(wants, without: bestEffort + burstable + guaranteed))
        let last: [View<Pod>] = try nearest(guaranteed, to: left(wants, without: bestEffort + burstable))
        let middle: [View<Pod>] = try nearest(burstable, to: left(wants, without: bestEffort + last))
        let first: [View<Pod>] = try nearest(bestEffort, to: left(wants, without: middle + last))
        return first + middle + last
    }

    /// Source: `Preemptable` of pkg/kubelet/types.
    private func mayGo(_ pod: View<Pod>) -> Bool {
        if !pod.isCritical { return true }
        guard let own = critical.spec.priority, let other = pod.spec.priority else { return false }
        return own > other
    }

    private func left(_ wants: [Want], without pods: [View<Pod>]) -> [Want] {
        wants.compactMap { want in
            let amount: Int64 = pods.reduce(want.amount) { $0 - Self.request(of: $1, want.resource) }
            return amount > 0 ? Want(resource: want.resource, amount: amount) : nil
        }
    }

    /// Takes the pod that leaves least to be found, until nothing is.
    private func nearest(_ pods: [View<Pod>], to wants: [Want]) throws(PodAdmission.Refusal) -> [View<Pod>] {
        var (pods, wants) = (pods, wants)
        var chosen: [View<Pod>] = []
        while !wants.isEmpty {
            let best: Int? = pods.indices.min { one, other in
                let (first, second) = (distance(pods[one], wants), distance(pods[other], wants))
                return first == second ? asksForLess(pods[one], pods[other]) : first < second
            }
            guard let best else {
                try refuse(wants)
                break
            }
            wants = left(wants, without: [pods[best]])
            chosen.append(pods.remove(at: best))
        }
        return chosen
    }

    private func distance(_ pod: View<Pod>, _ wants: [Want]) -> Double {
        wants.reduce(0) { sum, want in
            let rest = Double(max(0, want.amount - Self.request(of: pod, want.resource))) / Double(want.amount)
            return sum + rest * rest
        }
    }

    private func asksForLess(_ one: View<Pod>, _ other: View<Pod>) -> Bool {
        for resource in ["memory", "cpu"] {
            let (first, second) = (Self.request(of: one, resource), Self.request(of: other, resource))
            if first != second { return first < second }
        }
        return false
    }

    private static func request(of pod: View<Pod>, _ resource: String) -> Int64 {
        resource == "pods" ? 1 : PodAdmission.number(pod.requests[resource], resource)
    }

    private func refuse(_ wants: [Want]) throws(PodAdmission.Refusal) {
        guard !wants.isEmpty else { return }
        let list: String = wants.map { "(res: \($0.resource), q: \($0.amount)), " }.joined()
        throw PodAdmission.Refusal(
            reason: "UnexpectedAdmissionError",
            message: "Unexpected error while attempting to recover from admission failure: preemption: error finding a set of pods to "
                + "preempt: no set of running pods found to reclaim resources: [\(list)]")
    }
}

extension PodWorker {
    /// Ends the pod for a critical one. Returns when nothing of it runs any more.
    func preempt() async {
        guard ending == nil, !pod.isFinished, !isDone, !hasReturned else { return }
        node.events.record(pod, .warning, reason: "Preempting", PodPreemption.message)
        end(grace: pod.spec.terminationGracePeriodSeconds, failure: .init(reason: "Preempting", message: PodPreemption.message))
        poke()
        await withCheckedContinuation { onShutDown.append($0) }
    }
}
