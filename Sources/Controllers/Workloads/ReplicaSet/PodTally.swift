import API
import Client
import Machinery
import Synchronization

/// What some pods come to: a sum that pods are added to and taken from, so that nobody counts ten thousand of them because one changed.
struct PodTally: Equatable, Sendable {
    /// All pods, those that have ended too.
    private(set) var all: Int = 0
    /// Neither ended nor asked to end.
    private(set) var active: Int = 0
    /// Active and ready.
    private(set) var ready: Int = 0
    /// Asked to end and not ended yet.
    private(set) var terminating: Int = 0
    /// The ready ones by when they became it; under nil those that do not say.
    private var readySince: [Time?: Int] = [:]

    mutating func add(_ pod: View<Pod>) { count(pod, 1) }
    mutating func take(_ pod: View<Pod>) { count(pod, -1) }

    private mutating func count(_ pod: View<Pod>, _ one: Int) {
        all += one
        guard !pod.isFinished else { return }
        guard !pod.isTerminating else { return terminating += one }
        active += one
        guard let condition = pod.condition("Ready"), condition.status == "True" else { return }
        ready += one
        let since: Time? = condition.lastTransitionTime
        readySince[since, default: 0] += one
        if readySince[since] == 0 { readySince[since] = nil }
    }

    /// Ready, and that for as long as `minReadySeconds` asks.
    func available(minReadySeconds: Int, now: Time) -> Int {
        guard minReadySeconds > 0 else { return ready }
        return readySince.reduce(0) { sum, entry in
            entry.key.map { $0.seconds + Int64(minReadySeconds) <= now.seconds } == true ? sum + entry.value : sum
        }
    }

    /// When the next ready pod becomes available although nothing changes; nil when none does.
    func nextAvailability(minReadySeconds: Int, now: Time) -> Duration? {
        guard minReadySeconds > 0 else { return nil }
        return readySince.keys.compactMap { $0.map { $0.seconds + Int64(minReadySeconds) - now.seconds } }.filter { $0 > 0 }.min()
            .map { .seconds($0) }
    }
}

/// Tallies of pods by their labels: pods of one template share them.
typealias TallyByLabels = [[String: String]: PodTally]

extension TallyByLabels {
    init(_ pods: [View<Pod>]) {
        self.init()
        for pod in pods { self[pod.metadata.labels, default: PodTally()].add(pod) }
    }
}

/// The tallies of the pods of every owner of a kind, and of those that nobody controls, kept beside the copy of all pods.
final class PodTallies: Sendable {
    private enum Holder: Hashable {
        case owner(uid: String)
        case nobody(namespace: String)
    }

    private let tallies = Mutex<[Holder: TallyByLabels]>([:])

    func follow(_ pods: Informer<Pod>, kind: String) {
        pods.onChange { [weak self] before, after in
            self?.tallies.withLock { tallies in
                if let before { Self.change(&tallies, before, kind) { $0.take(before) } }
                if let after { Self.change(&tallies, after, kind) { $0.add(after) } }
            }
        }
    }

    private static func change(
        _ tallies: inout [Holder: TallyByLabels], _ pod: View<Pod>, _ kind: String, _ change: (inout PodTally) -> Void
    ) {
        let metadata: View<ObjectMeta> = pod.metadata
        let holder: Holder
        if let owner = metadata.controller {
            guard owner.kind == kind else { return }
            holder = .owner(uid: owner.uid)
        } else {
            holder = .nobody(namespace: metadata.namespace)
        }
        let labels: [String: String] = metadata.labels
        change(&tallies[holder, default: [:]][labels, default: PodTally()])
        if tallies[holder]?[labels]?.all == 0 { tallies[holder]?[labels] = nil }
        if tallies[holder]?.isEmpty == true { tallies[holder] = nil }
    }

    func owned(by uid: String) -> TallyByLabels { tallies.withLock { $0[.owner(uid: uid)] ?? [:] } }

    func orphans(namespace: String) -> TallyByLabels { tallies.withLock { $0[.nobody(namespace: namespace)] ?? [:] } }
}
