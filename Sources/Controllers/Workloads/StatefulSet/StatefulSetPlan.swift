import API
import Machinery

/// What a StatefulSet needs next, decided from what was read. Pure.
///
/// With OrderedReady one thing at a time: the lowest missing pod is made when all before it serve, the highest surplus one goes when
/// all others serve, then old pods are replaced from the highest number down. With Parallel all pods are made and go at once.
/// Source: `updateStatefulSet` of pkg/controller/statefulset/stateful_set_control.go.
struct StatefulSetPlan {
    enum Action: Equatable {
        /// Make the claims that are missing, then the pod.
        case make(ordinal: Int, isUpdated: Bool)
        case delete(View<Pod>)
        /// Make the claims that a pending pod waits for.
        case makeClaims(ordinal: Int)
        /// Give the pod back the labels that it lost.
        case mend(View<Pod>, ordinal: Int)
    }

    /// In order.
    private(set) var actions: [Action] = []
    private(set) var status: View<StatefulSetStatus>
    /// When a ready pod becomes available although nothing changes.
    let nextLook: Duration?

    private let set: View<StatefulSet>
    private let updateRevision: String
    private let now: Time
    /// By ordinal within the wanted range.
    private var members: [Int: View<Pod>] = [:]
    /// Outside that range, highest first.
    private var condemned: [(ordinal: Int, pod: View<Pod>)] = []
    private let isOrdered: Bool

    /// - Parameters:
    ///   - pods: all that the set controls.
    ///   - currentRevision: name of the revision that pods came from before an update.
    ///   - updateRevision: name of the one that an update leads to.
    ///   - collisions: how often the name of a revision was taken.
    ///   - staleClaims: ordinals that must wait until a claim of a former pod is gone.
    init(
        _ set: View<StatefulSet>, pods: [View<Pod>], currentRevision: String, updateRevision: String, collisions: Int? = nil,
        staleClaims: Set<Int> = [], now: Time
    ) {
        self.set = set
        self.updateRevision = updateRevision
        self.now = now
        isOrdered = set.spec.podManagementPolicy != "Parallel"
        let range: Range<Int> = set.ordinals
        for pod in pods {
            guard let ordinal = set.ordinal(of: pod) else { continue }
            if range.contains(ordinal) { members[ordinal] = pod } else { condemned.append((ordinal, pod)) }
        }
        condemned.sort { $0.ordinal > $1.ordinal }
        status = Self.status(set, pods, currentRevision, updateRevision, now)
        status.collisionCount = collisions ?? 0
        nextLook = pods.nextAvailability(minReadySeconds: set.spec.minReadySeconds, now: now)
        guard !set.isTerminating else { return }
        if makeMembers(staleClaims), removeCondemned() { replaceOld() }
        completeUpdate()
    }

    private func serves(_ pod: View<Pod>) -> Bool { pod.isInService(minReadySeconds: set.spec.minReadySeconds, now: now) }

    // MARK: - The wanted pods

    /// False when something has to happen first.
    private mutating func makeMembers(_ staleClaims: Set<Int>) -> Bool {
        for ordinal in set.ordinals {
            guard let pod = members[ordinal] else {
                if staleClaims.contains(ordinal) {
                    if isOrdered { return false }
                    continue
                }
                actions.append(.make(ordinal: ordinal, isUpdated: isUpdated(ordinal)))
                if isOrdered { return false }
                continue
            }
            if pod.isFinished {
                if !pod.isTerminating { actions.append(.delete(pod)) }
                if isOrdered { return false }
                continue
            }
            if pod.status.phase == "Pending", !set.spec.volumeClaimTemplates.isEmpty { actions.append(.makeClaims(ordinal: ordinal)) }
            if isOrdered, !serves(pod) { return false }
            if !pod.isTerminating, !set.hasIdentity(pod, ordinal) { actions.append(.mend(pod, ordinal: ordinal)) }
        }
        return true
    }

    /// Below the partition of a rolling update pods keep the former template.
    private func isUpdated(_ ordinal: Int) -> Bool {
        guard set.spec.updateStrategy.type == "RollingUpdate" else { return true }
        return ordinal >= set.ordinals.lowerBound + partition
    }

    private var partition: Int { self.set.spec.updateStrategy.rollingUpdate?.partition ?? 0 }

    // MARK: - Surplus pods

    /// False when something has to happen first.
    private mutating func removeCondemned() -> Bool {
        let firstSick: View<Pod>? =
            set.ordinals.compactMap { members[$0] }.first { !serves($0) } ?? condemned.last { !serves($0.pod) }?.pod
        for (_, pod) in condemned {
            if pod.isTerminating {
                if isOrdered { return false }
                continue
            }
            if isOrdered, !serves(pod), pod.metadata.uid != firstSick?.metadata.uid { return false }
            actions.append(.delete(pod))
            if isOrdered { return false }
        }
        return true
    }

    // MARK: - Updates

    /// Old pods go from the highest number down, as many as may be missing; those that don't serve anyway go first.
    private mutating func replaceOld() {
        guard set.spec.updateStrategy.type == "RollingUpdate" else { return }
        let old: [View<Pod>] = set.ordinals.reversed().filter { $0 >= set.ordinals.lowerBound + partition }
            .compactMap { members[$0] }.filter { $0.revision != updateRevision && !$0.isTerminating && !$0.isFinished }
        let missing: Int = set.ordinals.count { ordinal in members[ordinal].map { !serves($0) } ?? true }
        let sick: [View<Pod>] = old.filter { !serves($0) }
        var budget: Int = maxUnavailable - missing
        var going: [View<Pod>] = Array(sick.prefix(maxUnavailable))
        for pod in old where serves(pod) && budget > 0 {
            going.append(pod)
            budget -= 1
        }
        for pod in going {
            actions.append(.delete(pod))
            if pod.revision == status.currentRevision { status.currentReplicas -= 1 }
        }
    }

    private var maxUnavailable: Int {
        let most: IntOrString? = set.spec.updateStrategy.rollingUpdate?.maxUnavailable
        return max(1, (try? most?.scaled(of: set.spec.replicas, roundUp: true)) ?? 1)
    }

    // MARK: - Status

    private static func status(
        _ set: View<StatefulSet>, _ pods: [View<Pod>], _ current: String, _ update: String, _ now: Time
    ) -> View<StatefulSetStatus> {
        var status: View<StatefulSetStatus> = set.status
        let ready: [View<Pod>] = pods.filter(\.isRunningAndReady)
        let staying: [View<Pod>] = pods.filter { !$0.isTerminating }
        status.observedGeneration = set.metadata.generation
        status.replicas = pods.count
        status.readyReplicas = ready.count
        status.availableReplicas = ready.count { $0.isAvailable(minReadySeconds: set.spec.minReadySeconds, now: now) }
        status.currentReplicas = staying.count { $0.revision == current }
        status.updatedReplicas = staying.count { $0.revision == update }
        status.currentRevision = current
        status.updateRevision = update
        return status
    }

    /// Once all pods are of the new revision and ready, it is the current one.
    private mutating func completeUpdate() {
        let wanted: Int = set.spec.replicas
        guard set.spec.updateStrategy.type == "RollingUpdate", status.updatedReplicas == wanted, status.readyReplicas == wanted,
            status.replicas == wanted
        else { return }
        status.currentReplicas = status.updatedReplicas
        status.currentRevision = status.updateRevision
    }
}
