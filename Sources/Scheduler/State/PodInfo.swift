import API
import Client
import Machinery
import Synchronization

/// What placing a pod needs to know of it, read from its tree once.
final class PodInfo: Sendable {
    /// The pod in events: its names and versions alone. Its tree would outlive what the copy of all pods shows by now.
    let reference: View<Pod>
    let generation: Int
    /// When its node began to run it, in seconds since 1970; the latest of all before that. Nothing else is read anew for it.
    private let started: Atomic<Int64>
    let nominatedNode: String
    /// It ends because it was pushed out.
    let wasPreempted: Bool
    /// It asks to be scheduled as one of a group.
    let isGrouped: Bool
    let key: ObjectKey
    let uid: String
    /// Of the pod as it was read.
    let revision: UInt64
    let labels: [String: String]
    /// The profile that it asks for.
    let schedulerName: String
    /// Of the owner that controls it; empty for none.
    let ownerUID: String
    let priority: Int
    /// `PreemptLowerPriority` unless the pod says `Never`.
    let mayPreempt: Bool
    let isTerminating: Bool
    /// What it asks for of processor, memory and disk.
    let basics: BasicAmounts
    /// What it asks for of other resources.
    let others: [String: Quantity]
    /// Processor and memory for comparing nodes: containers that ask for none count as 100m and 200Mi, so that they spread out too.
    /// Source: `GetNonzeroRequests` of pkg/scheduler/util/pod_resources.go.
    let weight: BasicAmounts
    let hostPorts: [HostPort]
    let claims: [ClaimUse]
    /// Those named without a claim.
    let disks: [DiskUse]
    let deviceClaims: [PodDeviceClaim]
    /// What devices may serve without a claim.
    let extended: [ExtendedRequest]
    /// Of all containers, with tags.
    let images: [String]
    let tolerations: [TolerationInfo]
    let nodeRule: NodeRule
    let preferredNodes: [(weight: Int, term: NodeTerm)]
    let affinity: [NeighbourTerm]
    let antiAffinity: [NeighbourTerm]
    let wishes: [WeightedNeighbourTerm]
    let spread: [SpreadConstraint]
    /// Names of the gates that are still closed.
    let gates: [String]

    init(_ pod: View<Pod>) {
        let spec: View<PodSpec> = pod.spec
        let metadata: View<ObjectMeta> = pod.metadata
        let namespace: String = metadata.namespace
        reference = Pod.new(metadata.name, namespace: namespace) {
            $0.metadata.uid = metadata.uid
            $0.metadata.resourceVersion = metadata.resourceVersion
        }
        generation = metadata.generation
        started = Atomic(pod.startSeconds)
        nominatedNode = pod.status.nominatedNodeName
        wasPreempted = pod.condition("DisruptionTarget").map { $0.status == "True" && $0.reason == Self.preemptionReason } ?? false
        isGrouped = spec.schedulingGroup != nil
        key = pod.key
        uid = metadata.uid
        revision = UInt64(metadata.resourceVersion) ?? 0
        labels = metadata.labels
        schedulerName = spec.schedulerName
        ownerUID = metadata.controllerUID ?? ""
        priority = spec.priority ?? 0
        mayPreempt = spec.preemptionPolicy != "Never"
        isTerminating = pod.isTerminating
        let requests: PodResources = spec.requests
        basics = BasicAmounts(requests)
        others = requests.others.filter { $0.key != "pods" && $0.value.sign > 0 }
        extended = ExtendedRequest.of(spec, others)
        weight = BasicAmounts(Self.weight(spec, requests))
        hostPorts = spec.hostPorts
        claims = ClaimUse.of(pod)
        disks = DiskUse.of(spec)
        deviceClaims = PodDeviceClaim.of(pod)
        images = (spec.initContainers + spec.containers).map { Self.tagged($0.image) }
        tolerations = spec.tolerations.map { TolerationInfo($0) }
        nodeRule = NodeRule(spec)
        let affinity: View<Affinity>? = spec.affinity
        let nodes: View<NodeAffinity>? = affinity?.nodeAffinity
        preferredNodes = (nodes?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map { ($0.weight, NodeTerm($0.preference)) }
        let near: View<PodAffinity>? = affinity?.podAffinity
        let far: View<PodAntiAffinity>? = affinity?.podAntiAffinity
        self.affinity = (near?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map { NeighbourTerm($0, namespace: namespace) }
        antiAffinity = (far?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map { NeighbourTerm($0, namespace: namespace) }
        var wishes: [WeightedNeighbourTerm] = []
        for wish in near?.preferredDuringSchedulingIgnoredDuringExecution ?? [] {
            wishes.append(WeightedNeighbourTerm(weight: wish.weight, term: NeighbourTerm(wish.podAffinityTerm, namespace: namespace)))
        }
        for wish in far?.preferredDuringSchedulingIgnoredDuringExecution ?? [] {
            wishes.append(WeightedNeighbourTerm(weight: -wish.weight, term: NeighbourTerm(wish.podAffinityTerm, namespace: namespace)))
        }
        self.wishes = wishes
        spread = spec.topologySpreadConstraints.map { SpreadConstraint($0) }
        gates = spec.schedulingGates.map { $0.name }
    }

    /// True when it has wishes or conditions about other pods.
    var isChoosy: Bool { !affinity.isEmpty || !antiAffinity.isEmpty || !wishes.isEmpty }

    /// True when it asks for less of something than it did.
    func asksLess(than before: PodInfo) -> Bool {
        basics.cpu < before.basics.cpu || basics.memory < before.basics.memory || basics.disk < before.basics.disk
            || before.others.contains { (others[$0.key] ?? .zero) < $0.value }
    }

    /// True when the pod's own selector and required affinity allow a node.
    func wants(_ node: NodeInfo) -> Bool { nodeRule.allows(name: node.name, labels: node.labels) }

    /// True when nothing that matters here differs: most changes of a pod are of its status.
    func isSame(as other: View<Pod>) -> Bool {
        generation == other.metadata.generation && labels == other.metadata.labels
            && isTerminating == other.isTerminating && (deviceClaims.isEmpty || deviceClaims == PodDeviceClaim.of(other))
    }

    var start: Int64 { started.load(ordering: .relaxed) }

    func noteStart(_ pod: View<Pod>) { started.store(pod.startSeconds, ordering: .relaxed) }

    /// An image without a tag is the latest.
    private static func tagged(_ image: String) -> String {
        let name: Substring = image[(image.lastIndex(of: "/").map { image.index(after: $0) } ?? image.startIndex)...]
        return name.contains(":") || name.contains("@") ? image : image + ":latest"
    }

    private static func weight(_ spec: View<PodSpec>, _ requests: PodResources) -> PodResources {
        var weight: PodResources = requests
        let whole: [String: Quantity] = spec.resources?.requests ?? [:]
        for container in spec.containers {
            let asked: [String: Quantity] = container.resources.requests
            if asked["cpu"] == nil, whole["cpu"] == nil { weight.add(["cpu": Quantity(milli: 100)]) }
            if asked["memory"] == nil, whole["memory"] == nil { weight.add(["memory": Quantity(200 * 1024 * 1024, .binarySI)]) }
        }
        return weight
    }
}

extension View<Pod> {
    fileprivate var startSeconds: Int64 { self.status.startTime?.seconds ?? .max }
}
