package import Machinery
import Sandbox

/// The kernel's rules for services, as texts for `nft -f`. Pure: what is to be said, not who says it.
///
///     prerouting, output   a destination -> its only endpoint, or the chain of its route, by one look-up in a map
///     route/NAME           numbers one of the endpoints, in exact turn
///     pick                 that number -> the endpoint, by one look-up
///     postrouting          a pod that reached itself by a service gets its answers back through the router
///     forward, output      refuses what no route took
///
/// All of it is in one table of the cluster's own network namespace. A text is one transaction: the kernel takes all of it or nothing.
/// Endpoints have one map for all routes: a map for each costs the kernel a look through all those before.
package struct ServiceRuleset: Sendable {
    let table: PacketFilter.Table
    /// The cluster's own address, from which a pod that reached itself seems to be asked.
    let nodeAddress: String
    /// Range of the nodes' own addresses, on which node ports are.
    let nodes: String
    /// Ranges of services, in which what has no route is refused.
    let ranges: [String]

    /// For all of these of one family.
    package init(_ family: IPFamily, nodeAddress: String, nodes: String, ranges: [String]) {
        self.init(PacketFilter.Table(family: family, name: "swkube"), nodeAddress, nodes, ranges)
    }

    private init(_ table: PacketFilter.Table, _ nodeAddress: String, _ nodes: String, _ ranges: [String]) {
        self.table = table
        self.nodeAddress = nodeAddress
        self.nodes = nodes
        self.ranges = ranges
    }

    /// The same rules for other ranges of services.
    func with(ranges: [String]) -> ServiceRuleset { ServiceRuleset(table, nodeAddress, nodes, ranges) }

    /// The same rules in a table that can be filled while the other is in force.
    var other: ServiceRuleset {
        let name: String = table.name == "swkube" ? "swkube-2" : "swkube"
        return ServiceRuleset(PacketFilter.Table(family: table.family, name: name), nodeAddress, nodes, ranges)
    }

    /// Which numbers endpoints have, by the route. A number is given once.
    package struct Numbers: Sendable {
        fileprivate var next = 0
        fileprivate var held: [String: [Range<Int>]] = [:]

        package init() {}

        fileprivate mutating func take(_ count: Int, for route: String) -> Range<Int> {
            defer { next += count }
            held[route, default: []].append(next..<(next + count))
            return next..<(next + count)
        }
    }

    /// The table without any route and without effect; what an earlier process left under its name goes.
    package var foundation: String {
        let (header, address): (String, String) = (table.family.header, table.family.addressType)
        let destination = "\(header) daddr . meta l4proto . th dport"
        var lines: [String] = [
            "add table \(table)", "delete table \(table)", "add table \(table)",
            "add map \(table) single { type \(address) . inet_proto . inet_service : \(address) . inet_service; }",
            "add map \(table) routes { type \(address) . inet_proto . inet_service : verdict; }",
            "add map \(table) nodeports { type inet_proto . inet_service : verdict; }",
            "add map \(table) endpoints { typeof meta mark : \(header) daddr . tcp dport; }",
            "add set \(table) refused { type \(address) . inet_proto . inet_service; }",
            "add set \(table) selves { type \(address) . \(address); }", "add chain \(table) pick",
        ]
        for transport in ["tcp", "udp"] {
            lines.append("add rule \(table) pick meta l4proto \(transport) dnat \(header) to meta mark map @endpoints")
        }
        lines.append("add chain \(table) choose")
        for transport in ["tcp", "udp"] {
            lines.append("add rule \(table) choose meta l4proto \(transport) dnat \(header) to \(destination) map @single")
        }
        lines += [
            "add rule \(table) choose \(destination) vmap @routes",
            "add rule \(table) choose \(header) daddr \(nodes) fib daddr type local meta l4proto . th dport vmap @nodeports",
            // A reset is heard at once; what else is told of a connection that just begins is lost when it comes before that is on its way.
            "add chain \(table) refusal", "add rule \(table) refusal meta l4proto tcp reject with tcp reset",
            "add rule \(table) refusal reject",
            "add chain \(table) refuse", "add rule \(table) refuse \(destination) @refused goto refusal",
            "add rule \(table) refuse fib daddr type local return",
        ]
        for range in ranges { lines.append("add rule \(table) refuse \(header) daddr \(range) goto refusal") }
        return PacketFilter.text(lines)
    }

    /// Puts the table into force, in the place of the other one.
    package var entry: String {
        let header: String = table.family.header
        var lines: [String] = [
            "add table \(other.table)", "delete table \(other.table)",
            "add chain \(table) prerouting { type nat hook prerouting priority -100; }",
            "add rule \(table) prerouting jump choose",
            "add chain \(table) outgoing { type nat hook output priority -100; }",
            "add rule \(table) outgoing jump choose",
            "add chain \(table) postrouting { type nat hook postrouting priority 100; }",
            "add rule \(table) postrouting \(header) saddr . \(header) daddr @selves snat to \(nodeAddress)",
            "add chain \(table) forward { type filter hook forward priority 0; }",
            "add rule \(table) forward ct state new jump refuse",
            "add chain \(table) sending { type filter hook output priority 0; }",
            "add rule \(table) sending ct state new jump refuse",
        ]
        if table.family == .v6 {
            // What rp_filter is for IPv4: pods send as who they are.
            lines += [
                "add chain \(table) sources { type filter hook prerouting priority -300; }",
                "add rule \(table) sources iifname \"pod*\" fib saddr . iif oif missing drop",
            ]
        }
        return PacketFilter.text(lines)
    }

    /// What makes known that other endpoints can now reach themselves by a service.
    func selves(gone: Set<String>, come: Set<String>) -> [ServiceStep] {
        gone.subtracting(come).sorted().map { .element(adds: false, set: "selves", .pair($0), .none) }
            + come.subtracting(gone).sorted().map { .element(adds: true, set: "selves", .pair($0), .none) }
    }

    /// ``steps(from:to:_:)`` as a text. Empty when nothing is to be done.
    package func changes(from old: [ServiceRoute], to new: [ServiceRoute], _ numbers: inout Numbers) -> String {
        ServiceStep.text(steps(from: old, to: new, &numbers), table: table)
    }

    /// What takes the rules of some routes to those of others; both hold one route a name at most.
    package func steps(from old: [ServiceRoute], to new: [ServiceRoute], _ numbers: inout Numbers) -> [ServiceStep] {
        let before: [String: ServiceRoute] = Dictionary(old.map { ($0.name, $0) }) { $1 }
        let after: [String: ServiceRoute] = Dictionary(new.map { ($0.name, $0) }) { $1 }
        let changed: [(ServiceRoute?, ServiceRoute?)] = Set(before.keys).union(after.keys).sorted().compactMap { name in
            before[name] == after[name] ? nil : (before[name], after[name])
        }
        // References first go, then what they lead to; then all that is new in the order in which it can be.
        var gone = Elements()
        var come = Elements()
        for (old, _) in changed {
            guard let old else { continue }
            gone.add(old)
            for range in numbers.held.removeValue(forKey: old.name) ?? [] { gone.endpoints += range.map { (.number($0), .none) } }
        }
        var steps: [ServiceStep] = []
        for (old, new) in changed { steps += chains(from: old, to: new, &numbers, &come) }
        for (_, new) in changed { if let new { come.add(new) } }
        return gone.steps(adds: false) + steps + come.steps(adds: true)
    }

    // MARK: - Elements

    /// What maps and sets get or lose.
    private struct Elements {
        var single: [(ServiceStep.Key, ServiceStep.Content)] = []
        var routes: [(ServiceStep.Key, ServiceStep.Content)] = []
        var nodePorts: [(ServiceStep.Key, ServiceStep.Content)] = []
        var refused: [(ServiceStep.Key, ServiceStep.Content)] = []
        var endpoints: [(ServiceStep.Key, ServiceStep.Content)] = []

        mutating func add(_ route: ServiceRoute) {
            let keys: [ServiceStep.Key] = route.places.map { .destination($0, route.transport) }
            if route.isEmpty {
                refused += keys.map { ($0, .none) }
            } else if route.isSingle, let endpoint = route.endpoints.first {
                single += keys.map { ($0, .place(endpoint)) }
            } else {
                routes += keys.map { ($0, .chain(ServiceRuleset.chain(route))) }
            }
            if route.nodePort > 0, route.nodePortNear.map({ !$0.isEmpty }) ?? !route.isEmpty {
                let chain: String = route.nodePortNear == nil ? ServiceRuleset.chain(route) : ServiceRuleset.nodePortChain(route)
                nodePorts.append((.nodePort(route.nodePort, route.transport), .chain(chain)))
            }
        }

        func steps(adds: Bool) -> [ServiceStep] {
            let lists: [(String, [(ServiceStep.Key, ServiceStep.Content)])] = [
                ("single", single), ("routes", routes), ("nodeports", nodePorts), ("refused", refused),
            ]
            let ordered = adds ? [("endpoints", endpoints)] + lists : lists + [("endpoints", endpoints)]
            return ordered.flatMap { set, list in list.map { .element(adds: adds, set: set, $0, $1) } }
        }
    }

    // MARK: - Chains

    /// Endpoints for what matches.
    private struct Branch {
        let match: String
        let endpoints: [ServiceRoute.Place]
    }

    private static func chain(_ route: ServiceRoute) -> String { "route/\(route.name)" }
    private static func nodePortChain(_ route: ServiceRoute) -> String { "local/\(route.name)" }

    /// Of one endpoint of a route with affinity.
    private static func bond(_ route: ServiceRoute, _ place: ServiceRoute.Place) -> String {
        // Names may have dots, but no colons.
        "bond/\(route.name)/\(String(place.address.map { $0 == ":" ? "." : $0 }))/\(place.port)"
    }

    /// The chains that a route has, with what is in them.
    private func branches(_ route: ServiceRoute?) -> [(chain: String, branches: [Branch])] {
        guard let route else { return [] }
        var chains: [(String, [Branch])] = []
        if !route.isEmpty, !route.isSingle {
            var branches: [Branch] = route.near.map { Branch(match: "\(table.family.header) saddr \($0.range) ", endpoints: $0.endpoints) }
            if !route.endpoints.isEmpty { branches.append(Branch(match: "", endpoints: route.endpoints)) }
            chains.append((Self.chain(route), branches))
        }
        if let near = route.nodePortNear, !near.isEmpty {
            chains.append(
                (
                    Self.nodePortChain(route),
                    near.map { Branch(match: "\(table.family.header) daddr \($0.range) ", endpoints: $0.endpoints) }
                ))
        }
        return chains
    }

    /// A route that keeps its clients has a chain and a set of clients for each endpoint, which stay as long as the endpoint does.
    private func chains(
        from old: ServiceRoute?, to new: ServiceRoute?, _ numbers: inout Numbers, _ elements: inout Elements
    ) -> [ServiceStep] {
        var steps: [ServiceStep] = []
        let before: [(chain: String, branches: [Branch])] = branches(old)
        let after: [(chain: String, branches: [Branch])] = branches(new)
        let bondsBefore: Set<ServiceRoute.Place> = old?.affinity == nil ? [] : old?.allEndpoints ?? []
        let bondsAfter: Set<ServiceRoute.Place> = new?.affinity == nil ? [] : new?.allEndpoints ?? []
        let isSame: Bool = old?.affinity == new?.affinity
        for (chain, _) in before { steps.append(.chain(.flush, chain)) }
        if let old {
            for place in bondsBefore.subtracting(isSame ? bondsAfter : []).sorted() {
                let name: String = Self.bond(old, place)
                steps += [.chain(.flush, name), .chain(.delete, name), .other("delete set", name)]
            }
        }
        for (chain, _) in before where !after.contains(where: { $0.chain == chain }) { steps.append(.chain(.delete, chain)) }
        guard let new else { return steps }
        for place in bondsAfter.subtracting(isSame ? bondsBefore : []).sorted() {
            let name: String = Self.bond(new, place)
            let seconds: Int = new.affinity ?? 0
            steps += [
                .other("add set", "\(name) { type \(table.family.addressType); flags dynamic,timeout; timeout \(seconds)s; size 65535; }"),
                .chain(.add, name), .other("add rule", "\(name) update @\(name) { \(table.family.header) saddr }"),
                .target(chain: name, new.transport, place),
            ]
        }
        for (chain, branches) in after {
            steps.append(.chain(.add, chain))
            for branch in branches {
                if new.affinity != nil {
                    steps += bonds(new, branch).map { .other("add rule", "\(chain) \(branch.match)\($0)") }
                } else {
                    steps.append(turn(new, branch, chain, &numbers, &elements))
                }
            }
        }
        return steps
    }

    private func bonds(_ route: ServiceRoute, _ branch: Branch) -> [String] {
        let choices: [String] = branch.endpoints.enumerated().map { "\($0.offset) : goto \(Self.bond(route, $0.element))" }
        return branch.endpoints.map { "\(table.family.header) saddr @\(Self.bond(route, $0)) goto \(Self.bond(route, $0))" }
            + ["numgen inc mod \(choices.count) vmap { \(choices.joined(separator: ", ")) }"]
    }

    private func turn(
        _ route: ServiceRoute, _ branch: Branch, _ chain: String, _ numbers: inout Numbers, _ elements: inout Elements
    ) -> ServiceStep {
        if branch.endpoints.count == 1 {
            if branch.match.isEmpty { return .target(chain: chain, route.transport, branch.endpoints[0]) }
            return .other(
                "add rule", "\(chain) \(branch.match)meta l4proto \(route.transport.rawValue) dnat to \(branch.endpoints[0])")
        }
        let own: Range<Int> = numbers.take(branch.endpoints.count, for: route.name)
        elements.endpoints += zip(own, branch.endpoints).map { (.number($0), .place($1)) }
        if branch.match.isEmpty { return .turn(chain: chain, count: own.count, offset: own.lowerBound) }
        let offset: String = own.lowerBound == 0 ? "" : " offset \(own.lowerBound)"
        return .other("add rule", "\(chain) \(branch.match)meta mark set numgen inc mod \(own.count)\(offset) goto pick")
    }
}

extension ServiceRoute {
    /// Whether a look-up says all: one endpoint for everybody, and no other way to it.
    fileprivate var isSingle: Bool { endpoints.count == 1 && near.isEmpty && affinity == nil && nodePort == 0 }
}
