/// A rule that a node must meet to get a pod: made for one pod and one moment, then asked of each node.
protocol Filter: Sendable {
    /// As Kubernetes names the plugin.
    static var name: String { get }
    /// What may lift a refusal.
    static var retriedOn: ClusterChange { get }

    /// nil when the rule has nothing to say about this pod.
    init?(_ pod: PodInfo, _ snapshot: Snapshot)

    /// Why no node at all will do; nil where that depends on the node.
    var verdictForAll: String? { get }

    /// Why the node is out of the question; nil when it is not.
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

/// All rules for one pod, in the order of ``Plugins/filters``. The first that refuses a node speaks.
struct FilterChain: Sendable {
    private let filters: [any Filter]

    init(_ pod: PodInfo, _ snapshot: Snapshot) {
        filters = Plugins.filters.compactMap { $0.init(pod, snapshot) }
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
