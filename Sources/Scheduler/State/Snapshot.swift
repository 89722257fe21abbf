import API
import Machinery

/// All nodes at one moment: what a decision is made from.
struct Snapshot: Sendable {
    /// Sorted by name.
    private(set) var nodes: [NodeInfo] = []
    private(set) var namespaces: Namespaces = [:]
    var storage = StorageView()
    var devices = DeviceView()
    private(set) var places = PlaceIndex()
    var sets = SetSelectors()
    /// How many nodes hold an image, by its name.
    private(set) var imageHolders: [String: Int] = [:]
    /// The nodes in the order of visits; nil when it is not known.
    private var visits: [Int]?

    init() {}

    init(nodes: [NodeInfo], namespaces: Namespaces = [:], storage: StorageView = StorageView()) {
        self.namespaces = namespaces
        self.storage = storage
        for node in nodes { set(node) }
    }

    // MARK: - Nodes

    /// Where the node stands; nil when there is none of that name.
    func position(of name: String) -> Int? {
        let index: Int = insertion(of: name)
        return index < nodes.count && nodes[index].name == name ? index : nil
    }

    func node(_ name: String) -> NodeInfo? { position(of: name).map { nodes[$0] } }

    /// A node that is new, or in another form; its pods are those that it comes with.
    mutating func set(_ node: NodeInfo) {
        let index: Int = insertion(of: node.name)
        if index < nodes.count, nodes[index].name == node.name {
            let old: NodeInfo = nodes[index]
            if old.labels != node.labels || old.taints != node.taints {
                places.forgetTallies()
                visits = nil
            }
            for pod in old.pods.values where pod.isChoosy { places.remove(pod, at: old.facts, namespaces) }
            for pod in node.pods.values where pod.isChoosy { places.add(pod, at: node.facts, namespaces) }
            count(old.images, -1)
            nodes[index] = node
        } else {
            nodes.insert(node, at: index)
            places.forgetTallies()
            for pod in node.pods.values { places.add(pod, at: node.facts, namespaces) }
            visits = nil
        }
        count(node.images, 1)
    }

    /// - Returns: the node as it was; nil when there was none.
    @discardableResult
    mutating func removeNode(_ name: String) -> NodeInfo? {
        guard let index = position(of: name) else { return nil }
        let node: NodeInfo = nodes.remove(at: index)
        places.forgetTallies()
        for pod in node.pods.values { places.remove(pod, at: node.facts, namespaces) }
        count(node.images, -1)
        visits = nil
        return node
    }

    // MARK: - Pods

    /// Nothing when there is no such node.
    mutating func add(_ pod: PodInfo, to name: String) {
        guard let index = position(of: name) else { return }
        nodes[index].add(pod)
        places.add(pod, at: nodes[index].facts, namespaces)
    }

    mutating func remove(_ pod: PodInfo, from name: String) {
        guard let index = position(of: name), nodes[index].pods[pod.uid] != nil else { return }
        nodes[index].remove(pod.uid)
        places.remove(pod, at: nodes[index].facts, namespaces)
    }

    mutating func setNamespace(_ name: String, labels: [String: String]?) {
        namespaces[name] = labels
        places.forgetTallies()
    }

    // MARK: - Order of visits

    /// The node that is visited at a step. Zones have their turns, so that a search that ends early has seen all of them.
    func visited(_ step: Int) -> Int { visits?[step] ?? step }

    /// Makes the order of visits where it is not known, and counts what decisions about the pod ask for.
    mutating func prepare(for pod: PodInfo, _ arguments: PluginArguments) {
        if visits == nil { visits = turns() }
        guard !pod.affinity.isEmpty || !pod.antiAffinity.isEmpty || !pod.wishes.isEmpty || !pod.spread.isEmpty || sets.isInSet(pod) else {
            return
        }
        for term in pod.affinity { keep(PodTally(rule: .neighbours(pod.affinity), topologyKey: term.topologyKey)) }
        for term in pod.antiAffinity + pod.wishes.map(\.term) {
            keep(PodTally(rule: .neighbours([term]), topologyKey: term.topologyKey))
        }
        let required: [SpreadConstraint] = pod.spread.filter { $0.isRequired }
        for constraint in required { keep(Self.tally(constraint, of: pod, among: required)) }
        let (wishes, areDefaults): ([SpreadConstraint], Bool) = spreadWishes(of: pod, arguments)
        for constraint in wishes { keep(Self.tally(constraint, of: pod, among: areDefaults ? [] : wishes)) }
    }

