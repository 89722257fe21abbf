import API
import Machinery

/// Which zone takes which endpoint, so that each zone has its share of them by its share of the nodes' processors. Pure.
///
/// For services with `service.kubernetes.io/topology-mode: Auto`. Source: staging/src/k8s.io/endpointslice/topologycache.
struct TopologyHints {
    /// What a node brings into its zone.
    struct Share: Equatable {
        /// Empty for a node that does not say.
        let zone: String
        /// Thousandths of a processor.
        let cpu: Int64
        /// False for a node that takes no part: not Ready, or one of the control plane.
        let counts: Bool

        init(_ node: View<Node>) {
            let labels: [String: String] = node.metadata.labels
            zone = labels["topology.kubernetes.io/zone"] ?? ""
            cpu = (node.status.allocatable["cpu"] ?? .zero).milliValue
            let isControl: Bool = ["control-plane", "master"].contains { labels["node-role.kubernetes.io/" + $0] != nil }
            counts = node.isReady && !isControl
        }

        init(zone: String, cpu: Int64) {
            self.zone = zone
            self.cpu = cpu
            counts = true
        }
    }

    /// Why there are no hints, as the event says it.
    struct Refusal: Error, Equatable {
        let text: String
    }

    /// How much more than its share of the work an endpoint may get.
    private static let overload: Double = 0.2

    private let nodes: [Share]

    init(_ nodes: [Share]) { self.nodes = nodes.filter(\.counts) }

    static func isHinted(_ slice: View<EndpointSlice>) -> Bool {
        (slice.json["endpoints"]?.array ?? []).contains { $0[["hints", "forZones"]] != nil }
    }

    /// The same with a hint on each ready endpoint.
    ///
    /// - Parameter groups: their endpoints say their zones.
    func hinted(_ groups: [SlicePlan.Group]) -> Result<[SlicePlan.Group], Refusal> {
        let ready: [JSON] = groups.flatMap(\.endpoints).filter(Self.isReady)
        let zones: [String] = ready.compactMap { $0["zone"]?.string }
        guard nodes.allSatisfy({ !$0.zone.isEmpty && $0.cpu > 0 }) else {
            return refuse("Insufficient Node information: allocatable CPU or zone not specified on one or more nodes")
        }
        guard Set(nodes.map(\.zone)).count > 1 else { return refuse("Nodes only ready in one zone") }
        guard zones.count == ready.count else { return refuse("One or more endpoints do not have a zone specified") }
        let wanted: [String: Int]
        switch targets(ready.count) {
        case .success(let found): wanted = found
        case .failure(let refusal): return .failure(refusal)
        }
        // First each endpoint serves its own zone; those that are too many there serve the zones that have too few.
        let there: [String: Int] = zones.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        var free: [String] = wanted.sorted { $0.key > $1.key }.flatMap { zone, count in
            Array(repeating: zone, count: max(0, count - (there[zone] ?? 0)))
        }
        var own: [String: Int] = wanted
        return .success(
            groups.map { group in
                var group: SlicePlan.Group = group
                group.endpoints = group.endpoints.map { endpoint in
                    guard Self.isReady(endpoint), let zone = endpoint["zone"]?.string else { return endpoint }
                    var hint: String = zone
                    if own[zone, default: 0] > 0 { own[zone, default: 0] -= 1 } else { hint = free.popLast() ?? zone }
                    var endpoint: JSON = endpoint
                    endpoint["hints"] = ["forZones": [["name": .string(hint)]]]
                    return endpoint
                }
                return group
            })
    }

    private static func isReady(_ endpoint: JSON) -> Bool { endpoint[["conditions", "ready"]]?.bool ?? true }

    private func refuse<Value>(_ text: String) -> Result<Value, Refusal> { .failure(Refusal(text: text)) }

    /// How many endpoints each zone gets: about its share, and as many as there are in all. No endpoint may get much more work than the others.
    private func targets(_ count: Int) -> Result<[String: Int], Refusal> {
        let cpu: [String: Int64] = nodes.reduce(into: [:]) { $0[$1.zone, default: 0] += $1.cpu }
        let all: Int64 = cpu.values.reduce(0, +)
        guard cpu.count <= count else {
            return refuse("Insufficient number of endpoints (\(count)), impossible to safely allocate proportionally")
        }
        let shares: [String: Double] = cpu.mapValues { Double(count) * Double($0) / Double(all) }
        var targets: [String: Int] = shares.mapValues { Int(($0 / (1 + Self.overload)).rounded(.up)) }
        let least: Int = targets.values.reduce(0, +)
        guard least <= count else {
            return refuse("Minimum allocation required exceeds the total number of endpoints (\(count))")
        }
        for _ in least..<count {
            func lack(_ zone: String) -> Double { (shares[zone] ?? 0) - Double(targets[zone] ?? 0) }
            guard let poorest = shares.keys.sorted().max(by: { lack($0) < lack($1) }) else { break }
            targets[poorest, default: 0] += 1
        }
        return .success(targets)
    }
}

extension View<Service> {
    /// True when each zone is to have endpoints by its processors. What `trafficDistribution` says goes before.
    var wantsProportionalHints: Bool {
        let annotations: [String: String] = self.metadata.annotations
        let mode: String =
            annotations["service.kubernetes.io/topology-mode"] ?? annotations["service.kubernetes.io/topology-aware-hints"] ?? ""
        return ["Auto", "auto"].contains(mode) && json[["spec", "trafficDistribution"]] == nil
    }
}
