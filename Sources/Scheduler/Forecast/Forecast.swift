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
    private var cluster = ClusterCopy()
    private let profiles: [String: Profile]

    /// Devices that are offered, and what is known of who has them.
    package struct Devices: Sendable {
        let slices: [View<ResourceSlice>]
        let classes: [View<DeviceClass>]
        let claims: [View<ResourceClaim>]

        package init(slices: [View<ResourceSlice>] = [], classes: [View<DeviceClass>] = [], claims: [View<ResourceClaim>] = []) {
            self.slices = slices
            self.classes = classes
            self.claims = claims
        }
    }

    /// - Parameters:
    ///   - sets: what puts pods into sets beside Services: their uids, with their selectors.
    ///   - configuration: as the scheduler has it.
    package init(
        nodes: [View<Node>], pods: [View<Pod>], namespaces: [View<Namespace>], claims: [View<PersistentVolumeClaim>] = [],
        volumes: [View<PersistentVolume>] = [], classes: [View<StorageClass>] = [], drivers: [View<CSINode>] = [],
        services: [View<Service>] = [], sets: [String: LabelMatch] = [:], devices: Devices = Devices(),
        configuration: SchedulerConfiguration = SchedulerConfiguration()
    ) {
        profiles = Dictionary(configuration.profiles.map { ($0.schedulerName, $0) }) { one, _ in one }
        for claim in claims { _ = cluster.setClaim(claim.key, claim) }
        for volume in volumes { _ = cluster.setVolume(volume.name, volume) }
        for one in classes { _ = cluster.setClass(one.name, one) }
        for one in drivers { _ = cluster.setDrivers(of: one.name, one) }
        for slice in devices.slices { _ = cluster.setDevices(slice.name, before: nil, after: slice) }
        for one in devices.classes { _ = cluster.setDeviceClass(one.name, one) }
        for claim in devices.claims { _ = cluster.setDeviceClaim(claim.key, claim) }
        for namespace in namespaces { _ = cluster.setNamespace(namespace.name, labels: namespace.metadata.labels) }
        for service in services {
            let labels: [String: String] = service.spec.selector
            if !labels.isEmpty { cluster.setService(service.key, try? LabelMatch(labels: labels)) }
        }
        for (uid, selector) in sets { cluster.setOwner(uid, selector) }
        for node in nodes { add(node) }
        for pod in pods where !pod.isFinished {
            self.pods[pod.metadata.uid] = pod
            if pod.isScheduled { _ = cluster.confirm(pod) }
        }
    }

    // MARK: - What if

    package mutating func add(_ node: View<Node>) {
        nodes[node.name] = node
        _ = cluster.set(node)
    }

    package mutating func remove(_ pod: View<Pod>) {
        pods[pod.metadata.uid] = nil
        cluster.remove(pod.metadata.uid)
    }

    /// Takes all taints with a key from all nodes.
    package mutating func removeTaints(_ key: String) {
        for var node in nodes.values where node.spec.taints.contains(where: { $0.key == key }) {
            node.spec.taints = node.spec.taints.filter { $0.key != key }
            add(node)
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
        add(node)
    }

    /// Puts a pod on a node.
    package mutating func place(_ pod: View<Pod>, on node: String) {
        var placed: View<Pod> = pod
        placed.spec.nodeName = node
        pods[pod.metadata.uid] = placed
        _ = cluster.confirm(placed)
    }

    // MARK: - The question

    /// Where the pod would go if it had no node yet.
    package func answer(for pod: View<Pod>) -> Answer {
        let info = PodInfo(pod)
        guard let profile = profiles[info.schedulerName] else {
            let message: String = "no profile of the scheduler is called \(info.schedulerName): another program has to place the pod"
            return Answer(node: nil, message: message, verdicts: [])
        }
        var cluster: ClusterCopy = cluster
        cluster.remove(info.uid)
        cluster.prepare(for: info, profile.arguments)
        let snapshot: Snapshot = cluster.snapshot
        let (fitting, unfit): ([Int], Unfit) = Decision.filter(info, snapshot, profile)
        let opinions: [Decision.Opinion] = Decision.opinions(on: fitting, for: info, snapshot, profile)
        var verdicts: [Verdict] = fitting.enumerated().map { index, node in
            Verdict(
                node: snapshot.nodes[node].name, scores: opinions.map { ($0.plugin, $0.raw[index], Int($0.scores[index]), $0.weight) })
        }
        verdicts.sort { ($1.total, $0.node) < ($0.total, $1.node) }
        let refused: [Verdict] = unfit.rejections.sorted { $0.key < $1.key }.map {
            Verdict(node: $0.key, refusal: ($0.value.plugin, $0.value.reasons))
        }
        var best: String?
        if case .node(let name) = Decision.make(for: info, snapshot, profile) { best = name }
        return Answer(node: best, message: best == nil ? unfit.message : "", verdicts: verdicts + refused)
    }
}
