package import API
package import Machinery

/// A cluster in thought: says where pods would go, by the same code that schedules them, and changes nothing.
package struct Forecast: Sendable {
    /// What one node is to a pod.
    package struct Verdict: Sendable, Equatable {
        package let node: String
        /// The plugin that refuses the node, with its reasons; nil for a node that could have the pod.
        package var refusal: (plugin: String, reasons: [String])?
        /// What each plugin gives: in its own units, from 0 to 100, and how much that weighs.
        package var scores: [(plugin: String, raw: Double, score: Int, weight: Int)] = []

        package var total: Int { scores.reduce(0) { $0 + $1.score * $1.weight } }

        package static func == (one: Verdict, other: Verdict) -> Bool {
            one.node == other.node && one.refusal?.plugin == other.refusal?.plugin && one.refusal?.reasons == other.refusal?.reasons
                && one.total == other.total
        }
    }

    /// Where a pod would go.
    package struct Answer: Sendable {
        /// nil for nowhere.
        package let node: String?
        /// As the event would say it; empty for a pod that has a node.
        package let message: String
        /// One for each node: those that could have the pod first, the best of them in front.
        package let verdicts: [Verdict]
    }

    private var nodes: [String: View<Node>] = [:]
    private var pods: [String: View<Pod>] = [:]
    private var namespaces: [String: [String: String]] = [:]
    private var storage = StorageView()

    package init(
        nodes: [View<Node>], pods: [View<Pod>], namespaces: [View<Namespace>], claims: [View<PersistentVolumeClaim>] = [],
        volumes: [View<PersistentVolume>] = [], classes: [View<StorageClass>] = []
    ) {
        for claim in claims { storage.claims[claim.key] = claim }
        for volume in volumes { storage.volumes[volume.name] = volume }
        for one in classes { storage.classes[one.name] = one }
        for node in nodes { self.nodes[node.name] = node }
        for pod in pods where !pod.isFinished { self.pods[pod.metadata.uid] = pod }
        for namespace in namespaces { self.namespaces[namespace.name] = namespace.metadata.labels }
    }

    // MARK: - What if

    package mutating func add(_ node: View<Node>) { nodes[node.name] = node }
    package mutating func remove(_ pod: View<Pod>) { pods[pod.metadata.uid] = nil }

    /// Takes all taints with a key from all nodes.
    package mutating func removeTaints(_ key: String) {
        nodes = nodes.mapValues { node in
            var node: View<Node> = node
            node.spec.taints = node.spec.taints.filter { $0.key != key }
            return node
        }
    }

    package mutating func cordon(_ name: String) {
        guard var node = nodes[name] else { return }
        node.spec.unschedulable = true
        if !node.spec.taints.contains(where: { $0.key == "node.kubernetes.io/unschedulable" }) {
            node.spec.taints =
                node.spec.taints + [
                    View {
                        $0.key = "node.kubernetes.io/unschedulable"
                        $0.effect = "NoSchedule"
                    }
                ]
        }
        nodes[name] = node
    }

    /// Puts a pod on a node.
    package mutating func place(_ pod: View<Pod>, on node: String) {
        var placed: View<Pod> = pod
        placed.spec.nodeName = node
        pods[pod.metadata.uid] = placed
    }

    // MARK: - The question

    /// Where the pod would go if it had no node yet.
    package func answer(for pod: View<Pod>) -> Answer {
        let info = PodInfo(pod)
        var cluster = ClusterCopy()
        cluster.storage = storage
        for node in nodes.values { _ = cluster.set(node) }
        for (name, labels) in namespaces { _ = cluster.setNamespace(name, labels: labels) }
        for other in pods.values where other.isScheduled && other.metadata.uid != info.uid { _ = cluster.confirm(other) }
        let snapshot: Snapshot = cluster.snapshot
        let (fitting, unfit): ([NodeInfo], Unfit) = Decision.filter(info, snapshot)
        let scores = Decision.scores(of: fitting, for: info, snapshot)
        var verdicts: [Verdict] = fitting.enumerated().map { index, node in
            Verdict(node: node.name, scores: scores.map { ($0.plugin.name, $0.raw[index], Int($0.scores[index]), $0.plugin.weight) })
        }
        verdicts.sort { ($1.total, $0.node) < ($0.total, $1.node) }
        let refused: [Verdict] = unfit.rejections.sorted { $0.key < $1.key }.map {
            Verdict(node: $0.key, refusal: ($0.value.plugin, $0.value.reasons))
        }
        var best: String?
        if case .node(let name) = Decision.make(for: info, snapshot) { best = name }
        return Answer(node: best, message: best == nil ? unfit.message : "", verdicts: verdicts + refused)
    }
}
