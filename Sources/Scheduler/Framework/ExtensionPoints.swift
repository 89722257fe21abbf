import API
import Machinery

// The way of a pod through the scheduler, in order: PreEnqueue, QueueSort, PreFilter and Filter (``Filter``), PostFilter, PreScore and
// Score (``Score``), Reserve, Permit, PreBind, Bind. Up to Reserve all is decided at one moment, from one state of the cluster; from
// Permit on a pod has a task of its own. Source: the scheduling framework in the Kubernetes documentation.

/// Holds pods back from the queue.
protocol PreEnqueue: Sendable {
    static var name: String { get }
    /// True when the pod may be tried.
    static func admits(_ pod: PodInfo) -> Bool
}

/// The order of the queue.
protocol QueueSort: Sendable {
    static var name: String { get }
    static func precedes(_ one: QueuedPod, _ other: QueuedPod) -> Bool
}

/// What the order of the queue is made from.
struct QueuedPod: Sendable {
    let uid: String
    let priority: Int
    /// In the order in which pods arrived.
    let arrival: UInt64
}

/// Makes a pod possible that fits nowhere.
protocol PostFilter: Sendable {
    static var name: String { get }
    /// - Returns: nil when the plugin has nothing to say.
    static func rescue(_ attempt: FailedAttempt) -> Preemption.Outcome?
}

/// A pod that fits nowhere, and why.
struct FailedAttempt: Sendable {
    let pod: PodInfo
    let snapshot: Snapshot
    var profile = Profile()
    var nominated: [(pod: PodInfo, node: String)] = []
    /// Node where others were pushed out for the pod; empty for none.
    var nominatedNode: String = ""
    let unfit: Unfit
    var budgets: [Budget] = []
}

/// What a pod is to get beside its node.
struct Reservation: Sendable {
    /// For claims that have no volume yet.
    var volumes: [ObjectKey: StorageView.Choice] = [:]
    /// For ResourceClaims that have no devices yet.
    var devices: [ObjectKey: View<AllocationResult>] = [:]
}

/// Keeps for a pod, until it is bound, what others must not take meanwhile.
protocol Reserve: Sendable {
    static var name: String { get }
    static func reserve(_ pod: PodInfo, on node: String, _ cluster: inout ClusterCopy, _ reservation: inout Reservation)
    /// Gives it back.
    static func release(_ pod: PodInfo, _ cluster: inout ClusterCopy)
}

/// Has the last word on a pod that has a node: returns when it may go there. Throws a ``PluginFailure`` when it may not.
protocol Permit: Sendable {
    static var name: String { get }
    static func permit(_ pod: PodInfo, on node: String, _ scheduler: Scheduler) async throws
}

/// Brings about what a pod needs on its node before it is bound.
protocol PreBind: Sendable {
    static var name: String { get }
    static func prepare(_ pod: PodInfo, on node: String, _ reservation: Reservation, _ scheduler: Scheduler) async throws
}

/// Tells the API server.
protocol Bind: Sendable {
    static var name: String { get }
    static func bind(_ pod: PodInfo, to node: String, _ scheduler: Scheduler) async throws
}

/// Why a plugin ended the way of a pod.
struct PluginFailure: Error, CustomStringConvertible {
    let description: String
}

// MARK: - Plugins that are little more than their words

/// Holds pods back whose `spec.schedulingGates` are not empty.
enum SchedulingGates: PreEnqueue {
    static let name = "SchedulingGates"
    static func admits(_ pod: PodInfo) -> Bool { pod.gates.isEmpty }
}

/// More important pods first, then those that came first.
enum PrioritySort: QueueSort {
    static let name = "PrioritySort"

    static func precedes(_ one: QueuedPod, _ other: QueuedPod) -> Bool {
        one.priority != other.priority ? one.priority > other.priority : one.arrival < other.arrival
    }
}