    private mutating func keep(_ tally: PodTally) {
        guard places.counts(tally) == nil else { return places.keep(tally) { [:] } }
        let counts: PlaceIndex.Counts = count(tally)
        places.keep(tally) { counts }
    }

    private func turns() -> [Int] {
        var zones: [String: [Int]] = [:]
        for index in nodes.indices { zones[nodes[index].zone, default: []].append(index) }
        guard zones.count > 1 else { return Array(nodes.indices) }
        let lines: [[Int]] = zones.sorted { $0.key < $1.key }.map(\.value)
        var turns: [Int] = []
        turns.reserveCapacity(nodes.count)
        for turn in 0..<(lines.map(\.count).max() ?? 0) {
            for line in lines where turn < line.count { turns.append(line[turn]) }
        }
        return turns
    }

    // MARK: - Counting

    /// Pods that meet all terms, by place.
    func counts(of terms: [NeighbourTerm], by topologyKey: String) -> PlaceIndex.Counts {
        let tally = PodTally(rule: .neighbours(terms), topologyKey: topologyKey)
        return places.counts(tally) ?? count(tally)
    }

    /// Pods of the set that a constraint speaks of, by place. Nodes are places when they have the labels of all `constraints`.
    func counts(for constraint: SpreadConstraint, of pod: PodInfo, among constraints: [SpreadConstraint]) -> PlaceIndex.Counts {
        let tally: PodTally = Self.tally(constraint, of: pod, among: constraints)
        return places.counts(tally) ?? count(tally)
    }

    /// What a pod wishes of its spread: its own wishes, else those of every pod of a set.
    func spreadWishes(of pod: PodInfo, _ arguments: PluginArguments) -> (wishes: [SpreadConstraint], areDefaults: Bool) {
        if !pod.spread.isEmpty { return (pod.spread.filter { !$0.isRequired }, false) }
        guard !arguments.defaultConstraints.isEmpty, let members = sets.selector(of: pod) else { return ([], false) }
        return (arguments.defaultConstraints.filter { !$0.isRequired }.map { $0.over(members) }, arguments.usesSystemDefaults)
    }

    private static func tally(_ constraint: SpreadConstraint, of pod: PodInfo, among constraints: [SpreadConstraint]) -> PodTally {
        PodTally(
            rule: .members(namespace: pod.key.namespace, constraint.pods), topologyKey: constraint.topologyKey,
            required: constraints.map(\.topologyKey).sorted(),
            nodeRule: constraint.honoursAffinity && !pod.nodeRule.allowsAll ? pod.nodeRule : nil,
            tolerations: constraint.honoursTaints ? pod.tolerations : nil)
    }

    private func count(_ tally: PodTally) -> PlaceIndex.Counts {
        var counts: PlaceIndex.Counts = [:]
        for node in nodes {
            guard let place = tally.place(of: node.facts) else { continue }
            counts[place, default: 0] += node.pods.values.count { tally.counts($0, namespaces) }
        }
        return counts
    }

    // MARK: - Details

    private mutating func count(_ images: [String: Int64], _ amount: Int) {
        for image in images.keys {
            let count: Int = (imageHolders[image] ?? 0) + amount
            imageHolders[image] = count == 0 ? nil : count
        }
    }

    /// Where a node of that name stands or would stand.
    private func insertion(of name: String) -> Int {
        var low: Int = 0
        var high: Int = nodes.count
        while low < high {
            let middle: Int = (low + high) / 2
            if nodes[middle].name < name { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
