/// A rule that a node must meet to get a pod: made for one pod and one moment, then asked of each node.
protocol Filter: Sendable {
    /// As Kubernetes names the plugin.
    static var name: String { get }
    /// What may lift a refusal at all.
    static var events: Set<ClusterEvent.Kind> { get }
    /// True when something that happened, of these kinds, may lift a refusal of this pod. Source: the queueing hints of kube-scheduler's plugins.
    ///
    /// - Parameter snapshot: after it happened.
    static func mayHelp(_ pod: PodInfo, _ event: ClusterEvent, _ snapshot: Snapshot) -> Bool

    /// PreFilter: looks at the pod and the cluster once. nil when the rule has nothing to say about this pod.
    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ arguments: PluginArguments)

    /// Why no node at all will do; nil where that depends on the node.
    var verdictForAll: String? { get }

    /// Filter: why the node is out of the question; nil when it is not.
    func rejection(of node: NodeInfo) -> Rejection?
}

extension Filter {
    var verdictForAll: String? { nil }
}

/// Why a node cannot have a pod.
struct Rejection: Sendable, Hashable {
    /// In the words of Kubernetes, such as `Insufficient cpu`.
    var reasons: [String]
    /// True when fewer pods on nodes could change it: only then is it worth while to push others out.
    var isCurable: Bool
    /// Name of the plugin.
    var plugin: String = ""

    static func curable(_ reasons: String...) -> Rejection { Rejection(reasons: reasons, isCurable: true) }
    static func incurable(_ reasons: String...) -> Rejection { Rejection(reasons: reasons, isCurable: false) }
}

/// All rules of a profile for one pod, in order. The first that refuses a node speaks.
struct FilterChain: Sendable {
    private let filters: [any Filter]

    init(_ pod: PodInfo, _ snapshot: Snapshot, _ profile: Profile) {
        filters = profile.filters.compactMap { $0.init(pod, snapshot, profile.arguments) }
    }

    /// The first verdict on all nodes, with its plugin.
    var verdictForAll: (plugin: String, text: String)? {
        for filter in filters {
            if let text = filter.verdictForAll { return (type(of: filter).name, text) }
        }
        return nil
    }

    func rejection(of node: NodeInfo) -> Rejection? {
        for filter in filters {
            guard var rejection = filter.rejection(of: node) else { continue }
            rejection.plugin = type(of: filter).name
            return rejection
        }
        return nil
    }
}
